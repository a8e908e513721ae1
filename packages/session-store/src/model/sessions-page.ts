import type { ListSessionsOptions, SessionMeta } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { check } from "./check-options.ts";
import { StoreError } from "./errors.ts";
import { isSessionId } from "./names.ts";

// As many as one page can display. A caller that wants more requests the next page.
export const MAX_PAGE = 1_000;

/** The position of a session in the list. */
type Position = Pick<SessionMeta, "sessionId" | "updatedAt">;

/** The fields of a session that a list needs. */
export type Listed = Position & Pick<SessionMeta, "key" | "archived">;

/**
 * Picks one page, in descending order of the last update, and then of the id.
 *
 * Makes one pass over the sessions. Needs memory for the page only.
 *
 * @throws StoreError `INVALID_OPTION` for a bad `cursor`
 */
export function pickPage<T extends Listed>(
  sessions: Iterable<T>,
  { limit = 50, key, keyPrefix = "", archived = false, cursor }: ListSessionsOptions,
): { page: T[]; cursor?: string } {
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  // The last of the page first: most sessions come in the order of their creation.
  const picked: T[] = [];
  for (const session of sessions) {
    if ((key !== undefined && session.key !== key) || (session.archived ?? false) !== archived) continue;
    if (!session.key.startsWith(keyPrefix)) continue;
    if (after && compare(session, after) <= 0) continue;
    const isFull = picked.length > limit;
    if (isFull && compare(session, picked[0] as T) > 0) continue;
    if (isFull) picked.shift();
    insert(picked, session);
  }
  const hasMore = picked.length > limit;
  if (hasMore) picked.shift();
  const page = picked.reverse();
  const last = page.at(-1);
  return hasMore && last ? { page, cursor: cursorAfter(last) } : { page };
}

/** @throws StoreError `INVALID_OPTION` */
export function assertLimit(limit = 50, max = Number.MAX_SAFE_INTEGER): void {
  check.integer("limit", limit, { min: 1, max });
}

function compare(left: Position, right: Position): number {
  if (left.updatedAt !== right.updatedAt) return right.updatedAt - left.updatedAt;
  if (left.sessionId === right.sessionId) return 0;
  return left.sessionId < right.sessionId ? 1 : -1;
}

/** Inserts a session before those that a page lists before it. */
function insert<T extends Position>(picked: T[], session: T): void {
  let at = picked.length;
  if (at === 0 || compare(picked[at - 1] as T, session) > 0) {
    picked.push(session);
    return;
  }
  let low = 0;
  while (low < at) {
    const middle = (low + at) >> 1;
    if (compare(picked[middle] as T, session) > 0) low = middle + 1;
    else at = middle;
  }
  picked.splice(low, 0, session);
}

/** Returns the cursor of the sessions after this one. */
export function cursorAfter({ updatedAt, sessionId }: Position): string {
  return `${updatedAt}.${sessionId}`;
}

/** Parses a cursor. @throws StoreError `INVALID_OPTION` */
export function parseCursor(cursor: string): Position {
  const dot = typeof cursor === "string" ? cursor.lastIndexOf(".") : -1;
  const updatedAt = dot > 0 ? Number(cursor.slice(0, dot)) : Number.NaN;
  const sessionId = dot > 0 ? cursor.slice(dot + 1) : "";
  if (!Number.isNaN(updatedAt) && isSessionId(sessionId)) return { updatedAt, sessionId };
  throw new StoreError("INVALID_OPTION", mustBe("cursor", "the `cursor` of an earlier page or hit", cursor));
}
