import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SessionMeta } from "@mini-openclaw/protocol";
import type { FileSystem } from "../files/file-system.ts";
import { inSlices } from "../model/slices.ts";
import type { SessionFiles } from "../transcript/session-files.ts";
import {
  appendToIndex,
  INDEX_NAME,
  type IndexLine,
  readIndex,
  stampFolders,
  toIndexEntry,
  writeIndex,
} from "./index-file.ts";
import { IndexedSessions } from "./indexed-sessions.ts";

// An index of twice the lines that it needs is read in twice the time.
const MAX_STALE_LINES = 1_000;
// Listing the folder of fewer sessions takes less than 50 ms.
const MIN_STAMPED_SESSIONS = 10_000;
// Two changes within a tick of the file system's clock leave the same time: 4 ms on Linux, 16 ms on
// Windows.
const CLOCK_TICK_MS = 20;

/** The progress of reading the index file. */
interface IndexProgress {
  readonly ino: number;
  offset: number;
  lines: number;
  /** The stamp of the last line, if that is one. */
  stamp?: string | undefined;
}

/**
 * The index of all sessions, and of the newest session of each key.
 *
 * The index file is a cache that may be missing or stale. The folder decides. A session with a lock
 * may have been written since its line in the index, so it is read again. A session in another
 * folder than in its line is read again too. The folder is not listed only if a store of many
 * sessions was closed last, and no file came or went since.
 */
export class SessionIndex {
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #files: SessionFiles;
  readonly #onFailure: (error: unknown, during: string) => void;
  readonly #path: string;
  readonly #sessions = new IndexedSessions();
  /** Sessions that this store writes. It knows more about them than the index file. */
  readonly #ahead = new Set<string>();
  #loading: Promise<void> | undefined;
  #read: IndexProgress = { ino: 0, offset: 0, lines: 0 };
  #isStale = false;
  /** True when this store has become a writer. Readers never write. */
  #hasWritten = false;
  #rewriting: Promise<boolean> | undefined;

  constructor(
    fs: FileSystem,
    folder: string,
    { files, onFailure }: { files: SessionFiles; onFailure: (error: unknown, during: string) => void },
  ) {
    this.#fs = fs;
    this.#onFailure = onFailure;
    this.#folder = folder;
    this.#files = files;
    this.#path = join(folder, INDEX_NAME);
  }

