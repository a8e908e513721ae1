import type { ListSessionsOptions, SessionMeta } from "@mini-openclaw/protocol";
import { StoreError } from "./errors.ts";
import { isSessionId } from "./names.ts";

// Chosen: what a page can show at once; a caller that wants more asks for the next page.
export const MAX_PAGE = 1_000;

type Place = Pick<SessionMeta, "sessionId" | "updatedAt">;

/** What listing needs to know of a session. */
export type Listed = Place & Pick<SessionMeta, "key" | "archived">;

/**
 * Picks one page: the one updated last first, of equals the younger id first.
 *
 * One pass over the sessions; memory for the page only.
 *
 * @throws StoreError `INVALID_OPTION` for a bad `cursor`
 */
export function pickPage<T extends Listed>(
  sessions: Iterable<T>,
  { limit = 50, key, archived = false, cursor }: ListSessionsOptions,
): { page: T[]; cursor?: string } {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  const page: T[] = [];
  for (const session of sessions) {
    if ((key !== undefined && session.key !== key) || (session.archived ?? false) !== archived) continue;
    if (after && compare(session, after) <= 0) continue;
    const last = page.at(-1);
    if (page.length > limit && last && compare(session, last) > 0) continue;
    insert(page, session);
    if (page.length > limit + 1) page.pop();
  }
  const hasMore = page.length > limit;
  page.length = Math.min(page.length, limit);
  const last = page.at(-1);
  return hasMore && last ? { page, cursor: cursorAfter(last) } : { page };
}

/** @throws StoreError `INVALID_OPTION` */
export function assertLimit(limit = 50, max = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= max) return;
  throw new StoreError("INVALID_OPTION", `limit: ${String(limit)} is not a whole number from 1 to ${max}`);
}

function compare(left: Place, right: Place): number {
  if (left.updatedAt !== right.updatedAt) return right.updatedAt - left.updatedAt;
  if (left.sessionId === right.sessionId) return 0;
  return left.sessionId < right.sessionId ? 1 : -1;
}

function insert<T extends Place>(page: T[], session: T): void {
  let low = 0;
  let high = page.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = page[middle];
    if (there && compare(there, session) < 0) low = middle + 1;
    else high = middle;
  }
  page.splice(low, 0, session);
}

/** The place of the list behind a session. */
export function cursorAfter({ updatedAt, sessionId }: Place): string {
  return `${updatedAt}.${sessionId}`;
}

function parseCursor(cursor: string): Place {
  const dot = typeof cursor === "string" ? cursor.lastIndexOf(".") : -1;
  const updatedAt = dot > 0 ? Number(cursor.slice(0, dot)) : Number.NaN;
  const sessionId = dot > 0 ? cursor.slice(dot + 1) : "";
  if (!Number.isNaN(updatedAt) && isSessionId(sessionId)) return { updatedAt, sessionId };
  const got = JSON.stringify(typeof cursor === "string" ? cursor.slice(0, 40) : typeof cursor);
  throw new StoreError("INVALID_OPTION", `cursor: not one that listSessions gave: ${got}`);
}
