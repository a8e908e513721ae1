import type { CreateSessionOptions, SessionMeta } from "@mini-openclaw/protocol";
import { createSummary, nextCreation } from "../format/new-session.ts";
import type { IndexedSessions } from "../listing/indexed-sessions.ts";
import { assertOwner } from "../model/check-options.ts";
import { copyJson } from "../model/json.ts";
import { readSession, skipping } from "./read-session.ts";
import type { StoreContext } from "./store-context.ts";

/** Returns the newest open session of a key, or creates one. */
export async function getOrCreateSession(
  context: StoreContext,
  key: string,
  options: CreateSessionOptions,
): Promise<SessionMeta> {
  const index = await context.index.named();
  const except = new Set<string>();
  let deleted: number | undefined;
  for (;;) {
    const entry = index.newestOf(key, except);
    const fresh = context.unsaved.newestOf(key)?.meta;
    if (fresh && fresh.createdAt >= (entry?.createdAt ?? 0)) return copyJson(fresh);
    if (!entry && deleted !== undefined) return addSession(context, index, { key, deleted, ...options });
    if (!entry) {
      await context.index.sessions(); // a copied file may have the key
      deleted = await latestDeleted(context, key);
      continue; // another call may have created one
    }
    const meta = await readSession(context, entry.sessionId);
    if (meta && meta.key === key && !meta.archived) return meta;
    // The index was behind, or the session cannot be read. The one before it is the newest.
    except.add(entry.sessionId);
    if (meta) context.index.correct(entry.sessionId, meta);
  }
}

export async function createSession(
  context: StoreContext,
  key: string,
  options: CreateSessionOptions,
): Promise<SessionMeta> {
  const deleted = await latestDeleted(context, key);
  return addSession(context, await context.index.sessions(), { key, deleted, ...options });
}

/**
 * Returns the time of the newest creation under a key among the deleted sessions, which the index
 * may not have. Skips those that were deleted before now, as all are unless a clock was put back.
 */
export async function latestDeleted(context: StoreContext, key: string): Promise<number> {
  const { files } = context;
  const list = () => files.deleted.listAfter(Date.now());
  let latest = 0;
  for (const { sessionId } of (await skipping(context, "list the deleted sessions", list)) ?? []) {
    const read = () => files.deletedSummary(sessionId);
    const meta = (await skipping(context, `read session ${sessionId}`, read))?.meta;
    if (meta?.key === key) latest = Math.max(latest, meta.createdAt);
  }
  return latest;
}

/** Synchronous, so that of two calls for a new key only one creates a session. */
function addSession(
  { unsaved }: StoreContext,
  index: IndexedSessions,
  { key, deleted, owner, parent }: { key: string; deleted: number } & CreateSessionOptions,
): SessionMeta {
  assertOwner(owner);
  const latest = Math.max(index.latestCreation(key), unsaved.newestOf(key)?.meta.createdAt ?? 0, deleted);
  const createdAt = nextCreation(latest);
  const summary = createSummary(key, {
    createdAt,
    ...(owner !== undefined && { owner }),
    ...(parent !== undefined && { parent }),
  });
  unsaved.add(summary);
  return copyJson(summary.meta);
}
