import type { AssistantEntry, MessageEntry, RunEndEntry, Usage } from "@mini-openclaw/protocol";
import { describeFailure, isFailure } from "../wire/run-end.ts";

/** A message, as OpenClaw's clients get it in `chat.history` and `session.message`. */
export type MessageRow = Readonly<Record<string, unknown>> & { readonly role: string };

/**
 * Returns the rows of messages, oldest first. A run that failed has its `errorMessage` in the row
 * of its cut answer, or in a row of its own.
 */
export function toRows(messages: readonly MessageEntry[], runEnds: readonly RunEndEntry[]): MessageRow[] {
  const failures = new Map(runEnds.filter(isFailure).map((end) => [end.runId, end]));
  const rows: MessageRow[] = [];
  for (const [index, entry] of messages.entries()) {
    const end = "partial" in entry && entry.partial ? failures.get(entry.runId ?? "") : undefined;
    if (end) failures.delete(end.runId);
    rows.push({
      ...toMessageRow(entry),
      ...(end && { errorMessage: describeFailure(end.error, end.outcome) }),
    });
    const next = messages[index + 1]?.seq ?? Number.POSITIVE_INFINITY;
    for (const failure of failures.values()) {
      if (failure.seq > entry.seq && failure.seq < next) rows.push(toFailureRow(failure));
    }
  }
  return rows;
}

function toFailureRow({ seq, runId, outcome, error, timestamp }: RunEndEntry): MessageRow {
  return {
    role: "assistant",
    content: [],
    timestamp,
    stopReason: "error",
    errorMessage: describeFailure(error, outcome),
    __openclaw: { id: runId, seq, runId },
  };
}

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