  /** Reads new lines, and returns all sessions that have an entry. */
  async sessions(): Promise<IndexedSessions> {
    this.#loading ??= this.#load().catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    await this.#loading;
    // Other processes write into the index too.
    const stat = this.#fs.pathStat(this.#path);
    if (stat && (stat.ino !== this.#read.ino || stat.size > this.#read.offset)) await this.#readLines();
    return this.#sessions;
  }

  /** Updates a session that this store writes. */
  put(meta: SessionMeta): void {
    const known = this.#sessions.get(meta.sessionId);
    // Other stores must learn of a new session, and of one that was moved.
    const isMoved = (known?.archived ?? false) !== (meta.archived ?? false);
    if (known && !isMoved) this.#sessions.update(meta);
    else this.save(meta);
    this.#ahead.add(meta.sessionId);
    if (this.#isStale) this.#rewriting = this.#rewrite();
  }

  /** Updates a session whose transcript differs from the index. */
  correct(sessionId: string, meta: SessionMeta | undefined): void {
    if (this.#ahead.has(sessionId)) return;
    if (meta) this.#sessions.set(toIndexEntry(meta));
    else this.#sessions.remove(sessionId);
    if (!this.#hasWritten) return;
    this.#append(meta ? toIndexEntry(meta) : { sessionId, gone: true });
  }

  /** Updates a session, and appends its line to the index. */
  save(meta: SessionMeta): void {
    this.#hasWritten = true;
    this.#sessions.set(toIndexEntry(meta));
    this.#ahead.delete(meta.sessionId);
    this.#append(toIndexEntry(meta));
  }

  delete(sessionId: string): void {
    this.#sessions.remove(sessionId);
    this.#ahead.delete(sessionId);
    // Other stores may know the session.
    this.#append({ sessionId, gone: true });
  }

  /** Resolves when the index is no longer being written. */
  async close(): Promise<void> {
    await this.#rewriting;
    const isLarge = this.#sessions.size >= MIN_STAMPED_SESSIONS;
    // A failure costs the next start some time, nothing else.
    if (isLarge && this.#hasWritten) await this.#stamp().catch(() => {});
  }

  #append(line: IndexLine): void {
    // Without the file, the next start reads the folder. This store may write it again before.
    if (!appendToIndex(this.#fs, this.#path, line)) this.#isStale = true;
  }

  /** Marks the index as complete, so that the next start need not list the folder. */
  async #stamp(): Promise<void> {
    await this.sessions();
    if (!(await this.#rewrite())) return;
    await sleep(CLOCK_TICK_MS);
    const folders = stampFolders(this.#fs, this.#folder);
    const { open, archived, locked } = await this.#files.list();
    // Another process may be at work here: its sessions change without a file coming or going.
    if (open.size + archived.size !== this.#sessions.size || locked.size > 0) return;
    appendToIndex(this.#fs, this.#path, { folders });
  }

  async #load(): Promise<void> {
    await this.#readLines();
    if (this.#read.stamp === stampFolders(this.#fs, this.#folder)) return;
    const { open, archived, locked } = await this.#files.list();
    await inSlices(this.#sessions.ids(), (sessionId) => {
      if (!open.has(sessionId) && !archived.has(sessionId)) this.#sessions.remove(sessionId);
    });
    let looked = 0;
    await inSlices([...open, ...archived], (sessionId) => {
      const known = this.#sessions.get(sessionId);
      const isInPlace = known && (known.archived === true) === archived.has(sessionId);
      if (isInPlace && !locked.has(sessionId)) return undefined;
      looked += 1;
      const meta = this.#files.cachedMeta(sessionId);
      if (!meta) return this.#lookAt(sessionId);
      this.#sessions.set(toIndexEntry(meta));
      return undefined;
    });
    const stale = this.#read.lines - this.#sessions.size;
    // Readers never write: the index is rewritten when this store has become a writer.
    this.#isStale = looked > MAX_STALE_LINES || stale > this.#sessions.size + MAX_STALE_LINES;
  }

  /**
   * Reads one session. A session that cannot be read is not listed. Opening it throws the reason.
   */
  async #lookAt(sessionId: string): Promise<void> {
    const meta = await this.#files.meta(sessionId).catch((error: unknown) => {
      this.#onFailure(error, `read session ${sessionId}`);
      return undefined;
    });
    if (meta) this.#sessions.set(toIndexEntry(meta));
    else this.#sessions.remove(sessionId);
  }

  async #readLines(): Promise<void> {
    const ino = this.#fs.pathStat(this.#path)?.ino ?? 0;
    if (ino !== this.#read.ino) this.#read = { ino, offset: 0, lines: 0 };
    const read = this.#read;
    for await (const { lines, end } of readIndex(this.#fs, this.#path, read.offset)) {
      read.offset = end;
      read.lines += lines.length;
      for (const line of lines) this.#apply(line, read);
    }
  }

  /** Applies a line. A later line counts more than a greater time. */
  #apply(line: IndexLine, read: IndexProgress): void {
    read.stamp = "folders" in line ? line.folders : undefined;
    if ("folders" in line || this.#ahead.has(line.sessionId)) return;
    if ("gone" in line) this.#sessions.remove(line.sessionId);
    else this.#sessions.set(line);
  }

  /** Returns true if it worked. */
  async #rewrite(): Promise<boolean> {
    this.#isStale = false;
    const readTo = this.#read.offset;
    if (!(await writeIndex(this.#fs, this.#path, { entries: this.#sessions.all(), readTo }))) return false;
    const ino = this.#fs.pathStat(this.#path)?.ino ?? 0;
    // The next call reads the new file, with the lines of others.
    this.#read = { ino, offset: 0, lines: 0 };
    return true;
  }
}
