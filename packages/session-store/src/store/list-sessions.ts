import type {
  ListSessionsOptions,
  SearchHit,
  SearchSessionsOptions,
  SessionMeta,
  SessionPage,
} from "@mini-openclaw/protocol";
import type { IndexEntry } from "../listing/index-file.ts";
import { createMatcher } from "../model/search.ts";
import { assertLimit, cursorAfter, MAX_PAGE, pickPage } from "../model/sessions-page.ts";
import { createPauses } from "../model/slices.ts";
import { createPeek, readSession, skipping } from "./read-session.ts";
import type { StoreContext } from "./store-context.ts";

// Each needs a descriptor, and several pages may be read at once.
const MAX_READS = 16;

/**
 * Returns one page. The index picks it, and the transcripts decide. If they differ, the index is
 * corrected and the page picked again, so that the order fits the times of the sessions.
 */
export async function listSessions(
  context: StoreContext,
  options: ListSessionsOptions,
): Promise<SessionPage> {
  assertLimit(options.limit, MAX_PAGE);
  const { index } = context;
  const sessions = await index.sessions();
  const metas = new Map<string, SessionMeta | undefined>();
  for (;;) {
    const { page, ...rest } = pickPage(sessions.all(), options);
    const unread: IndexEntry[] = [];
    let isRight = true;
    const use = (entry: IndexEntry, meta: SessionMeta | undefined) => {
      metas.set(entry.sessionId, meta);
      if (!meta || isSame(entry, meta)) return;
      index.correct(entry.sessionId, meta);
      isRight = false;
    };
    const peek = createPeek(context);
    for (const entry of page) {
      if (metas.has(entry.sessionId)) continue;
      const known = peek(entry.sessionId);
      if (known) use(entry, known);
      else unread.push(entry);
    }
    if (unread.length > 0) {
      await eachOf(unread, async (entry) => use(entry, await readSession(context, entry.sessionId)));
    }
    if (!isRight) continue;
    const found = page.flatMap(({ sessionId }) => metas.get(sessionId) ?? []);
    return { sessions: found, ...rest };
  }
}

/** Yields the sessions with a text in their title or in a message. */
export async function* searchSessions(
  context: StoreContext,
  text: string,
  { signal, cursor: first, ...options }: SearchSessionsOptions,
): AsyncGenerator<SearchHit> {
  const matcher = createMatcher(text);
  const pauseIfDue = createPauses();
  let cursor = first;
  do {
    const page = await listSessions(context, { ...options, ...(cursor !== undefined && { cursor }) });
    for (const session of page.sessions) {
      const pause = pauseIfDue();
      if (pause) await pause;
      signal?.throwIfAborted();
      const { sessionId } = session;
      const message = await skipping(context, `read session ${sessionId}`, () =>
        context.files.findLast(sessionId, matcher, signal),
      );
      const hit = { session, cursor: cursorAfter(session) };
      if (message) yield { ...hit, message };
      else if (matcher.inTitle(session)) yield hit;
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** Calls `act` for each item, a few at a time. */
async function eachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const work = async () => {
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(MAX_READS, items.length) }, work));
}

function isSame(entry: IndexEntry, meta: SessionMeta): boolean {
  const isArchived = (entry.archived ?? false) === (meta.archived ?? false);
  return isArchived && entry.updatedAt === meta.updatedAt && entry.key === meta.key;
}
