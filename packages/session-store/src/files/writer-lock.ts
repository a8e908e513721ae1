import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { isMainThread } from "node:worker_threads";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { isSystemError, reason, StoreError, type StoreErrorCode } from "../model/errors.ts";
import { type FileStat, type FileSystem, makeFolder, nodeFileSystem, openFlags } from "./file-system.ts";
import {
  causeOfDeath,
  describeSelf,
  type LockOwner,
  needsSocket,
  readOwner,
  type Takeover,
} from "./lock-owner.ts";
import { type LockSocket, listenBeside } from "./lock-socket.ts";
import { NO_HARD_LINKS } from "./move-file.ts";
import { unlinkQuietly, writeWhole } from "./small-file.ts";
import { temporaryName } from "./temporary-file.ts";

export type { Takeover } from "./lock-owner.ts";

export interface WriterLock {
  readonly takeover: Takeover;
  /** Returns true while the lock file is still this one. */
  isHeld(): boolean;
  /** Releases the lock, if it is still held. Never throws. */
  release(): void;
}

/** The error of a lock that is held. */
interface LockedAs {
  code: StoreErrorCode;
  what: string;
}

const sessionLocked: LockedAs = { code: "SESSION_LOCKED", what: "The session is locked" };

// A lock that is not made by a link is empty for some microseconds.
const READ_AGAIN = 20;
const READ_AGAIN_MS = 2;

/** The locks of one store. */
export class WriterLocks {
  readonly #fs: FileSystem;
  /** Tokens of locks that were released, but whose files could not be removed then. */
  readonly #abandoned = new Set<string>();

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  /**
   * Acquires the lock at a path, at once or not at all.
   *
   * The file is complete the moment it exists. A dead owner is recognized by evidence, never by a
   * clock. A takeover first locks the dead owner's token in the same way. Of two processes that
   * find the same dead lock, only one replaces it.
   *
   * @throws StoreError `SESSION_LOCKED`, or the code of `lockedAs`, unless the owner is proved to
   * be dead; `WRITE_FAILED`
   */
  acquire(path: string, lockedAs = sessionLocked): WriterLock {
    try {
      return this.#acquire(path, { claimed: path, lockedAs });
    } catch (cause) {
      if (StoreError.is(cause)) throw cause;
      throw new StoreError("WRITE_FAILED", `Cannot lock ${path}: ${reason(cause)}.`, { cause });
    }
  }

  /** `claimed` is the lock that a takeover claims. Its claims have names of one length. */
  #acquire(path: string, { claimed, lockedAs }: { claimed: string; lockedAs: LockedAs }): WriterLock {
    const fs = this.#fs;
    for (;;) {
      const created = createLock(fs, path, { replace: false });
      if (created) return this.#toLock(path, created, "none");
      const holder = readWholeOwner(fs, path);
      if (!holder) continue; // released meanwhile
      const dead = this.#abandoned.has(holder.token) ? "process died" : causeOfDeath(fs, path, holder);
      if (!dead) throw lockedBy(holder, path, lockedAs);
      const claim = this.#acquire(`${claimed}.${holder.token}`, { claimed, lockedAs });
      try {
        if (readOwner(fs, path)?.token !== holder.token) continue; // taken over before the claim
        const replacing = createLock(fs, path, { replace: true });
        if (!replacing) continue;
        return this.#toLock(path, replacing, dead);
      } finally {
        claim.release();
      }
    }
  }

  #toLock(path: string, { token, fd, socket }: CreatedLock, takeover: Takeover): WriterLock {
    const fs = this.#fs;
    // Called many times a second. Only a file that is not the last one is read.
    let seen: FileStat | undefined;
    const isHeld = () => {
      const stat = fs.pathStat(path);
      if (seen && stat && isSameFile(seen, stat)) return true;
      if (readOwner(fs, path)?.token !== token) return false;
      seen = stat;
      return true;
    };
    let isReleased = false;
    return {
      takeover,
      isHeld,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        try {
          if (isHeld()) fs.unlink(path);
        } catch {
          this.#abandoned.add(token); // the next acquire of this store takes it over
        }
        if (fd !== undefined) fs.close(fd);
        socket?.stop();
      },
    };
  }
}

