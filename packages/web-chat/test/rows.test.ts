import { ClientError, type SessionSnapshot } from "@mini-openclaw/client";
import {
  emptyView,
  fold,
  type NumberedEvent,
  type SessionEvent,
  type SessionView,
} from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { answerOf, isThinking, rowsOf } from "../page/rows.ts";

const run = { runId: "run-1", timestamp: 1 } as const;
const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const call = { callId: "c1", toolName: "bash", input: { command: "ls" } };
const toolRun: readonly SessionEvent[] = [
  { type: "user_message", id: "u1", content: "files?", ...run },
  { type: "run_start", ...run },
  { type: "chunk", runId: "run-1", messageId: "a1", content: "Look." },
  { type: "assistant_message", id: "a1", content: "Look.", toolCalls: [call], ...run },
  { type: "tool_start", runId: "run-1", ...call },
  { type: "tool_done", id: "t1", callId: "c1", toolName: "bash", output: "a.txt", isError: false, ...run },
  { type: "retry", runId: "run-1", attempt: 1, delayMs: 500, code: "MODEL_OVERLOADED" },
  { type: "chunk", runId: "run-1", messageId: "a2", content: "One file." },
  { type: "assistant_message", id: "a2", content: "One file.", ...run },
  { type: "run_end", outcome: "completed", usage, ...run },
];

function viewAfter(count: number): SessionView {
  const events = toolRun
    .slice(0, count)
    .map((event, index): NumberedEvent => ({ ...event, sessionId: "s", seq: index + 1 }));
  return events.reduce(fold, emptyView);
}

test("knows when there is nothing to see but a model that thinks", () => {
  expect(toolRun.map((_, index) => isThinking(viewAfter(index + 1)))).toEqual([
    true, // The user message is there, nothing else.
    true,
    false, // Text streams.
    false, // A tool was called,
    false, // and runs.
    true, // Its result is with the model.
    false, // The model is asked again, and that is shown.
    false,
    true, // The turn is over; another may follow.
    false,
  ]);
});

test("gives the last text of a run, to be read out", () => {
  expect(answerOf(viewAfter(toolRun.length), "run-1")).toBe("One file.");
  expect(answerOf(emptyView, "run-1")).toBe("");
});

test("shows what is on its way after all that was said, and why it was refused", () => {
  const view = { ...viewAfter(2), queued: [{ runId: "run-2", content: "later", requestId: undefined }] };
  const fields = { content: "hi", isRepeat: false };
  const snapshot: SessionSnapshot = {
    ...{ phase: "live", view },
    outbox: [
      { id: "m1", phase: "queued", ...fields },
      { id: "m2", phase: "sent", ...fields },
      { id: "m3", phase: "accepted", runId: "run-3", ...fields },
      { id: "m4", phase: "refused", refusal: new ClientError("QUEUE_FULL", "full"), ...fields },
    ],
  };

  expect(
    rowsOf(snapshot).map((row) => (row.kind === "waiting" ? `${row.key} ${row.phase}` : row.kind)),
  ).toEqual([
    "user",
    "thinking",
    "waiting:run-2 queued",
    "waiting:m1 sending",
    "waiting:m2 sending",
    "waiting:m3 accepted",
    "waiting:m4 refused",
  ]);
  expect(rowsOf(snapshot).at(-1)).toMatchObject({ refusal: { code: "QUEUE_FULL", message: "full" } });
});

test("gives the same row for an item that did not change", () => {
  const snapshot = (view: SessionView): SessionSnapshot => ({ phase: "live", view, outbox: [] });
  const view = viewAfter(4);
  const start: NumberedEvent = { type: "tool_start", ...run, ...call, sessionId: "s", seq: 5 };
  const [before, after] = [rowsOf(snapshot(view)), rowsOf(snapshot(fold(view, start)))];

  expect(after.map((row, index) => row === before[index])).toEqual([true, true, false]);
});

test("says that there is no such session", () => {
  expect(rowsOf({ phase: "missing", view: emptyView, outbox: [] })).toMatchObject([
    { kind: "error", code: "SESSION_NOT_FOUND" },
  ]);
});
