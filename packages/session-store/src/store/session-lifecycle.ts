import { join } from "node:path";
import type { SessionMeta } from "@mini-openclaw/protocol";
import type { ArchivedFiles, ArchiveFolder } from "../files/archive-folder.ts";
import type { FileSystem } from "../files/file-system.ts";
import { sessionPaths } from "../files/session-paths.ts";
import { createSmallFile, readCache, unlinkQuietly } from "../files/small-file.ts";
import { temporaryName } from "../files/temporary-file.ts";
import { copyMeta } from "../format/summary.ts";
import { isSystemError, StoreError } from "../model/errors.ts";
import { busy, notFound } from "../model/session-errors.ts";
import type { SessionWriter } from "../writer/session-writer.ts";
import { removeOrphanedBlobs } from "./recover-sessions.ts";
import { announced, type StoreContext, writeSession } from "./store-context.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
// Long enough to notice a mistake.
const KEEP_MS = 7 * DAY_MS;
// A list of so many costs half a millisecond for each delete.
const MANY_DELETED = 500;
// Seven days and a minute are as good as seven days.
const PURGE_EVERY_MS = 60_000;
// More than any correction of a correct clock.
const MAX_DRIFT_MS = 60 * 60 * 1_000;

const started = { wall: Date.now(), steady: performance.now() };

/**
 * Marks a session as archived, then moves it. The mark is the truth: a crash in between loses
 * nothing.
 */
export async function archiveSession(context: StoreContext, sessionId: string): Promise<SessionMeta> {
  const { writer, meta } = await writeSession(context, sessionId, async (held) => {
    assertAtRest(held);
    await held.record([{ type: "session_updated", archived: true, timestamp: Date.now() }]);
    return { writer: held, meta: held.meta };
  });
  await closeAndMove(context, writer, context.files.archive);
  return meta;
}

export async function unarchiveSession(context: StoreContext, sessionId: string): Promise<SessionMeta> {
  const { folder, files } = context;
  const archived = await files.archive.find(sessionId);
  if (archived) {
    await files.assertOwn(archived);
    moveBack(files.archive, archived, sessionPaths(folder.path, sessionId).transcript, folder.path);
    await syncMove(context, files.archive.path, folder.path);
  }
  return context.writers.use(sessionId, async (writer) => {
    if (!writer.isArchived) return writer.meta;
    const { archived: _, ...open } = writer.meta;
    await announced(context, open, () =>
      writer.record([{ type: "session_updated", archived: false, timestamp: Date.now() }]),
    );
    return writer.meta;
  });
}

/** Moves a session to `deleted/`. Removes sessions for good that are there for 7 days. */
export async function deleteSession(context: StoreContext, sessionId: string): Promise<void> {
  const { folder, files, unsaved, index } = context;
  const changedAt = files.deleted.changedAt();
  while (!(await moveToDeleted(context, sessionId))); // until nobody moves it meanwhile
  unsaved.delete(sessionId);
  index.delete(sessionId);
  // The session is deleted. Removing others for good can wait.
  try {
    const isPurged = await purgeDeleted(folder.fs, files.deleted, { changedAt });
    if (isPurged) await removeOrphanedBlobs(context);
  } catch (error) {
    context.onFailure(error, "purge deleted sessions");
  }
}

/** Returns false if somebody else moved the session between the look at it and the move. */
async function moveToDeleted(context: StoreContext, sessionId: string): Promise<boolean> {
  const { folder, files, writers, unsaved } = context;
  const location = await files.locate(sessionId);
  const isNew = !location && unsaved.get(sessionId) !== undefined;
  if (!location && !isNew) throw notFound(sessionId);
  if (location && location.transcript !== sessionPaths(folder.path, sessionId).transcript) {
    await files.assertOwn(location);
    try {
      files.deleted.moveIn(sessionId, location, files.archive.timeOf(sessionId));
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return false;
      throw error;
    }
    await syncMove(context, files.archive.path, files.deleted.path);
    return true;
  }
  const writer = await writers.use(sessionId, (held) => {
    assertAtRest(held);
    return held;
  });
  await closeAndMove(context, writer, isNew ? undefined : files.deleted);
  return true;
}

export async function undeleteSession(context: StoreContext, sessionId: string): Promise<SessionMeta> {
  const { folder, files, index } = context;
  const deleted = await files.deleted.find(sessionId);
  if (!deleted) throw notFound(sessionId);
  if (await files.archive.find(sessionId)) throw exists(sessionId, files.archive.path);
  const move = async () => {
    moveBack(files.deleted, deleted, sessionPaths(folder.path, sessionId).transcript, folder.path);
    await syncMove(context, files.deleted.path, folder.path);
    const meta = await files.meta(sessionId);
    if (!meta) throw notFound(sessionId);
    return meta;
  };
  // A session that cannot be read has no line in the index.
  const before = await files.deletedSummary(sessionId).catch(() => undefined);
  const meta = await (before ? announced(context, before.meta, move) : move());
  index.save(meta);
  return copyMeta(meta);
}

