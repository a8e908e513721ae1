import type { NumberedEvent, SessionEvent } from "@mini-openclaw/protocol";
import { defaultLimits, type ServerEvent } from "@mini-openclaw/protocol";
import { type Chat, emptyChat } from "../page/chat.ts";
import { nextChat } from "../page/fold.ts";

/** What every run of these tests has. */
export const run = { runId: "run-1", timestamp: 1 } as const;
export const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

export function connected(sessionId = "s"): ServerEvent {
  return { type: "connected", sessionId, limits: defaultLimits };
}

/** Numbers events of session `s`, from `first` on. */
export function numbered(events: readonly SessionEvent[], first = 1): NumberedEvent[] {
  return events.map((event, index) => ({ ...event, sessionId: "s", seq: first + index }));
}

/** The chat after frames, beginning with an empty one. */
export function fold(...events: readonly ServerEvent[]): Chat {
  return events.reduce(nextChat, emptyChat);
}

/** What the page shows, one line an item. */
export function shown(chat: Chat): string[] {
  const items = chat.items.map((item) => {
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
    }
  });
  return [...items, ...chat.waiting.map(({ phase, content }) => `${phase}: ${content}`)];
}
