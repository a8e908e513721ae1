import type { ListSessionsOptions, SessionMeta, SessionPage } from "@mini-openclaw/protocol";
import type { IndexEntry } from "../listing/index-file.ts";
import type { IndexedSessions } from "../listing/indexed-sessions.ts";
import { assertLimit, MAX_PAGE, pickPage } from "../model/sessions-page.ts";
import type { StoreContext } from "./store-context.ts";

// Each needs a descriptor, and several pages may be read at once.
const MAX_READS = 16;

/**
 * Returns one page. The index picks it, and the transcripts decide. If they differ, the index is
 * corrected and the page picked again, so that the order fits the times of the sessions.
 */
export async function listSessions(
  { index }: StoreContext,
  options: ListSessionsOptions,
  { sessions, read }: { sessions: IndexedSessions; read: (id: string) => Promise<SessionMeta | undefined> },
): Promise<SessionPage> {
  assertLimit(options.limit, MAX_PAGE);
  const metas = new Map<string, SessionMeta | undefined>();
  for (;;) {
    const { page, ...rest } = pickPage(sessions.all(), options);
    const unread = page.filter(({ sessionId }) => !metas.has(sessionId));
    let isRight = true;
    await eachOf(unread, async (entry) => {
      const meta = await read(entry.sessionId);
      metas.set(entry.sessionId, meta);
      if (!meta || isSame(entry, meta)) return;
      index.correct(entry.sessionId, meta);
      isRight = false;
    });
    if (!isRight) continue;
    const found = page.flatMap(({ sessionId }) => metas.get(sessionId) ?? []);
    return { sessions: found, ...rest };
  }
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
