import type { SessionStore } from "@mini-openclaw/protocol";

// Chosen: what one read of a transcript's end brings; a message that is sent again is rarely older.
const PAGE = 200;

// As far back as a message that is sent again is recognised: 1,000 user messages, about one answer to each, and tools.
const MAX_MESSAGES = 4000;

/** The number just before a run's first message; `undefined` where the session's latest messages have none of it. */
export async function findRunStart(
  store: Pick<SessionStore, "loadMessages">,
  sessionId: string,
  runId: string,
): Promise<number | undefined> {
  let start: number | undefined;
  let before: { before?: number } = {};
  for (let read = 0; read < MAX_MESSAGES; read += PAGE) {
    const messages = await store.loadMessages(sessionId, { limit: PAGE, ...before });
    const first = messages.find((message) => message.runId === runId);
    if (first) start = first.seq - 1;
    const [oldest] = messages;
    // The run began on this page, or there is nothing before it.
    if (!oldest || messages.length < PAGE || (start !== undefined && first !== oldest)) return start;
    before = { before: oldest.seq };
  }
  return start;
}