/** Moves files back. @throws StoreError `SESSION_EXISTS` rather than overwrite a file */
function moveBack(
  from: ArchiveFolder,
  files: Parameters<ArchiveFolder["moveOut"]>[0],
  transcript: string,
  folder: string,
): void {
  try {
    from.moveOut(files, sessionPaths(folder, files.sessionId));
  } catch (error) {
    if (isSystemError(error, "EEXIST")) throw exists(files.sessionId, transcript);
    // Somebody else moved it meanwhile.
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}

/** Closes the session's writer. Moves its files before another writer can open them. */
async function closeAndMove(
  context: StoreContext,
  writer: SessionWriter,
  to: ArchiveFolder | undefined,
): Promise<void> {
  const { writers, folder } = context;
  const { sessionId } = writer;
  const { path } = folder;
  if (!writers.isOpen(sessionId, writer)) {
    throw new StoreError("SESSION_BUSY", `Session ${sessionId} is being moved. Retry when that has ended.`);
  }
  assertAtRest(writer);
  const { createdAt } = writer.meta;
  await writers.close(sessionId, writer, () =>
    to?.moveIn(sessionId, sessionPaths(path, sessionId), Math.ceil(createdAt)),
  );
  if (to) await syncMove(context, path, to.path);
}

/**
 * Resolves when a move survives a power failure, with `disk`. The new name comes first, so that
 * there is always one.
 */
async function syncMove({ folder }: StoreContext, from: string, to: string): Promise<void> {
  if (folder.durability !== "disk") return;
  await folder.fs.syncDirectory(to);
  await folder.fs.syncDirectory(from);
}

function assertAtRest(writer: SessionWriter): void {
  if (!writer.isBusy) return;
  throw busy(writer.sessionId);
}

function exists(sessionId: string, path: string): StoreError {
  return new StoreError(
    "SESSION_EXISTS",
    `Session ${sessionId} exists already. Move ${path} elsewhere first.`,
  );
}

/**
 * Removes sessions for good 7 days after they were deleted. `changedAt` is the time of the last
 * change in the folder.
 *
 * A clock that jumps must remove nothing. Nothing is removed while the clock differs from the one
 * at the start of this process. A jump between two processes looks like a long pause, so after a
 * pause purging waits a day. Returns true if it removed sessions.
 */
async function purgeDeleted(
  fs: FileSystem,
  deleted: ArchiveFolder,
  { changedAt }: { changedAt: number | undefined },
): Promise<boolean> {
  const now = Date.now();
  const drift = now - started.wall - (performance.now() - started.steady);
  if (Math.abs(drift) > MAX_DRIFT_MS) return false;
  const old = (await listDeleted(deleted, now)).filter(({ at }) => at < now - KEEP_MS);
  if (old.length === 0 || isAfterPause(fs, join(deleted.path, "pause.json"), { now, changedAt }))
    return false;
  for (const files of old) deleted.discard(files);
  return true;
}

/** The last looks at folders with many sessions. */
const looks = new WeakMap<ArchiveFolder, number>();

/** Lists the deleted sessions; none if there are many and the last look was a moment ago. */
async function listDeleted(deleted: ArchiveFolder, now: number): Promise<ArchivedFiles[]> {
  const sinceMs = now - (looks.get(deleted) ?? Number.NEGATIVE_INFINITY);
  if (sinceMs >= 0 && sinceMs < PURGE_EVERY_MS) return [];
  const all = await deleted.list();
  if (all.length > MANY_DELETED) looks.set(deleted, now);
  return all;
}

/** Returns true for a day after a pause. Saves the pause in a file for the next process. */
function isAfterPause(
  fs: FileSystem,
  path: string,
  { now, changedAt = now }: { now: number; changedAt: number | undefined },
): boolean {
  const since = readCache(fs, path)?.["since"];
  // A pause that begins in the future was saved by a wrong clock.
  const isKnown = typeof since === "number" && since <= now;
  if (isKnown && now - since < DAY_MS) return true;
  if (isKnown || typeof since === "number") unlinkQuietly(fs, path);
  if (isKnown || now - changedAt < DAY_MS) return false;
  const temporary = temporaryName(path);
  createSmallFile(fs, path, `${JSON.stringify({ since: now })}\n`, { temporary, replace: true });
  return true;
}
