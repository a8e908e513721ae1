import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { isSystemError, reason, StoreError, type StoreErrorCode } from "./errors.ts";
import type { FileStat, FileSystem } from "./file-system.ts";
import { createSmallFile, readSmallJson } from "./small-file.ts";

/** Who holds a lock, with all that is needed to tell whether it still lives. */
interface LockOwner {
  /** Of this one lock. */
  token: string;
  pid: number;
  /** When the process began, in clock ticks since the machine started; tells it from a later one of the same pid. */
  startTime: string;
  /** Of this start of the machine. */
  bootId: string;
  host: string;
  /** A pid means something only in its own namespace. */
  pidNamespace: string;
  /** The directory the lock was made in; a lock that was copied elsewhere locks nothing. */
  folder: string;
}

/** Why a lock was taken over from a dead owner. */
export type Takeover = "none" | "process died" | "machine died";

export interface WriterLock {
  readonly takeover: Takeover;
  /** Whether the lock file is still this one. */
  isHeld(): boolean;
  /** Gives the lock up, if it is still ours. Never throws. */
  release(): void;
}

/** How a lock that is held is told. */
interface LockedAs {
  code: StoreErrorCode;
  what: string;
}

const sessionLocked: LockedAs = { code: "SESSION_LOCKED", what: "the session is being written" };

/** The locks of one store. */
export class WriterLocks {
  readonly #fs: FileSystem;
  /** Tokens of locks that were given up, but whose files could not be removed then. */
  readonly #abandoned = new Set<string>();

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  /**
   * Takes the lock at a path, at once or not at all.
   *
   * The file is complete the moment it exists. A dead owner is told by evidence, never by a clock: another start of
   * the machine, no such process, or another process under its pid. Who takes over first locks the dead owner's
   * token in the same way, so that of two who see the same dead lock only one replaces it.
   *
   * @throws StoreError `SESSION_LOCKED`, or what `lockedAs` says, if a live process holds it, or one whose life cannot be
   * told from here; `WRITE_FAILED`
   */
  acquire(path: string, lockedAs = sessionLocked): WriterLock {
    try {
      return this.#acquire(path, lockedAs);
    } catch (cause) {
      if (StoreError.is(cause)) throw cause;
      throw new StoreError("WRITE_FAILED", `cannot lock ${path}: ${reason(cause)}`, { cause });
    }
  }

  #acquire(path: string, lockedAs: LockedAs): WriterLock {
    const fs = this.#fs;
    const owner = thisProcess(fs, path);
    for (;;) {
      if (tryCreate(fs, path, owner, { replace: false })) return this.#toLock(path, owner.token, "none");
      const holder = readOwner(fs, path);
      if (!holder) continue; // released meanwhile
      const dead = this.#abandoned.has(holder.token) ? "process died" : causeOfDeath(holder, owner);
      if (!dead) throw lockedBy(holder, path, lockedAs);
      const claim = this.#acquire(`${path}.${holder.token}`, lockedAs);
      try {
        if (readOwner(fs, path)?.token !== holder.token) continue; // taken over before we claimed it
        tryCreate(fs, path, owner, { replace: true });
        return this.#toLock(path, owner.token, dead);
      } finally {
        claim.release();
      }
    }
  }

  #toLock(path: string, token: string, takeover: Takeover): WriterLock {
    const fs = this.#fs;
    // Looked at many times a second: only a file that is not the one seen last is read.
    let seen: FileStat | undefined;
    const isHeld = () => {
      const stat = fs.pathStat(path);
      if (seen && stat && isSameFile(seen, stat)) return true;
      if (readOwner(fs, path)?.token !== token) return false;
      seen = stat;
      return true;
    };
    return {
      takeover,
      isHeld,
      release: () => {
        try {
          if (isHeld()) fs.unlink(path);
        } catch {
          this.#abandoned.add(token); // whoever comes next in this store takes it over
        }
      },
    };
  }
}

/** A file that replaced another is another one, or was written later. */
function isSameFile(one: FileStat, other: FileStat): boolean {
  return one.ino === other.ino && one.dev === other.dev && one.mtimeMs === other.mtimeMs;
}

function tryCreate(
  fs: FileSystem,
  path: string,
  owner: LockOwner,
  { replace }: { replace: boolean },
): boolean {
  const temporary = `${path}.${owner.token}.tmp`;
  try {
    createSmallFile(fs, path, `${JSON.stringify(owner)}\n`, { temporary, replace });
    return true;
  } catch (error) {
    if (isSystemError(error, "EEXIST")) return false;
    throw error;
  }
}

function causeOfDeath(holder: LockOwner, self: LockOwner): Exclude<Takeover, "none"> | undefined {
  if (holder.folder !== self.folder && holder.bootId === self.bootId) return "process died";
  // Another machine, or another container: its processes cannot be seen from here.
  if (holder.host !== self.host) return undefined;
  if (holder.bootId !== self.bootId) return "machine died";
  // The same container, started again.
  if (holder.pidNamespace !== self.pidNamespace) return "process died";
  const startTime = startTimeOf(holder.pid);
  return startTime === undefined || startTime !== holder.startTime ? "process died" : undefined;
}

function lockedBy({ pid, host }: LockOwner, path: string, { code, what }: LockedAs): StoreError {
  const where = host === hostname() ? "" : ` on ${host}`;
  const hint = where && `; if that machine or container is gone for good, delete ${path}`;
  return new StoreError(code, `${what} by process ${pid}${where}${hint}`);
}

/** `undefined` if there is no lock. A file that is no lock, such as one a power failure left empty, has a dead owner. */
function readOwner(fs: FileSystem, path: string): LockOwner | undefined {
  const value = readSmallJson(fs, path);
  if (!value && !fs.pathStat(path)) return undefined;
  const text = (field: string) => (typeof value?.[field] === "string" ? value[field] : "");
  const token = /^[0-9a-f-]{36}$/.test(text("token")) ? text("token") : "unreadable";
  const isLock = token !== "unreadable" && typeof value?.["pid"] === "number";
  return {
    token,
    pid: isLock ? Number(value?.["pid"]) : 0,
    startTime: text("startTime"),
    bootId: text("bootId"),
    host: isLock ? text("host") : hostname(),
    pidNamespace: text("pidNamespace"),
    folder: text("folder"),
  };
}

function thisProcess(fs: FileSystem, path: string): LockOwner {
  const folder = fs.pathStat(dirname(path));
  return {
    token: randomUUID(),
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? "",
    bootId: orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    host: hostname(),
    pidNamespace: orEmpty(() => readlinkSync("/proc/self/ns/pid")),
    folder: folder ? `${folder.dev}:${folder.ino}` : "",
  };
}

/** `undefined` if there is no such process; `""` where the system does not tell when it began. */
function startTimeOf(pid: number): string | undefined {
  try {
    // Field 22 of proc(5) stat; the second field is in brackets and may contain anything.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie holds no file any more.
    return fields[0] === "Z" || fields[0] === "X" ? undefined : (fields[19] ?? "");
  } catch {
    return process.platform === "linux" || !isRunning(pid) ? undefined : "";
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process.
    return isSystemError(error, "EPERM");
  }
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return ""; // not Linux: there the pid alone must do
  }
}
