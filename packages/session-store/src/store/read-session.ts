import type { SessionMeta } from "@mini-openclaw/protocol";
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
  const meta = writer?.meta ?? (await files.meta(sessionId)) ?? fresh?.meta;
  return meta && copyMeta(meta);
}

/** Returns a session's meta without a look at its files, if they cannot have changed. */
export function peekSession(
  { writers, files }: StoreContext,
  sessionId: string,
  stamp: string | undefined,
): SessionMeta | undefined {
  const meta = writers.peek(sessionId)?.meta ?? files.metas.peek(sessionId, stamp);
  return meta && copyMeta(meta);
}

function copyMeta(meta: SessionMeta): SessionMeta {
  const { usage, forkedFrom } = meta;
  return {
    ...meta,
    ...(usage && { usage: { ...usage } }),
    ...(forkedFrom && { forkedFrom: { ...forkedFrom } }),
  };
}

/** Returns a session's meta. If it cannot be read, reports that and returns `undefined`. */
export function readSession(context: StoreContext, sessionId: string): Promise<SessionMeta | undefined> {
  return skipping(context, sessionId, () => getSession(context, sessionId));
}

/** Reads a part of one session. If it cannot be read, reports that and returns `undefined`. */
export async function skipping<T>(
  { onFailure }: StoreContext,
  sessionId: string,
  read: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (cause) {
    const error = toStoreError(cause, "READ_FAILED");
    if (!isOfOneSession(error)) throw error;
    onFailure(error, `read session ${sessionId}`);
    return undefined;
  }
}
