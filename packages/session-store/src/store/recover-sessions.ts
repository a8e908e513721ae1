import { join } from "node:path";
import { causeOfDeath, readOwner } from "../files/lock-owner.ts";
import { isListening, isLockSocket } from "../files/lock-socket.ts";
import { BLOBS_FOLDER, LIVE_FOLDER, sessionPaths } from "../files/session-paths.ts";
import { unlinkQuietly } from "../files/small-file.ts";
import { isLeftover } from "../files/temporary-file.ts";
import { toStoreError } from "../model/errors.ts";
import { isSessionId } from "../model/names.ts";
import { inSlices } from "../model/slices.ts";
import { BlobFolder } from "../transcript/blob-folder.ts";
import { lockSession } from "../writer/open-writer.ts";
import { skipping } from "./read-session.ts";
import { isOfOneSession, type StoreContext } from "./store-context.ts";

/**
 * Closes the runs that dead writers left open, and returns the ids of their sessions. Reads
 * sessions with a live journal only. Skips a session that cannot be recovered. Opening that session
 * throws the reason.
 */
export async function recoverSessions(context: StoreContext): Promise<string[]> {
  const { folder, files, writers, onFailure } = context;
  const recovered: string[] = [];
  const list = () => folder.fs.list(join(folder.path, LIVE_FOLDER));
  for (const name of (await skipping(context, "list the live journals", list)) ?? []) {
    const sessionId = name.replace(/\.jsonl$/, "");
    if (sessionId === name || !isSessionId(sessionId) || writers.has(sessionId)) continue;
    try {
      const before = (await files.meta(sessionId))?.lastSeq ?? 0;
      // Opening the writer closes the runs.
      const after = await writers.use(sessionId, ({ lastSeq }) => lastSeq);
      if (after > before) recovered.push(sessionId);
    } catch (cause) {
      const error = toStoreError(cause, "READ_FAILED");
      if (!isOfOneSession(error)) throw error;
      if (!isExpected(error)) onFailure(error, `recover session ${sessionId}`);
    }
  }
  return recovered;
}

/** Returns true if another process writes the session, or its transcript was moved. */
function isExpected(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "SESSION_LOCKED" || code === "SESSION_NOT_FOUND" || code === "SESSION_ARCHIVED";
}

/**
 * Removes files that killed processes left: temporary files, and locks of sessions that are at
 * rest. Removes only what is proved to be of a dead process. Never throws.
 */
export async function removeLeftovers(context: StoreContext): Promise<void> {
  const { folder, files } = context;
  try {
    for (const path of [folder.path, files.archive.path, files.deleted.path]) {
      await inSlices(await folder.fs.list(path), (name) => {
        if (!name.endsWith(".tmp")) return;
        if (isLeftover(folder.fs, join(path, name))) unlinkQuietly(folder.fs, join(path, name));
      });
    }
    await inSlices(await folder.fs.list(folder.path), (name) =>
      LOCK.test(name) ? removeLock(context, name).catch(() => {}) : undefined,
    );
    await removeSockets(context);
    await removeOrphanedBlobs(context);
  } catch (error) {
    context.onFailure(error, "remove leftovers");
  }
}

const LOCK = /^([A-Za-z0-9_-]{1,128})\.lock(\.[0-9a-f-]{36}|\.unreadable)?$/;

/** Removes the lock of a dead process by acquiring it. Rejects if somebody else acquires it. */
async function removeLock({ folder, writers }: StoreContext, name: string): Promise<void> {
  const [, sessionId = "", claim] = LOCK.exec(name) ?? [];
  const path = join(folder.path, name);
  const owner = readOwner(folder.fs, path);
  // After the machine died, the session's next writer renews the epoch: it needs the lock.
  if (!owner || causeOfDeath(folder.fs, path, owner) !== "process died") return;
  const { transcript, journal } = sessionPaths(folder.path, sessionId);
  if (claim !== undefined || !folder.fs.pathStat(transcript)) return folder.locks.acquire(path).release();
  // Its runs are still open: `recover` closes them.
  const live = folder.fs.pathStat(journal);
  if (live && live.size > 0) return;
  // Callers of this store that want to write meanwhile get the same writer. Its end corrects the
  // index, because without the lock no store reads the session again.
  await writers.visit(sessionId);
}

/**
 * Removes the sockets of dead processes that no lock names any more. Until then, a socket proves
 * that the owner of each lock that names it is dead.
 */
async function removeSockets({ folder: { fs, path } }: StoreContext): Promise<void> {
  const sockets = (await fs.list(path)).filter(isLockSocket);
  const dead = sockets.filter((name) => isListening(fs, join(path, name), name) === false);
  if (dead.length === 0) return;
  // The dead make no more locks, so that this look at the locks is the last one.
  const locks = (await fs.list(path)).filter((name) => /\.lock(\.|$)/.test(name));
  const used = new Set(locks.map((name) => readOwner(fs, join(path, name))?.socket));
  for (const name of dead) if (!used.has(name)) unlinkQuietly(fs, join(path, name));
}

/**
 * Removes the blobs of sessions that do not exist. A process that died before a session's first
 * line leaves such blobs, and so does the removal of a deleted session.
 */
export async function removeOrphanedBlobs(context: StoreContext): Promise<void> {
  const { folder } = context;
  for (const name of await folder.fs.list(join(folder.path, BLOBS_FOLDER))) {
    if (isSessionId(name)) await removeIfOrphaned(context, name);
  }
}

/** Removes the blobs of a session, and their mark, unless it has files or somebody creates it. */
async function removeIfOrphaned(context: StoreContext, sessionId: string): Promise<void> {
  const { folder, writers } = context;
  if (writers.has(sessionId) || (await exists(context, sessionId))) return;
  const paths = sessionPaths(folder.path, sessionId);
  let lock: ReturnType<typeof lockSession>;
  try {
    // The creator of a session holds its lock before the first blob.
    lock = lockSession(folder, paths);
  } catch {
    return;
  }
  try {
    if (await exists(context, sessionId)) return;
    await new BlobFolder(folder.fs, folder.path, sessionId).discard();
    // The mark of the first blob, without an event.
    if (folder.fs.pathStat(paths.journal)?.size === 0) unlinkQuietly(folder.fs, paths.journal);
  } finally {
    lock.release();
  }
}

async function exists({ files }: StoreContext, sessionId: string): Promise<boolean> {
  return Boolean((await files.locate(sessionId)) ?? (await files.deleted.find(sessionId)));
}
