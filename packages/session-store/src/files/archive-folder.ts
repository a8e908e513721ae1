import { join } from "node:path";
import { isSystemError } from "../model/errors.ts";
import { isSessionId } from "../model/names.ts";
import type { FileStat, FileSystem } from "./file-system.ts";
import { moveFile } from "./move-file.ts";
import type { SessionLocation } from "./session-paths.ts";
import { unlinkQuietly } from "./small-file.ts";

const FILE_NAME = /^([A-Za-z0-9_-]{1,128})\.(\d{1,16})\.jsonl$/;
// Two changes within a tick of the file system's clock leave the same time: 4 ms on Linux, 16 ms on
// Windows.
const CLOCK_TICK_MS = 20;
// The greatest time of a Date.
const MAX_TIME = 8.64e15;

/** A session's files in an archive folder. */
export interface ArchivedFiles extends SessionLocation {
  readonly sessionId: string;
  /** The time of the move, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * A folder for sessions that are archived or deleted. Its files are called
 * `<sessionId>.<ms>.jsonl`.
 *
 * Remembers the names, so that a lookup does not read the whole folder. A remembered name is
 * checked. For an unknown name the folder is read again, unless nothing has changed there.
 */
export class ArchiveFolder {
  readonly path: string;
  readonly #fs: FileSystem;
  #names = new Map<string, number>();
  /** The time of the newest move that was seen. */
  #newestAt = 0;
  /** The stamp of the folder when `#names` was read. */
  #stamp: string | undefined;

  constructor(fs: FileSystem, folder: string, name: "archive" | "deleted") {
    this.#fs = fs;
    this.path = join(folder, name);
  }

  /** Identifies the state of the folder. It changes when a file comes or goes. */
  stamp(): string {
    return stampFolder(this.#fs, this.path);
  }

  /** Returns the time of the last change in the folder; `undefined` if there is no folder. */
  changedAt(): number | undefined {
    return statFolder(this.#fs, this.path)?.mtimeMs;
  }

  /** Returns all sessions in the folder, by their newest files. */
  async list(): Promise<ArchivedFiles[]> {
    await this.#refresh();
    return [...this.#names].map(([sessionId, at]) => this.#filesOf(sessionId, at));
  }

  /** Returns the sessions that came after a time. Mostly there are none, and that costs no scan. */
  async listAfter(time: number): Promise<ArchivedFiles[]> {
    await this.#refresh();
    return this.#newestAt > time ? (await this.list()).filter(({ at }) => at > time) : [];
  }

  /** Returns the newest files of a session. */
  async find(sessionId: string): Promise<ArchivedFiles | undefined> {
    const at = this.#names.get(sessionId);
    const remembered = at === undefined ? undefined : this.#filesOf(sessionId, at);
    if (remembered && this.#fs.pathStat(remembered.transcript)) return remembered;
    await this.#refresh();
    const found = this.#names.get(sessionId);
    return found === undefined ? undefined : this.#filesOf(sessionId, found);
  }

  /**
   * Moves a session's files into the folder. The time of the move is not before the session's time
   * of creation, although a clock may have been put back.
   */
  moveIn(sessionId: string, from: SessionLocation, createdAt = 0): void {
    this.#fs.makeDirectory(this.path);
    // No number of a file name has more digits.
    for (let at = Math.max(Date.now(), Math.min(createdAt, MAX_TIME)); ; at += 1) {
      const to = this.#filesOf(sessionId, at);
      try {
        moveFile(this.#fs, from.transcript, to.transcript);
      } catch (error) {
        if (isSystemError(error, "EEXIST")) continue;
        throw error;
      }
      this.#moveCache(from.meta, to.meta);
      this.#remember(sessionId, at);
      return;
    }
  }

  /** Returns the time of a session's move into the folder, as far as it is known. */
  timeOf(sessionId: string): number | undefined {
    return this.#names.get(sessionId);
  }

  /** Moves a session's files out of the folder. Throws `EEXIST` if a file is in the way. */
  moveOut(from: ArchivedFiles, to: SessionLocation): void {
    moveFile(this.#fs, from.transcript, to.transcript);
    this.#moveCache(from.meta, to.meta);
    this.#names.delete(from.sessionId);
    this.#stamp = undefined; // there may be older files of the session
  }

  /** Removes a session's files for good. */
  discard({ sessionId, transcript, meta }: ArchivedFiles): void {
    unlinkQuietly(this.#fs, transcript);
    unlinkQuietly(this.#fs, meta);
    this.#names.delete(sessionId);
    this.#stamp = undefined;
  }

  async #refresh(): Promise<void> {
    const stamp = this.stamp();
    if (stamp === this.#stamp) return;
    const found = await this.#fs.list(this.path);
    this.#names = new Map();
    for (const name of found) {
      const [, sessionId = "", ms = ""] = FILE_NAME.exec(name) ?? [];
      if (isSessionId(sessionId)) this.#remember(sessionId, Number(ms));
    }
    this.#stamp = isSettled(stamp) && this.stamp() === stamp ? stamp : undefined;
  }

  #remember(sessionId: string, at: number): void {
    if (at < (this.#names.get(sessionId) ?? 0)) return;
    this.#names.set(sessionId, at);
    this.#newestAt = Math.max(this.#newestAt, at);
  }

  /** The cache may be missing, or be no file. */
  #moveCache(from: string, to: string): void {
    try {
      this.#fs.rename(from, to);
    } catch {
      unlinkQuietly(this.#fs, from);
    }
  }

  #filesOf(sessionId: string, at: number): ArchivedFiles {
    const base = join(this.path, `${sessionId}.${at}`);
    return { sessionId, at, transcript: `${base}.jsonl`, meta: `${base}.meta.json` };
  }
}

/** Identifies the state of a folder. It changes whenever a file is made, moved or removed there. */
export function stampFolder(fs: FileSystem, path: string): string {
  const stat = statFolder(fs, path);
  return stat ? `${stat.dev}:${stat.ino}:${stat.mtimeMs}` : "none";
}

/** Identifies a folder, whatever is in it. A copy has another identity. */
export function identifyFolder(fs: FileSystem, path: string): string | undefined {
  const stat = statFolder(fs, path);
  return stat && `${stat.dev}:${stat.ino}`;
}

/** Returns true if a change after the stamp would have another time. */
export function isSettled(stamp: string): boolean {
  return stamp === "none" || Date.now() - Number(stamp.split(":")[2]) > CLOCK_TICK_MS;
}

/** Returns `undefined` if there is no folder, or its state cannot be read. */
function statFolder(fs: FileSystem, path: string): FileStat | undefined {
  try {
    // With the dot, a link to a folder is followed.
    return fs.pathStat(`${path}/.`);
  } catch {
    return undefined;
  }
}
