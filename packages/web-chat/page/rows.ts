import type { OutgoingMessage, SessionSnapshot } from "@mini-openclaw/client";
import type { ErrorItem, QueuedMessage, SessionView } from "@mini-openclaw/protocol";
import type { Row, WaitingRow } from "./row.ts";

/** Everything of a session to show, in order. An item that did not change gives the same row. */
export function rowsOf({ phase, view, outbox }: SessionSnapshot): readonly Row[] {
  return [
    ...view.items,
    ...(isThinking(view) ? [{ kind: "thinking", key: "thinking" } as const] : []),
    ...view.queued.map(queuedRow),
    ...outbox.map(outgoingRow),
    ...(phase === "missing" ? [missing] : []),
  ];
}

/** Whether a run goes on without anything to see: no text, no tool, no retry. */
export function isThinking({ items, activeRuns }: SessionView): boolean {
  if (activeRuns.length === 0) return false;
  const last = items.at(-1);
  if (last?.kind === "assistant") return !last.streaming;
  if (last?.kind === "tool") return last.phase === "done" || last.phase === "failed";
  return last?.kind !== "retry";
}

/** The last text that a run gave. */
export function answerOf({ items }: SessionView, runId: string): string {
  const answer = items.findLast((item) => item.kind === "assistant" && item.runId === runId);
  return answer?.kind === "assistant" ? answer.content : "";
}

const missing: ErrorItem = {
  kind: "error",
  key: "missing",
  seq: 0,
  runId: undefined,
  code: "SESSION_NOT_FOUND",
  message: "",
};

function queuedRow({ runId, requestId = runId, content }: QueuedMessage): WaitingRow {
  return waitingRow({ id: requestId, content, phase: "queued", refusal: undefined });
}

function outgoingRow(message: OutgoingMessage): WaitingRow {
  const { id, content, phase } = message;
  if (phase === "refused") return waitingRow({ id, content, phase, refusal: message.refusal });
  return waitingRow({ id, content, phase: phase === "accepted" ? phase : "sending", refusal: undefined });
}

function waitingRow(fields: Omit<WaitingRow, "kind" | "key">): WaitingRow {
  return { kind: "waiting", key: `waiting:${fields.id}`, ...fields };
}
