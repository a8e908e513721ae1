import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SessionMeta } from "@mini-openclaw/protocol";
import type { FileSystem } from "../files/file-system.ts";
import { sessionPaths } from "../files/session-paths.ts";
import { inSlices } from "../model/slices.ts";
import type { SessionFiles } from "../transcript/session-files.ts";
import {
  appendToIndex,
  completeMark,
  INDEX_NAME,
  type IndexEntry,
  type IndexLine,
  isDiscarded,
  stampFolders,
  toIndexEntry,
  writeIndex,
} from "./index-file.ts";
import { IndexReader } from "./index-reader.ts";
import { IndexedSessions } from "./indexed-sessions.ts";

// An index of twice the lines that it needs is read in twice the time.
const MAX_STALE_LINES = 1_000;
// Listing the folder of fewer sessions takes less than 50 ms.
const MIN_STAMPED_SESSIONS = 10_000;
// Two changes within a tick of the file system's clock leave the same time: 4 ms on Linux, 16 ms on
// Windows.
const CLOCK_TICK_MS = 20;

/** The reason to replace the index. After `incomplete`, some line is in no index. */
type Staleness = "no" | "long" | "incomplete";

/**
 * The index of all sessions, and of the newest session of each key.
 *
 * The index file is a cache that may be missing or stale. The folder decides. A session with a lock
 * may have been written since its line in the index, so it is read again. A session in another
 * folder than in its line is read again too. The folder is not listed only if a store of many
 * sessions was closed last, and no file came or went since.
 *
 * A session has a line before it has a transcript. So an index that was complete once names all
 * sessions, however its writers ended. Only files that were copied by hand are missing.
 */
