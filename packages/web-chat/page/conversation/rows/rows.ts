import type { OutgoingMessage, SessionSnapshot } from "@mini-openclaw/client";
import type { ErrorItem, QueuedMessage, SessionView } from "@mini-openclaw/protocol";
import { type ItemRows, isOver, itemRows } from "./item-rows.ts";
import type { Row, WaitingRow } from "./row.ts";

/** The rows of a session. */
export interface SessionRows {
  /** All rows, in order. */
  readonly rows: readonly Row[];
  /** The rows of the view's items. */
  readonly ofItems: ItemRows;
}

/** Returns the rows of a session, in order. Unchanged rows are the same objects as in `before`. */
export function rowsOf({ phase, view, outbox }: SessionSnapshot, before?: SessionRows): SessionRows {
  const ofItems = itemRows(view, before?.ofItems);
  const rows = [
    ...ofItems.rows,
    ...(isThinking(view) ? [thinking] : []),
    ...view.queued.map((message) => queuedRow(message, view)),
    ...outbox.map(outgoingRow),
    ...(phase === "missing" ? [missing] : []),
  ];
  return { rows, ofItems };
}

/** Returns true if a run shows nothing: no text, no tool, no retry. */
export function isThinking({ items, activeRuns }: SessionView): boolean {
  if (activeRuns.length === 0) return false;
  const last = items.at(-1);
  if (last?.kind === "assistant") return !last.streaming;
  if (last?.kind !== "tool") return last?.kind !== "retry";
  const calls = items.slice(items.findLastIndex(({ kind }) => kind !== "tool") + 1);
  return calls.every((call) => call.kind === "tool" && isOver(call));
}

/** Returns the last text of a run. */
export function answerOf({ items }: SessionView, runId: string): string {
  const answer = items.findLast((item) => item.kind === "assistant" && item.runId === runId);
  return answer?.kind === "assistant" ? answer.content : "";
}

const thinking = { kind: "thinking", key: "thinking" } as const;

const missing: ErrorItem = {
  kind: "error",
  key: "missing",
  seq: 0,
  runId: undefined,
  code: "SESSION_NOT_FOUND",
  message: "",
};

function queuedRow(message: QueuedMessage, { activeRuns }: SessionView): WaitingRow {
  const { runId, requestId = runId, content, blocks } = message;
  const steers = activeRuns.includes(runId);
  return waitingRow({
    id: requestId,
    content,
    blocks,
    phase: steers ? "steering" : "queued",
    runId: steers ? undefined : runId,
  });
}

function outgoingRow(message: OutgoingMessage): WaitingRow {
  const { id, content, blocks } = message;
  const fields = { id, content, blocks };
  switch (message.phase) {
    case "queued":
      return waitingRow({ ...fields, phase: "unsent" });
    case "sent":
      return waitingRow({ ...fields, phase: "sending" });
    case "accepted":
      return waitingRow({ ...fields, phase: "accepted" });
    case "refused":
      return waitingRow({ ...fields, phase: "refused", refusal: message.refusal });
  }
}

function waitingRow(fields: Pick<WaitingRow, "id" | "content" | "phase"> & Partial<WaitingRow>): WaitingRow {
  return { kind: "waiting", key: `waiting:${fields.id}`, runId: undefined, refusal: undefined, ...fields };
}
