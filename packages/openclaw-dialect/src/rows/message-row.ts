import type { AssistantEntry, MessageEntry, Usage } from "@mini-openclaw/protocol";

/** A message, as OpenClaw's clients get it in `chat.history` and `session.message`. */
export type MessageRow = Readonly<Record<string, unknown>> & { readonly role: string };

/** Returns the row of a message. */
export function toMessageRow(entry: MessageEntry): MessageRow {
  const { id, seq, timestamp } = entry;
  const origin = { id, seq };
  switch (entry.role) {
    case "user": {
      const { content, requestId } = entry;
      const sentAs = requestId === undefined ? {} : { idempotencyKey: `${requestId}:user` };
      return { role: "user", content, timestamp, __openclaw: { ...origin, ...sentAs } };
    }
    case "assistant":
      return toAssistantRow(entry);
    case "tool": {
      const { callId: toolCallId, toolName, content: text, isError } = entry;
      const content = [{ type: "text", text }];
      return { role: "toolResult", toolCallId, toolName, content, isError, timestamp, __openclaw: origin };
    }
    case "system": {
      const { content, compaction } = entry;
      const kind = compaction ? { kind: "compaction" } : {};
      return { role: "system", content, timestamp, __openclaw: { ...origin, ...kind } };
    }
  }
}

function toAssistantRow(entry: AssistantEntry): MessageRow {
  const { id, seq, runId, content: text, timestamp, blocks = [], toolCalls = [], model, usage } = entry;
  const thoughts = blocks.flatMap((block) => (block.type === "thinking" ? [block.text] : []));
  const content = [
    ...thoughts.map((thinking) => ({ type: "thinking", thinking })),
    ...(text === "" ? [] : [{ type: "text", text }]),
    ...toolCalls.map(({ callId, toolName, input }) => ({
      type: "toolCall",
      id: callId,
      name: toolName,
      arguments: input,
    })),
  ];
  return {
    role: "assistant",
    content,
    timestamp,
    ...(model !== undefined && { model }),
    ...(usage && { usage: toUsage(usage) }),
    stopReason: stopReasonOf(entry),
    __openclaw: { id, seq, ...(runId !== undefined && { runId }) },
  };
}

function stopReasonOf({ partial, toolCalls = [] }: AssistantEntry): string {
  if (partial) return partial === "aborted" ? "aborted" : "error";
  return toolCalls.length > 0 ? "toolUse" : "stop";
}

function toUsage({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): object {
  return {
    input: inputTokens,
    output: outputTokens,
    cacheRead: cacheReadTokens,
    cacheWrite: cacheWriteTokens,
    totalTokens: inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens,
  };
}
