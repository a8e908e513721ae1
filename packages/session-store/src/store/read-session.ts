import type { SessionMeta } from "@mini-openclaw/protocol";
import { copyMeta } from "../format/summary.ts";
import { toStoreError } from "../model/errors.ts";
import { isOfOneSession, type StoreContext } from "./store-context.ts";

/** Returns a session's meta; `undefined` if there is no such session. */
export async function getSession(
  { writers, files, unsaved }: StoreContext,
  sessionId: string,
): Promise<SessionMeta | undefined> {
  // Before the files, so that a session that gets its first entry meanwhile is found.
  const fresh = unsaved.get(sessionId);
  const writer = writers.peek(sessionId);
  if (writer) return writer.meta;
  const meta = (await files.meta(sessionId)) ?? fresh?.meta;
  return meta && copyMeta(meta);
}

/**
 * Returns a function that returns a session's meta without a look at its files, if they cannot have
 * changed. All its calls share one look at the folder.
 */
export function createPeek({ writers, files }: StoreContext): (sessionId: string) => SessionMeta | undefined {
  let stamp: string | undefined | null = null;
  return (sessionId) => {
    const writer = writers.peek(sessionId);
    if (writer) return writer.meta;
    if (stamp === null) stamp = files.metas.stamp();
    const meta = files.metas.peek(sessionId, stamp);
    return meta && copyMeta(meta);
  };
}

/** Returns a session's meta. If it cannot be read, reports that and returns `undefined`. */
export function readSession(context: StoreContext, sessionId: string): Promise<SessionMeta | undefined> {
  return skipping(context, `read session ${sessionId}`, () => getSession(context, sessionId));
}

/** Reads what may be missing. If it cannot be read, reports that and returns `undefined`. */
export async function skipping<T>(
  { onFailure }: StoreContext,
  during: string,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (cause) {
    const error = toStoreError(cause, "READ_FAILED");
    if (!isOfOneSession(error)) throw error;
    onFailure(error, during);
    return undefined;
  }
}
