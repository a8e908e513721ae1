import type { NumberedEvent, SessionEvent } from "../src/index.ts";

const runId = "run-1";
const timestamp = 1_745_934_600_000;
const usage = { inputTokens: 12, outputTokens: 34, cacheReadTokens: 5, cacheWriteTokens: 6 };
const retryRequest = { id: "q3", runId: "run-0" };

/** One of each kind that the transcript keeps, with every optional field. */
export const keptEvents: SessionEvent[] = [
  {
    type: "user_message",
    runId,
    id: "u1",
    content: "你好，你是谁？",
    timestamp,
    requestId: "q1",
    blocks: [
      { type: "text", text: "look" },
      { type: "image", mediaType: "image/png", data: "iVBORw0K" },
    ],
  },
  {
    type: "assistant_message",
    runId,
    id: "a1",
    content: "Let me look.",
    timestamp,
    toolCalls: [{ callId: "c1", toolName: "bash", input: { command: "ls", constructor: 1 } }],
    blocks: [
      { type: "thinking", text: "hm", signature: "s" },
      { type: "thinking", text: "hm", field: "reasoning", details: [{ type: "reasoning.text" }] },
      { type: "redacted_thinking", data: "x" },
      { type: "text", text: "Let me look." },
      { type: "tool_call", callId: "c1" },
    ],
    stopReason: "tool_use",
    model: "claude",
    partial: "aborted",
    usage,
    costUsd: 0.002,
    retryOf: "run-0",
  },
  {
    type: "tool_done",
    runId,
    id: "t1",
    callId: "c1",
    toolName: "bash",
    output: "a.txt",
    isError: false,
    timestamp,
    durationMs: 12,
    exitCode: 0,
    taskSessionId: "s2",
  },
  { type: "todo_updated", runId, items: [{ text: "Look", state: "active" }], timestamp },
  { type: "compaction", runId, id: "k1", content: "They looked at files.", timestamp },
  { type: "session_updated", title: "New title", archived: true, timestamp },
  { type: "run_end", runId, outcome: "completed", usage, costUsd: 0.002, timestamp, retryRequest },
];

/** One of each kind that only the live journal keeps. */
export const liveEvents: SessionEvent[] = [
  { type: "message_queued", runId, content: "next", timestamp, requestId: "q2" },
  { type: "run_start", runId, timestamp, retryOf: "run-0", retryRequest },
  { type: "tool_output", runId, callId: "c1", content: "", taskSessionId: "s2" },
  { type: "chunk", runId, messageId: "a1", content: "Let ", firstSeq: 5 },
  { type: "thinking", runId, messageId: "a1", content: "hm", firstSeq: 6 },
  {
    type: "tool_input",
    runId,
    messageId: "a1",
    callId: "c1",
    toolName: "bash",
    content: '{"co',
    firstSeq: 8,
  },
  { type: "tool_start", runId, callId: "c1", toolName: "bash", input: { command: "ls" } },
  { type: "tool_output", runId, callId: "c1", content: "a." },
  { type: "approval_request", runId, callId: "c1", toolName: "bash", reason: "bash wants to run: ls" },
  { type: "approval_done", runId, callId: "c1", decision: "session" },
  { type: "retry", runId, attempt: 1, delayMs: 500, code: "MODEL_OVERLOADED" },
  { type: "message_done", runId, content: "Let me look." },
  {
    type: "run_error",
    runId,
    code: "MODEL_TIMEOUT",
    message: "No answer.",
    retryable: true,
    retryAfterMs: 1000,
  },
];

export function numbered(event: SessionEvent, seq = 7): NumberedEvent {
  return { ...event, sessionId: "s-1", seq };
}
