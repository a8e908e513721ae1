import type { AssistantEntry, MessageEntry, RunEndEntry, SessionStore } from "@mini-openclaw/protocol";
import { isMessageEntry } from "@mini-openclaw/protocol";

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

/** Loads a page of messages. A page with large messages has fewer of them, and at least one. */
export async function loadPage(
  store: SessionStore,
  sessionId: string,
  { limit, before }: { limit: number; before?: number | undefined },
): Promise<Page> {
  // Read in parts, so that many large messages are not all in memory.
  let found: MessageEntry[] = [];
  for (let isWhole = false; !isWhole && found.length <= limit; ) {
    const oldest = found[0]?.seq ?? before;
    const count = Math.min(PART, limit + 1 - found.length);
    const range = { limit: count, ...(oldest !== undefined && { before: oldest }) };
    const older = await store.loadMessages(sessionId, range);
    found = [...older, ...found];
    isWhole = older.length < count || sizeOf(found) > MAX_PAGE_CHARS;
  }
  const messages = withinSize(found.slice(-limit));
  const runEnds = await loadRunEnds(store, sessionId, { from: messages[0]?.seq, before });
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
