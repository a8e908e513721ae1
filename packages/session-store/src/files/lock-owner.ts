import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { isSystemError } from "../model/errors.ts";
import type { FileSystem } from "./file-system.ts";
import { isListening } from "./lock-socket.ts";
import { readSmallJson } from "./small-file.ts";

/** The owner of a lock, with the evidence of its life. */
export interface LockOwner {
  /** Names this one lock. */
  readonly token: string;
  readonly pid: number;
  /**
   * The start of the process in clock ticks. It differs for a later process of the same pid.
   */
  readonly startTime: string;
  /** Names this start of the machine. */
  readonly bootId: string;
  readonly host: string;
  /** A pid means something only in its own namespace. */
  readonly pidNamespace: string;
  /**
   * The inode of the folder that the lock was made in. A lock that was copied elsewhere locks
   * nothing.
   */
  readonly folder: string;
  /** The path of that folder, without links. */
  readonly path: string;
  /** The inode of the lock file itself. */
  readonly file: string;
  /**
   * A descriptor that a worker thread keeps open on the lock file. Node.js closes it when the
   * thread ends.
   */
  readonly fd?: number;
  /** A socket beside the lock on which the owner listens: evidence for other pid namespaces. */
  readonly socket?: string;
}

/** The reason for which a lock was taken over from a dead owner. */
export type Takeover = "none" | "process died" | "machine died";

const LINUX_ROOT_NAMESPACE = "pid:[4026531836]";

/**
 * Facts about this process that do not change. A fact is empty where the system does not provide
 * it.
 */
const self = {
  bootId: "",
  pidNamespace: "",
  startTime: "",
};

