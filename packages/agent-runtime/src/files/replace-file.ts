import { randomUUID } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import type { OpenedPath } from "./open-beneath.ts";
import { outsideWorkspace, PathError } from "./path-error.ts";

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/**
 * Replaces all that a file holds, or makes the file. A failure, and a process that is killed, leave
 * the old file.
 *
 * The bytes are written beside it, flushed to the disk and renamed over it, so that readers meet
 * the old file or the new one, after a power failure too. Mode and owner are kept. A file with more
 * than one name, or one that cannot be replaced, is overwritten: then a failure brings the old
 * bytes back, but a kill may leave a mixture.
 *
 * @throws PathError with `unlessChanged`, if the file has changed since it was opened
 */
export async function replaceFile(
  opened: OpenedPath,
  bytes: Buffer,
  { unlessChanged = false } = {},
): Promise<void> {
  const { file, stats, folder, name } = opened;
  const path = join(folder, name);
  const beside = join(folder, `.${randomUUID()}.tmp`);
  const isReplaceable = stats === undefined || stats.nlink === 1;
  let isRenamed = false;
  try {
    // Also for a file that is overwritten: a lack of room shows before its bytes are touched.
    const written = await writeBeside(beside, folder, bytes, stats).catch((error: unknown) => {
      if (file && isForbidden(error)) return false;
      throw error;
    });
    await inTurn(stats, async () => {
      if (unlessChanged && stats) await assertUnchanged(path, stats);
      isRenamed = written && isReplaceable && (await renameOver(beside, path, file !== undefined));
      if (!file || isRenamed) return;
      // Its room on the disk may be needed.
      await rm(beside, { force: true });
      await overwrite(file, bytes);
    });
  } finally {
    if (!isRenamed) await rm(beside, { force: true }).catch(() => {});
  }
}

/**
 * Closes a file that was opened to be replaced, in the background: with its last descriptor the
 * system frees the old bytes, which takes longer than to read them.
 */
export function closeReplaced(opened: OpenedPath): void {
  opened.close().catch(() => {});
}

/**
 * The last replacement of each file, so that no other one comes between its check and its rename.
 */
const turns = new Map<string, Promise<void>>();

async function inTurn(stats: Stats | undefined, replace: () => Promise<void>): Promise<void> {
  if (!stats) return replace();
  const key = `${stats.dev}:${stats.ino}`;
  const turn = (turns.get(key) ?? Promise.resolve()).then(replace);
  const ended = turn.catch(() => {});
  turns.set(key, ended);
  try {
    await turn;
  } finally {
    if (turns.get(key) === ended) turns.delete(key);
  }
}

/** Returns whether the new file could have the old one's owner. */
async function writeBeside(
  path: string,
  folder: string,
  bytes: Buffer,
  old: Stats | undefined,
): Promise<boolean> {
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, old ? 0o600 : 0o644);
  try {
    await checkFolder(path, folder, file);
    const [now] = await Promise.all([old && file.stat(), writeWhole(file, bytes)]);
    if (old && now && (now.uid !== old.uid || now.gid !== old.gid)) await file.chown(old.uid, old.gid);
    // The mode comes last, because a write and a new owner clear the bit that sets the user of a
    // program. It is no part of what `fdatasync` flushes, nor are the times of the file.
    await Promise.all([old && file.chmod(old.mode & 0o7777), file.datasync()]);
    return true;
  } finally {
    await file.close();
  }
}

/** Requires that a path still has the file, and the bytes, that it had when it was opened. */
async function assertUnchanged(path: string, old: Stats): Promise<void> {
  const now = await lstat(path).catch(() => undefined);
  const isSameFile = now?.ino === old.ino && now.dev === old.dev;
  if (isSameFile && now.size === old.size && now.mtimeMs === old.mtimeMs) return;
  const advice = "Nothing was written. Read the file again.";
  throw new PathError(`${basename(path)} was changed by another program meanwhile. ${advice}`);
}

/**
 * Where the folder is named by its path, it may have been swapped for a link: then nothing is
 * written.
 */
async function checkFolder(path: string, folder: string, file: FileHandle): Promise<void> {
  if (folder.startsWith("/proc/self/fd/")) return;
  const [real, opened, standing] = await Promise.all([realpath(folder), file.stat(), stat(path)]);
  const isSame = real === folder && opened.ino === standing.ino && opened.dev === standing.dev;
  if (!isSame) throw outsideWorkspace(path);
}

/**
 * Returns whether the system lets a file be replaced. It does not where the file is a mount of its
 * own.
 */
async function renameOver(from: string, to: string, mayOverwrite: boolean): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (mayOverwrite && isForbidden(error)) return false;
    throw error;
  }
}

function isForbidden(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV"].includes(code);
}

/**
 * Writes over the old bytes, and puts them back if that fails: their room on the disk is still the
 * file's.
 */
async function overwrite(file: FileHandle, bytes: Buffer): Promise<void> {
  const { size } = await file.stat();
  const old = await readAll(file, size);
  try {
    await writeAll(file, bytes);
  } catch (error) {
    await writeAll(file, old);
    throw error;
  }
}

/** Writes all bytes from the start. `writeFile` of a handle writes 512 KiB at a time. */
async function writeWhole(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, written);
    written += bytesWritten;
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  await writeWhole(file, bytes);
  await file.truncate(bytes.length);
  await file.sync();
}

/** Reads so many bytes of a file from its start, wherever the handle stands, or all it has. */
export async function readAll(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await file.read(bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
