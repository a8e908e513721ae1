import { ClientError, type SessionSnapshot } from "@mini-openclaw/client";
import {
  emptyView,
  fold,
  type NumberedEvent,
  type SessionEvent,
  type SessionView,
} from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { answerOf, isThinking, rowsOf, type SessionRows } from "../page/conversation/rows/rows.ts";

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
  return viewOf(toolRun.slice(0, count));
}

function viewOf(events: readonly SessionEvent[]): SessionView {
  return numbered(events).reduce(fold, emptyView);
}

function numbered(events: readonly SessionEvent[]): NumberedEvent[] {
  return events.map((event, index) => ({ ...event, sessionId: "s", seq: index + 1 }));
}

function snapshotOf(view: SessionView): SessionSnapshot {
  return { phase: "live", view, outbox: [] };
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

test("does not think while one of several tools runs", () => {
  const tools = [call, { ...call, callId: "c2" }];
  const said = { type: "assistant_message", id: "a1", content: "", toolCalls: tools, ...run } as const;
  const done = { type: "tool_done", id: "t2", toolName: "bash", output: "", isError: false, ...run } as const;
  const [first, second] = [
    { ...done, callId: "c1" },
    { ...done, id: "t1", callId: "c2" },
  ];

  expect(isThinking(viewOf([said, second]))).toBe(false);
  expect(isThinking(viewOf([said, second, first]))).toBe(true);
});

test("gives the last text of a run, to be read out", () => {
  expect(answerOf(viewAfter(toolRun.length), "run-1")).toBe("One file.");
  expect(answerOf(emptyView, "run-1")).toBe("");
});

test("shows the outbox after the messages, with the reason of a refusal", () => {
  const view = {
    ...viewAfter(2),
    queued: [{ runId: "run-2", content: "later", timestamp: 1 }],
  };
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
    rowsOf(snapshot).rows.map((row) => (row.kind === "waiting" ? `${row.key} ${row.phase}` : row.kind)),
  ).toEqual([
    "user",
    "thinking",
    "waiting:run-2 queued",
    "waiting:m1 unsent",
    "waiting:m2 sending",
    "waiting:m3 accepted",
    "waiting:m4 refused",
  ]);
  expect(rowsOf(snapshot).rows.at(-1)).toMatchObject({ refusal: { code: "QUEUE_FULL", message: "full" } });
});

test("gives the same row for what did not change", () => {
  const kept: number[] = [];
  let [view, before]: [SessionView, SessionRows | undefined] = [emptyView, undefined];
  for (const event of numbered(toolRun)) {
    view = fold(view, event);
    const read: SessionRows = rowsOf(snapshotOf(view), before);
    const again = rowsOf(snapshotOf(view), read);
    expect(again.rows.every((row, index) => row === read.rows[index])).toBe(true);
    kept.push(read.rows.filter((row, index) => row === before?.rows[index]).length);
    before = read;
  }

  // The second has "thinking" as the one before, the last all that was said and a new end.
  expect(kept).toEqual([0, 2, 1, 1, 2, 2, 3, 3, 3, 4]);
});

test("puts an end below what a run answered, and calls that follow each other into one row", () => {
  const two = [call, { ...call, callId: "c2" }];
  const spent = { ...usage, inputTokens: 3, outputTokens: 1 };
  const said = { type: "assistant_message", id: "a1", content: "Look.", toolCalls: two, ...run } as const;
  const events: readonly SessionEvent[] = [
    ...toolRun.slice(0, 2),
    said,
    { type: "tool_start", ...run, ...call },
    { type: "run_end", outcome: "interrupted", usage: spent, costUsd: 0.5, ...run },
  ];
  const { rows } = rowsOf(snapshotOf(viewOf(events)));

  expect(rows.map(({ kind }) => kind)).toEqual(["user", "assistant", "tools", "outcome", "answer_end"]);
  expect(rows[2]).toMatchObject({ tools: [{ phase: "failed" }, { phase: "failed" }] });
  expect(rows[4]).toMatchObject({
    ...{ runId: "run-1", retry: "failed", texts: [{ content: "Look." }] },
    cost: { usage: { inputTokens: 3 }, costUsd: 0.5 },
  });
});

test("lets the newest answer be given anew, when nothing runs or waits", () => {
  const retryOf = (view: SessionView) =>
    rowsOf(snapshotOf(view)).rows.flatMap((row) => (row.kind === "answer_end" ? [row.retry] : []));
  const over = viewAfter(toolRun.length);
  const next = { type: "user_message", runId: "run-2", id: "u2", content: "and?", timestamp: 2 } as const;
  const waiting = { runId: "run-3", content: "later", timestamp: 1 };

  expect(retryOf(over)).toEqual(["again"]);
  // A fork ends with the message it was made at.
  expect(retryOf({ ...viewAfter(1), activeRuns: [] })).toEqual(["failed"]);
  expect(retryOf({ ...over, queued: [waiting] })).toEqual([undefined]);
  expect(retryOf(viewOf([...toolRun, next]))).toEqual([undefined]);
  expect(retryOf(viewAfter(toolRun.length - 1))).toEqual([]);
});

test("separates a message that steers the running run from a queued one", () => {
  const queued = [
    { runId: "run-1", content: "faster", requestId: "m1", timestamp: 1 },
    { runId: "run-2", content: "later", requestId: "m2", timestamp: 1 },
  ];
  const rows = rowsOf(snapshotOf({ ...viewAfter(3), queued })).rows.slice(-2);

  expect(rows).toMatchObject([
    { id: "m1", phase: "steering", runId: undefined },
    { id: "m2", phase: "queued", runId: "run-2" },
  ]);
});

test("shows an error for a missing session", () => {
  expect(rowsOf({ phase: "missing", view: emptyView, outbox: [] }).rows).toMatchObject([
    { kind: "error", code: "SESSION_NOT_FOUND" },
  ]);
});
