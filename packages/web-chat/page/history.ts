import type { HistoryEvent } from "@mini-openclaw/protocol";
import type { Chat, Item } from "./chat.ts";
import { addEntry } from "./items.ts";

/**
 * Pure: the chat with messages of the transcript in their places.
 *
 * What the history tells of an item replaces what was streamed of it, except that a tool keeps a result that the
 * history does not have.
 */
export function withHistory(chat: Chat, { messages, hasMore }: HistoryEvent): Chat {
  const found = messages.reduce<readonly Item[]>(addEntry, []);
  const known = new Map(chat.items.map((item) => [item.key, item]));
  const told = new Map(found.map((item) => [item.key, merge(item, known.get(item.key))]));
  const others = chat.items.filter(({ key }) => !told.has(key));

  const firstSeq = messages[0]?.seq ?? chat.oldestSeq ?? 0;
  const isOlder = chat.oldestSeq !== undefined && firstSeq < chat.oldestSeq;
  // More was missed than one answer holds: what stands before the gap goes, and can be loaded again.
  const hasGap = hasMore && !isOlder && others.length === chat.items.length;
  const kept = hasGap ? others.filter(({ seq }) => seq > firstSeq) : others;
  const reachesBack = isOlder || hasGap || chat.oldestSeq === undefined;

  const items = [...told.values(), ...kept].sort((a, b) => a.seq - b.seq);
  const requestIds = new Set(messages.map((message) => message.role === "user" && message.requestId));
  return {
    ...chat,
    items,
    waiting: chat.waiting.filter(({ id }) => !requestIds.has(id)),
    activeRuns: withOpenRuns(chat.activeRuns, items),
    oldestSeq: reachesBack ? firstSeq : chat.oldestSeq,
    hasMore: reachesBack ? hasMore : chat.hasMore,
  };
}

function merge(told: Item, known: Item | undefined): Item {
  if (told.kind !== "tool" || known?.kind !== "tool") return told;
  const { seq } = told;
  if (told.phase === "called") return { ...told, phase: known.phase, output: known.output };
  return told.toolName === known.toolName && Object.keys(told.input).length === 0
    ? { ...told, seq: Math.min(seq, known.seq), input: known.input }
    : told;
}

/** A run with an unfinished message or an unanswered tool call goes on: every end of a run closes both. */
function withOpenRuns(activeRuns: readonly string[], items: readonly Item[]): readonly string[] {
  const open = items.flatMap((item) => {
    const isOpen =
      item.kind === "assistant"
        ? item.streaming
        : item.kind === "tool" && (item.phase === "called" || item.phase === "running");
    return isOpen && item.runId !== undefined ? [item.runId] : [];
  });
  return [...new Set([...activeRuns, ...open])];
}