function refreshSelf(): typeof self {
  // A read fails when no descriptor is left, and that must not become a fact.
  self.bootId ||= orEmpty(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  self.pidNamespace ||= orEmpty(() => readlinkSync("/proc/self/ns/pid"));
  self.startTime ||= statOf(process.pid)?.startTime ?? "";
  return self;
}

/** Describes this process, or this worker thread, as the owner of a lock at `path`. */
export function describeSelf(fs: FileSystem, path: string, lock: { fd: number; socket?: string }): LockOwner {
  const { bootId, pidNamespace, startTime } = refreshSelf();
  return {
    token: randomUUID(),
    pid: process.pid,
    startTime,
    bootId,
    host: hostname(),
    pidNamespace,
    ...placeOf(fs, path),
    file: String(fs.fileStat(lock.fd).ino),
    ...(!isMainThread && { fd: lock.fd }),
    ...(lock.socket !== undefined && { socket: lock.socket }),
  };
}

/** Returns true in a container: processes outside of it cannot see this one's pid. */
export function needsSocket(): boolean {
  const { pidNamespace } = refreshSelf();
  return pidNamespace !== "" && pidNamespace !== LINUX_ROOT_NAMESPACE;
}

/**
 * Returns the owner in a lock file; `undefined` if there is no lock. A file that is no lock, such
 * as one that a power failure left empty, has a dead owner.
 */
export function readOwner(fs: FileSystem, path: string): LockOwner | undefined {
  const value = readSmallJson(fs, path);
  if (!value && !fs.pathStat(path)) return undefined;
  const text = (field: string) => (typeof value?.[field] === "string" ? value[field] : "");
  const number = (field: string) => (typeof value?.[field] === "number" ? value[field] : undefined);
  const token = /^[0-9a-f-]{36}$/.test(text("token")) ? text("token") : UNREADABLE;
  const fd = number("fd");
  const socket = text("socket");
  return {
    token,
    pid: number("pid") ?? 0,
    startTime: text("startTime"),
    bootId: text("bootId"),
    host: text("host"),
    pidNamespace: text("pidNamespace"),
    folder: text("folder"),
    path: text("path"),
    file: text("file"),
    ...(fd !== undefined && { fd }),
    ...(/^[\w.-]{1,64}$/.test(socket) && { socket }),
  };
}

const UNREADABLE = "unreadable";

/**
 * Returns how the owner of a lock died; `undefined` unless that is proved. A look that fails proves
 * nothing, and neither does a clock.
 */
export function causeOfDeath(
  fs: FileSystem,
  path: string,
  holder: LockOwner,
): Exclude<Takeover, "none"> | undefined {
  if (holder.token === UNREADABLE || holder.pid === 0) return "process died";
  const { bootId, pidNamespace, startTime } = refreshSelf();
  const isSameBoot = holder.bootId !== "" && holder.bootId === bootId;
  // A folder is on one machine, so that another start of it is a later one.
  if (holder.bootId !== "" && bootId !== "" && !isSameBoot) return "machine died";
  if (isCopy(fs, path, holder)) return "process died";
  if (holder.pidNamespace !== pidNamespace)
    return socketRefuses(fs, path, holder) ? "process died" : undefined;
  // Without a boot id, only the host name differs between two machines.
  if (!isSameBoot && holder.host !== hostname()) return undefined;
  if (isProcessGone(holder)) return "process died";
  const isSelf = holder.pid === process.pid && holder.startTime === startTime;
  return isThreadGone(fs, holder, isSelf) ? "process died" : undefined;
}

/**
 * A copied lock is another file, in another folder, under another path. Each alone has other
 * causes.
 */
function isCopy(fs: FileSystem, path: string, holder: LockOwner): boolean {
  const place = placeOf(fs, path);
  const file = fs.pathStat(path)?.ino;
  if (holder.file === "" || holder.folder === "" || holder.path === "") return false;
  if (file === undefined || place.folder === "" || place.path === "") return false;
  return holder.file !== String(file) && holder.folder !== place.folder && holder.path !== place.path;
}

function placeOf(fs: FileSystem, path: string): { folder: string; path: string } {
  // With the dot, a link to a folder is followed.
  const folder = fs.pathStat(`${dirname(path)}/.`);
  return {
    folder: folder ? `${folder.dev}:${folder.ino}` : "",
    path: orEmpty(() => realpathSync(dirname(path))),
  };
}

function socketRefuses(fs: FileSystem, path: string, { socket, token }: LockOwner): boolean {
  return socket !== undefined && isListening(fs, join(dirname(path), socket), token) === false;
}

/** Returns the name of this start of the machine; empty where the system has none. */
export function currentBoot(): string {
  return refreshSelf().bootId;
}

/** Returns a text that names this process in the name of a file. */
export function tagProcess(): string {
  const { bootId, pidNamespace, startTime } = refreshSelf();
  return [process.pid, startTime, pidNamespace.replace(/\D/g, ""), bootId.slice(0, 8)].join("-");
}

/** Returns true if the process of a tag is proved to be dead. */
export function isProcessOfTagGone(tag: string): boolean {
  const [pid = "", startTime = "", namespace = "", boot = ""] = tag.split("-");
  const [, , ownNamespace, ownBoot = ""] = tagProcess().split("-");
  if (boot !== ownBoot) return boot !== "" && ownBoot !== "";
  return namespace === ownNamespace && isProcessGone({ pid: Number(pid), startTime });
}

function isProcessGone({ pid, startTime }: Pick<LockOwner, "pid" | "startTime">): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: a process of another user.
    if (isSystemError(error, "ESRCH")) return true;
  }
  const stat = statOf(pid);
  // A zombie has no open file any more.
  if (stat?.state === "Z" || stat?.state === "X") return true;
  return stat !== undefined && stat.startTime !== "" && startTime !== "" && stat.startTime !== startTime;
}

/** A worker thread may end before its process. */
function isThreadGone(fs: FileSystem, { fd, pid, file }: LockOwner, isSelf: boolean): boolean {
  if (fd === undefined || file === "") return false;
  try {
    const held = isSelf ? fs.fileStat(fd).ino : statSync(`/proc/${pid}/fd/${fd}`).ino;
    return String(held) !== file;
  } catch (error) {
    if (isSelf) return isSystemError(error, "EBADF");
    // The folder of descriptors is there, but not this one.
    return isSystemError(error, "ENOENT") && orEmpty(() => String(statSync(`/proc/${pid}/fd`).ino)) !== "";
  }
}

/** Fields of proc(5) stat; `undefined` where it cannot be read. */
function statOf(pid: number): { state: string; startTime: string } | undefined {
  const stat = orEmpty(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  if (stat === "") return undefined;
  // The second field is in brackets and may contain anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTime: fields[19] ?? "" };
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return "";
  }
}