interface CreatedLock {
  readonly token: string;
  /** The open lock file of a worker thread. */
  readonly fd?: number | undefined;
  /** The socket of a process in a container. */
  readonly socket: LockSocket | undefined;
}

/**
 * Makes a file that is complete the moment its name exists. Returns `undefined` if the name is
 * taken.
 */
function createLock(
  fs: FileSystem,
  path: string,
  { replace }: { replace: boolean },
): CreatedLock | undefined {
  const temporary = temporaryName(path);
  const socket = needsSocket() ? listenBeside(fs, path) : undefined;
  const fd = fs.open(temporary, openFlags.create);
  let created: CreatedLock | undefined;
  try {
    const owner = describeSelf(fs, path, { fd, ...(socket && { socket: socket.name }) });
    const text = `${JSON.stringify(owner)}\n`;
    writeWhole(fs, fd, text);
    if (publish(fs, { temporary, path, text, replace })) {
      created = { token: owner.token, fd: isMainThread ? undefined : fd, socket };
    }
    return created;
  } finally {
    if (created?.fd === undefined) fs.close(fd);
    unlinkQuietly(fs, temporary);
    if (!created) socket?.stop();
  }
}

/** Renames or links a complete file. Returns false if the name exists. */
function publish(
  fs: FileSystem,
  { temporary, path, text, replace }: { temporary: string; path: string; text: string; replace: boolean },
): boolean {
  if (replace) {
    fs.rename(temporary, path);
    return true;
  }
  try {
    fs.link(temporary, path);
    return true;
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    if (!isSystemError(error, ...NO_HARD_LINKS)) throw error;
    return createWithoutLink(fs, path, text);
  }
}

/** For file systems without hard links, such as some shared folders and Android's. */
function createWithoutLink(fs: FileSystem, path: string, text: string): boolean {
  let fd: number;
  try {
    fd = fs.open(path, openFlags.create);
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    throw error;
  }
  try {
    writeWhole(fs, fd, text);
    return true;
  } catch (error) {
    unlinkQuietly(fs, path);
    throw error;
  } finally {
    fs.close(fd);
  }
}

/** Reads a lock. Waits for one that has no text yet. */
function readWholeOwner(fs: FileSystem, path: string): LockOwner | undefined {
  for (let attempt = 1; ; attempt += 1) {
    const stat = fs.pathStat(path);
    if (stat?.size !== 0 || !stat.isFile || attempt === READ_AGAIN) return readOwner(fs, path);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, READ_AGAIN_MS);
  }
}

/** A file that replaced another has another inode, or was written later. */
function isSameFile(one: FileStat, other: FileStat): boolean {
  return one.ino === other.ino && one.dev === other.dev && one.mtimeMs === other.mtimeMs;
}

function lockedBy({ pid, host }: LockOwner, path: string, { code, what }: LockedAs): StoreError {
  const where = host === hostname() ? "" : ` on ${host}`;
  const hint = where && ` If that machine or container is gone for good, delete ${path}.`;
  return new StoreError(code, `${what} by process ${pid}${where}. Retry when it has ended.${hint}`);
}

/** The lock of a folder. */
export interface FolderLock {
  /** Releases the folder. Idempotent. A process that dies releases its folders. */
  release(): void;
}

/**
 * Locks a folder, such as an app's data directory, for this process alone. Creates it if it does
 * not exist.
 *
 * A store needs no such lock, because it locks each session that it writes. The lock is for apps of
 * which only one may use a folder. A dead owner is replaced at once, by the same evidence as with
 * sessions.
 *
 * @throws StoreError `FOLDER_LOCKED`, with the owner's pid, while another process holds it;
 * `WRITE_FAILED`
 */
export function lockFolder(folder: string): FolderLock {
  if (typeof folder !== "string" || folder === "" || folder.includes("\0")) {
    throw new StoreError(
      "INVALID_OPTION",
      mustBe("folder", "a string that is not empty, without NUL", folder),
    );
  }
  const path = resolve(folder);
  try {
    makeFolder(path);
  } catch (cause) {
    throw new StoreError("WRITE_FAILED", `Cannot create the folder ${path}: ${reason(cause)}.`, { cause });
  }
  const lock = new WriterLocks(nodeFileSystem).acquire(join(path, "owner.lock"), {
    code: "FOLDER_LOCKED",
    what: `The folder ${path} is in use`,
  });
  return { release: () => lock.release() };
}
