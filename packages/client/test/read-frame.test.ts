import { defaultLimits, type ServerEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { readFrame } from "../src/connection/read-frame.ts";

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
  expect(readFrame(JSON.stringify(frame))).toEqual(frame);
});

test.each(['{"type":"a newer one","seq":1}', '{"type":"pong","seq":1}', '{"type":"constructor","seq":1}'])(
  "skips an event that it does not know: %s",
  (text) => {
    expect(readFrame(text)).toBeUndefined();
  },
);

test.each<[string, unknown, string]>([
  ["binary data", new ArrayBuffer(2), "JSON"],
  ["text that is not JSON", "{", "JSON"],
  ["an array", "[]", "type is wrong."],
  ["null", "null", "type is wrong."],
  ["an object without a type", "{}", "type is wrong."],
  ["a chunk without content", { type: "chunk", ...run, messageId: "a" }, "chunk: content is wrong."],
  ["output of another type", { ...frames.tool_output, content: 1 }, "tool_output: content is wrong."],
  ["an event without a run", { ...frames.run_end, runId: undefined }, "run_end: runId is wrong."],
  ["an event without a session", { ...frames.chunk, sessionId: undefined }, "chunk: sessionId is wrong."],
  ["an event with a negative seq", { ...frames.chunk, seq: -1 }, "chunk: seq is wrong."],
])("rejects %s", (_, text, reason) => {
  const frame = typeof text === "string" || text instanceof ArrayBuffer ? text : JSON.stringify(text);

  expect(() => readFrame(frame)).toThrow(reason);
});
