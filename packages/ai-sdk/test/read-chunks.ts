import type { RunEvent } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { readUIMessageStream, type UIMessage, type UIMessageChunk, uiMessageChunkSchema } from "ai";
import type { RunSource } from "../src/chunks/run-chunks.ts";
import { type FeedOptions, RunFeed } from "../src/chunks/run-feed.ts";
import type { UiChunk } from "../src/shared/ui-chunk.ts";

/** Returns the events of a run as a gateway records them. */
export function recorded(events: readonly RunEvent[], firstSeq = 1): RunSource[] {
  return events.map((event, index) => {
    const named = event.type === "error" ? { ...event, type: "run_error" as const } : event;
    return { ...named, sessionId: "s", seq: firstSeq + index };
  });
}

/** Returns the chunks of a run, each checked by the AI SDK's own schema. */
export async function chunksOf(
  events: readonly RunSource[],
  options: Partial<FeedOptions> = {},
): Promise<UiChunk[]> {
  const chunks: UiChunk[] = [];
  const feed = new RunFeed({ emit: (chunk) => chunks.push(chunk), onEnd: () => undefined, ...options });
  for (const event of events) feed.add(event);
  feed.close();
  for (const chunk of chunks) await checkChunk(chunk);
  return chunks;
}

/** Throws unless the AI SDK accepts the chunk. */
async function checkChunk(chunk: unknown): Promise<void> {
  const schema = uiMessageChunkSchema();
  const result = await schema.validate?.(chunk);
  if (!result?.success) throw new Error(`The AI SDK refuses ${JSON.stringify(chunk)}.`);
}

/** Reads chunks with the AI SDK's reader. Rejects as it does. Returns the whole message. */
export async function messageOf(chunks: readonly UiChunk[], message?: UIMessage): Promise<UIMessage> {
  const stream = new ReadableStream<UIMessageChunk>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk as UIMessageChunk);
      controller.close();
    },
  });
  let last: UIMessage | undefined = message;
  const read = readUIMessageStream({ stream, terminateOnError: true, ...(message && { message }) });
  for await (const state of read) last = state;
  if (!last) throw new Error("The stream has no message.");
  // Fields without a value are left out, as in JSON.
  return JSON.parse(JSON.stringify(last));
}

const runId = "run-1";

/** Events of one run, without its first and last ones. */
export const event = {
  user: (content: string, id = "user-1"): RunEvent => ({
    type: "user_message",
    runId,
    id: `${id}-entry`,
    requestId: id,
    content,
    timestamp: 1,
  }),
  start: { type: "run_start", runId, timestamp: 1 },
  text: (content: string, messageId = "turn-1"): RunEvent => ({ type: "chunk", runId, messageId, content }),
  thinks: (content: string, messageId = "turn-1"): RunEvent => ({
    type: "thinking",
    runId,
    messageId,
    content,
  }),
  turn: (
    content: string,
    id = "turn-1",
    more: Partial<Extract<RunEvent, { type: "assistant_message" }>> = {},
  ): RunEvent => ({ type: "assistant_message", runId, id, content, timestamp: 1, ...more }),
  calls: (...names: string[]) => ({
    toolCalls: names.map((toolName) => ({ callId: `call-${toolName}`, toolName, input: { of: toolName } })),
  }),
  toolStart: (toolName: string): RunEvent => ({
    type: "tool_start",
    runId,
    callId: `call-${toolName}`,
    toolName,
    input: { of: toolName },
  }),
  toolOutput: (toolName: string, content: string): RunEvent => ({
    type: "tool_output",
    runId,
    callId: `call-${toolName}`,
    content,
  }),
  toolDone: (
    toolName: string,
    output: string,
    more: { isError?: boolean; isDenied?: boolean } = {},
  ): RunEvent => ({
    type: "tool_done",
    runId,
    id: `result-${toolName}`,
    callId: `call-${toolName}`,
    toolName,
    output,
    isError: false,
    timestamp: 1,
    ...more,
  }),
  asks: (toolName: string): RunEvent => ({
    type: "approval_request",
    runId,
    callId: `call-${toolName}`,
    toolName,
    reason: `${toolName} wants to run`,
  }),
  decided: (toolName: string, decision: "once" | "deny"): RunEvent => ({
    type: "approval_done",
    runId,
    callId: `call-${toolName}`,
    decision,
  }),
  end: (outcome: Extract<RunEvent, { type: "run_end" }>["outcome"] = "completed"): RunEvent => ({
    type: "run_end",
    runId,
    outcome,
    usage: noUsage,
    timestamp: 1,
  }),
} as const;
