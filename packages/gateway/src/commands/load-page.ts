import type { AssistantEntry, MessageEntry, RunEndEntry, SessionStore } from "@mini-openclaw/protocol";
import { currentEntries, isMessageEntry } from "@mini-openclaw/protocol";

// Messages of one read.
const PART = 51;

// As much as may wait for a slow client. A page that is larger holds up every other session while
// it is made into JSON.
const MAX_PAGE_CHARS = 1_048_576;

/** A page of a session's messages, oldest first, and the ends of their runs. */
export interface Page {
  messages: MessageEntry[];
  runEnds: RunEndEntry[];
  hasMore: boolean;
}

/**
 * Loads a page of messages. A page with large messages has fewer of them, and at least one. Leaves
 * out messages that an edit replaced, unless `replaced` is true.
 */
export async function loadPage(
  store: SessionStore,
  sessionId: string,
  { limit, before, replaced = false }: { limit: number; before?: number | undefined; replaced?: boolean },
): Promise<Page> {
  const replacedTo = replaced ? undefined : await findReplaced(store, sessionId, before);
  // Read in parts, so that many large messages are not all in memory.
  let all: MessageEntry[] = [];
  let found: MessageEntry[] = [];
  let pending = replacedTo;
  for (let isWhole = false; !isWhole && found.length <= limit; ) {
    const oldest = all[0]?.seq ?? before;
    // Replaced messages may be many, and count as none.
    const count = pending === undefined ? Math.min(PART, limit + 1 - found.length) : PART;
    const range = { limit: count, ...(oldest !== undefined && { before: oldest }) };
    const older = await store.loadMessages(sessionId, range);
    all = [...older, ...all];
    const current = currentEntries(all, replacedTo);
    found = replaced ? all : current.entries;
    pending = replaced ? undefined : current.replacedTo;
    isWhole = older.length < count || sizeOf(found) > MAX_PAGE_CHARS;
  }
  const messages = withinSize(found.slice(-limit));
  const ends = await loadRunEnds(store, sessionId, { from: messages[0]?.seq, before });
  const runEnds = replaced ? ends : currentEnds(all, ends, replacedTo);
  const began = new Set(messages.map(({ runId }) => runId));
  return {
    messages,
    // A run that neither said anything nor failed was cancelled while its message waited.
    runEnds: runEnds.filter(
      ({ runId, error, retryOf }) => began.has(runId) || error || retryOf !== undefined,
    ),
    hasMore: found.length > messages.length,
  };
}

/** Returns the message that an older page ends at, if the message at `before` is an edit. */
async function findReplaced(
  store: Pick<SessionStore, "loadMessages">,
  sessionId: string,
  before: number | undefined,
): Promise<string | undefined> {
  if (before === undefined) return undefined;
  const [message] = await store.loadMessages(sessionId, { before: before + 1, limit: 1 });
  return message?.seq === before && message.role === "user" ? message.editOf : undefined;
}

/** Returns the ends of runs that no edit replaced. */
function currentEnds(
  messages: readonly MessageEntry[],
  runEnds: readonly RunEndEntry[],
  replacedTo: string | undefined,
): RunEndEntry[] {
  const all = [...messages, ...runEnds].sort((one, other) => one.seq - other.seq);
  const current = new Set<object>(currentEntries(all, replacedTo).entries);
  return runEnds.filter((end) => current.has(end));
}

/** Returns the newest messages that fit into a page. */
function withinSize(messages: MessageEntry[]): MessageEntry[] {
  let size = 0;
  const first = messages.findLastIndex((message) => {
    size += sizeOf([message]);
    return size > MAX_PAGE_CHARS;
  });
  return messages.slice(Math.min(first + 1, messages.length - 1));
}

function sizeOf(messages: readonly MessageEntry[]): number {
  return messages.reduce((sum, message) => {
    const { blocks, toolCalls } = message as Partial<AssistantEntry>;
    const rest = [blocks, toolCalls].filter((value) => value !== undefined);
    return sum + message.content.length + (rest.length > 0 ? JSON.stringify(rest).length : 0);
  }, 0);
}

/** Reads the ends of runs after a message. */
async function loadRunEnds(
  store: SessionStore,
  sessionId: string,
  { from, before = Number.POSITIVE_INFINITY }: { from: number | undefined; before: number | undefined },
): Promise<RunEndEntry[]> {
  const runEnds: RunEndEntry[] = [];
  if (from === undefined) return runEnds;
  for await (const entry of store.entries(sessionId, { after: from })) {
    if (entry.seq >= before) break;
    if (!isMessageEntry(entry) && entry.type === "run_end") runEnds.push(entry);
  }
  return runEnds;
}

/** Returns the field of an answer that has the ends of runs, if there are any. */
export function withRunEnds(runEnds: RunEndEntry[]): { runEnds?: RunEndEntry[] } {
  return runEnds.length > 0 ? { runEnds } : {};
}
