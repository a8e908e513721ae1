import {
  emptyView,
  fold,
  type MessageEntry,
  type NumberedEvent,
  type ResyncEvent,
  type SessionEvent,
  type SessionFrame,
  type SessionView,
} from "../src/index.ts";

/** The fields of every run in these tests. */
export const run = { runId: "run-1", timestamp: 1 } as const;
export const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
export const call = { callId: "c1", toolName: "bash", input: { command: "ls" } };

/** Numbers events of session `s`, from `first` on. */
export function numbered(events: readonly SessionEvent[], first = 1): NumberedEvent[] {
  return events.map((event, index) => ({ ...event, sessionId: "s", seq: first + index }));
}

/** The newest messages of session `s`. */
export function resync(messages: MessageEntry[], hasMore = false): ResyncEvent {
  const upTo = messages.at(-1)?.seq ?? 0;
  return { type: "resync", sessionId: "s", epoch: "e1", upTo, messages, hasMore };
}

/** The view after frames, beginning with an empty one. */
export function viewOf(...frames: readonly SessionFrame[]): SessionView {
  return frames.reduce(fold, emptyView);
}

/** Returns one line for each item of a view. */
export function shown(view: SessionView): string[] {
  const items = view.items.map((item) => {
    switch (item.kind) {
      case "user":
        return `user: ${item.content}`;
      case "assistant":
        return `assistant${item.streaming ? " (streaming)" : ""}: ${item.content}${item.partial ? ` [${item.partial}]` : ""}`;
      case "tool":
        return `${item.toolName} ${JSON.stringify(item.input)} ${item.phase}: ${item.output}`;
      case "error":
        return `error ${item.code}: ${item.message}`;
      case "outcome":
        return `outcome: ${item.outcome}`;
      case "retry":
        return `retry ${item.attempt}: ${item.code}`;
      case "compaction":
        return `summed up: ${item.content}`;
    }
  });
  return [...items, ...view.queued.map(({ content }) => `queued: ${content}`)];
}
