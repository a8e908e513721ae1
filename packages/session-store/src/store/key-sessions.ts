import type { CreateSessionOptions, SessionMeta } from "@mini-openclaw/protocol";
import { createSummary, nextCreation } from "../format/new-session.ts";
import type { IndexedSessions } from "../listing/indexed-sessions.ts";
import { assertOwner } from "../model/check-options.ts";
import { copyJson } from "../model/json.ts";
import { readSession } from "./read-session.ts";
import type { StoreContext } from "./store-context.ts";

/** Returns the newest open session of a key, or creates one. */
export async function getOrCreateSession(
  context: StoreContext,
  key: string,
  options: CreateSessionOptions,
): Promise<SessionMeta> {
  const index = await context.index.sessions();
  const except = new Set<string>();
  for (;;) {
    const entry = index.newestOf(key, except);
    const fresh = context.unsaved.newestOf(key)?.meta;
    if (fresh && fresh.createdAt >= (entry?.createdAt ?? 0)) return copyJson(fresh);
    if (!entry) return addSession(context, index, { key, ...options });
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
  return addSession(context, await context.index.sessions(), { key, ...options });
}

/** Synchronous, so that of two calls for a new key only one creates a session. */
function addSession(
  { unsaved }: StoreContext,
  index: IndexedSessions,
  { key, owner, parent }: { key: string } & CreateSessionOptions,
): SessionMeta {
  assertOwner(owner);
  const latest = Math.max(index.latestCreation(key), unsaved.newestOf(key)?.meta.createdAt ?? 0);
  const createdAt = nextCreation(latest);
  const summary = createSummary(key, {
    createdAt,
    ...(owner !== undefined && { owner }),
    ...(parent !== undefined && { parent }),
  });
  unsaved.add(summary);
  return copyJson(summary.meta);
}
