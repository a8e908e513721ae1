import { defaultLimits, type ServerEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { readFrame } from "../src/read-frame.ts";

const run = { sessionId: "s", seq: 7, runId: "r" };
const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const frames = {
  connected: { type: "connected", sessionId: "s", limits: defaultLimits },
  ack: { type: "ack", replyTo: "q", sessionId: "s", runId: "r", position: 0 },
  pong: { type: "pong" },
  history: { type: "history", sessionId: "s", messages: [], hasMore: false },
  resumed: { type: "resumed", sessionId: "s", epoch: "0", after: 1, upTo: 2, from: "events" },
  resync: {
    ...{ type: "resync", sessionId: "s", epoch: "0", upTo: 2, hasMore: false },
    messages: [{ role: "user", seq: 1, id: "u", content: "hi", timestamp: 1 }],
  },
  sessions: { type: "sessions", sessions: [] },
  draining: { type: "draining" },
  refusal: { type: "error", code: "INTERNAL", message: "no", retryable: true },
  run_error: { type: "run_error", ...run, code: "INTERNAL", message: "no", retryable: true },
  user_message: { type: "user_message", ...run, id: "u", content: "hi", timestamp: 1 },
  assistant_message: { type: "assistant_message", ...run, id: "a", content: "hi", timestamp: 1 },
  tool_done: {
    ...{ type: "tool_done", ...run, id: "t", callId: "c", toolName: "bash", output: "" },
    ...{ isError: false, timestamp: 1 },
  },
  compaction: { type: "compaction", ...run, id: "k", content: "They spoke.", timestamp: 1 },
  session_updated: { type: "session_updated", sessionId: "s", seq: 7, timestamp: 1 },
  run_end: { type: "run_end", ...run, outcome: "completed", usage, timestamp: 1 },
  message_queued: { type: "message_queued", ...run, content: "hi", timestamp: 1 },
  run_start: { type: "run_start", ...run, timestamp: 1 },
  chunk: { type: "chunk", ...run, messageId: "a", content: "h" },
  thinking: { type: "thinking", ...run, messageId: "a", content: "h" },
  tool_start: { type: "tool_start", ...run, callId: "c", toolName: "bash", input: {} },
  tool_output: { type: "tool_output", ...run, callId: "c", content: "x" },
  session_deleted: { type: "session_deleted", sessionId: "s" },
  approval_request: { type: "approval_request", ...run, callId: "c", toolName: "bash", reason: "why" },
  approval_done: { type: "approval_done", ...run, callId: "c", decision: "once" },
  retry: { type: "retry", ...run, attempt: 1, delayMs: 500, code: "MODEL_OVERLOADED" },
  message_done: { type: "message_done", ...run, content: "h" },
} satisfies Record<string, ServerEvent>;

test.each(Object.values(frames))("reads $type", (frame) => {
  expect(readFrame(JSON.stringify(frame))).toEqual({ ok: true, frame });
});

test.each(['{"type":"constructor"}', '{"type":"pong","seq":1}', '{"type":"chunk","content":"of no place"}'])(
  "passes over what it does not know: %s",
  (text) => {
    expect(readFrame(text)).toEqual({ ok: false });
  },
);

test.each<[string, unknown, string]>([
  ["binary", new ArrayBuffer(2), "expected a JSON object with a type"],
  ["not JSON", "{", "expected a JSON object with a type"],
  ["an array", "[]", "expected a JSON object with a type"],
  ["no type", "{}", "expected a JSON object with a type"],
  [
    "a field that is missing",
    { type: "chunk", ...run, messageId: "a" },
    "chunk: content is missing or wrong",
  ],
  ["a field of another type", { ...frames.retry, attempt: "1" }, "retry: attempt is missing or wrong"],
  [
    "limits that say nothing of frames",
    { ...frames.connected, limits: {} },
    "connected: limits is missing or wrong",
  ],
  ["a list with a hole", { ...frames.history, messages: [null] }, "history: messages is missing or wrong"],
  [
    "an event of no session",
    { ...frames.chunk, sessionId: undefined },
    "chunk: sessionId is missing or wrong",
  ],
  ["an event of no place", { ...frames.chunk, seq: -1 }, "chunk: seq is missing or wrong"],
])("refuses %s", (_, text, reason) => {
  const read = readFrame(
    typeof text === "string" || text instanceof ArrayBuffer ? text : JSON.stringify(text),
  );

  expect(read).toMatchObject({
    ok: false,
    error: { code: "INVALID_FRAME", message: `a frame of the gateway: ${reason}` },
  });
});