export class SessionIndex {
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #files: SessionFiles;
  readonly #onFailure: (error: unknown, during: string) => void;
  readonly #path: string;
  readonly #reader: IndexReader;
  readonly #sessions = new IndexedSessions();
  /** Sessions that this store writes. It knows more about them than the index file. */
  readonly #ahead = new Set<string>();
  /** Resolves to true if the lines name all sessions. */
  #reading: Promise<boolean> | undefined;
  #listing: Promise<void> | undefined;
  #staleness: Staleness = "no";
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
    this.#reader = new IndexReader(fs, this.#path);
  }

  /** Lists the folder, unless nothing changed there. Returns all sessions that have an entry. */
  async sessions(): Promise<IndexedSessions> {
    await this.#list();
    return this.#withNewLines();
  }

  /**
   * Returns all sessions, but for files that were copied by hand until the folder is listed. Their
   * order may be old, and some may be archived or deleted.
   */
  async named(): Promise<IndexedSessions> {
    const isComplete = await this.#readFirst();
    const listing = this.#list();
    if (isComplete)
      listing.catch(() => {}); // the next call lists the folder again
    else await listing;
    return this.#withNewLines();
  }

  /** Updates a session that this store writes. */
  put(meta: SessionMeta): void {
    const known = this.#sessions.get(meta.sessionId);
    // Other stores must learn of a new session, and of one that was moved.
    const isMoved = (known?.archived ?? false) !== (meta.archived ?? false);
    if (known && !isMoved) this.#sessions.update(meta);
    else this.save(meta);
    this.#ahead.add(meta.sessionId);
    if (this.#staleness !== "no") this.#rewriting = this.#rewrite();
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

  /**
   * Appends the line of a session before its transcript is in the folder, or is no longer archived.
   * If that fails, call `withdraw`.
   */
  announce(meta: IndexEntry): void {
    this.#hasWritten = true;
    this.#append({ ...toIndexEntry(meta), pending: true });
  }

  /** Appends that a session is gone, unless the folder has its transcript after all. */
  withdraw(sessionId: string): void {
    const { transcript } = sessionPaths(this.#folder, sessionId);
    if (!this.#fs.pathStat(transcript)?.size) this.#append({ sessionId, gone: true });
  }

  /** Resolves when the index is no longer being read or written. */
  async close(): Promise<void> {
    await this.#listing?.catch(() => {}); // nobody waits for it
    await this.#rewriting;
    const isLarge = this.#sessions.size >= MIN_STAMPED_SESSIONS;
    // A failure costs the next start some time, nothing else.
    if (isLarge && this.#hasWritten) await this.#stamp().catch(() => {});
  }

  #append(line: IndexLine): void {
    // Without the file, the next start reads the folder. This store may write it again before.
    if (!appendToIndex(this.#fs, this.#path, line)) this.#staleness = "incomplete";
  }

  /** Marks the index as complete, so that the next start need not list the folder. */
  async #stamp(): Promise<void> {
    await this.sessions();
    if (!(await this.#rewrite())) return;
    await sleep(CLOCK_TICK_MS);
    const folders = stampFolders(this.#fs, this.#folder);
    const { open, archived, locked } = await this.#files.list();
    let missing = 0;
    await inSlices([...open, ...archived], (sessionId) => {
      if (!this.#sessions.get(sessionId)) missing += 1;
    });
    if (missing > 0) return;
    this.#mark();
    const isSame = open.size + archived.size === this.#sessions.size;
    // Another process may be at work here: its sessions change without a file coming or going.
    if (isSame && locked.size === 0) appendToIndex(this.#fs, this.#path, { folders });
  }

  #mark(): void {
    const complete = completeMark(this.#fs, this.#folder);
    if (complete !== undefined) this.#append({ complete });
  }

  async #readAll(): Promise<boolean> {
    await this.#readLines();
    const { mark, isDamaged = false } = this.#reader.progress;
    if (mark === undefined || isDamaged || isDiscarded(this.#fs, this.#path)) return false;
    return mark === completeMark(this.#fs, this.#folder) && !this.#reader.hasMore();
  }

  #readFirst(): Promise<boolean> {
    this.#reading ??= this.#readAll().catch((error) => {
      this.#reading = undefined;
      throw error;
    });
    return this.#reading;
  }

  #list(): Promise<void> {
    this.#listing ??= this.#load().catch((error) => {
      this.#listing = undefined;
      throw error;
    });
    return this.#listing;
  }

  async #withNewLines(): Promise<IndexedSessions> {
    // Other processes write into the index too.
    if (this.#reader.hasMore()) await this.#readLines();
    return this.#sessions;
  }

  async #load(): Promise<void> {
    const isComplete = await this.#readFirst();
    if (this.#reader.progress.stamp === stampFolders(this.#fs, this.#folder)) return;
    const { open, archived, locked } = await this.#files.list();
    let looked = 0;
    let moved = 0;
    const lookIn = (ids: Set<string>) =>
      inSlices(ids, (sessionId) => {
        const known = this.#sessions.get(sessionId);
        const isInPlace = known && (known.archived === true) === (ids === archived);
        if (isInPlace && !locked.has(sessionId)) return undefined;
        looked += 1;
        if (!isInPlace) moved += 1;
        return this.#lookAt(sessionId);
      });
    await lookIn(open);
    await lookIn(archived);
    if (this.#sessions.size !== open.size + archived.size) {
      await inSlices(this.#sessions.ids(), (sessionId) => {
        if (!open.has(sessionId) && !archived.has(sessionId)) this.#removeIfGone(sessionId);
      });
    }
    const stale = this.#reader.progress.lines - this.#sessions.size;
    const isLong = looked > MAX_STALE_LINES || stale > this.#sessions.size + MAX_STALE_LINES;
    const lacksMark = this.#sessions.size >= MIN_STAMPED_SESSIONS && (!isComplete || moved > 0);
    // Readers never write: the index is rewritten when this store has become a writer.
    if ((isLong || lacksMark) && this.#staleness === "no") this.#staleness = "long";
  }

  /**
   * Reads one session. A session that cannot be read is not listed. Opening it throws the reason.
   */
  #lookAt(sessionId: string): Promise<void> | undefined {
    if (this.#ahead.has(sessionId)) return undefined;
    const meta = this.#files.cachedMeta(sessionId);
    if (!meta) return this.#read(sessionId);
    this.#sessions.set(toIndexEntry(meta));
    return undefined;
  }

  async #read(sessionId: string): Promise<void> {
    const meta = await this.#files.meta(sessionId).catch((error: unknown) => {
      this.#onFailure(error, `read session ${sessionId}`);
      return undefined;
    });
    if (this.#ahead.has(sessionId)) return;
    if (meta) this.#sessions.set(toIndexEntry(meta));
    else this.#sessions.remove(sessionId);
  }

  #removeIfGone(sessionId: string): void {
    // It may have come since the folder was listed.
    const { transcript } = sessionPaths(this.#folder, sessionId);
    if (!this.#fs.pathStat(transcript)) this.#sessions.remove(sessionId);
  }

  /** Reads the new lines. A later line counts more than a greater time. */
  #readLines(): Promise<void> {
    return this.#reader.readOn((line) => {
      if (this.#ahead.has(line.sessionId)) return;
      if ("gone" in line) this.#sessions.remove(line.sessionId);
      else this.#sessions.set(line);
    });
  }

  /** Returns true if it worked. */
  async #rewrite(): Promise<boolean> {
    const wasLong = this.#staleness === "long";
    this.#staleness = "no";
    const { ino, offset } = this.#reader.progress;
    const entries = this.#sessions.all();
    if (!(await writeIndex(this.#fs, this.#path, { entries, read: { ino, offset } }))) return false;
    // The next call reads the new file, with the lines of others.
    this.#reader.restart();
    if (wasLong && this.#sessions.size >= MIN_STAMPED_SESSIONS) this.#mark();
    return true;
  }
}
