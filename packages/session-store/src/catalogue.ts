import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SessionMeta } from "@mini-openclaw/protocol";
import type { FileSystem } from "./file-system.ts";
import {
  appendToIndex,
  type CatalogueEntry,
  type IndexLine,
  readIndex,
  stampFolders,
  writeIndex,
} from "./index-file.ts";
import { isSessionId } from "./names.ts";
import type { SessionFiles } from "./session-files.ts";
import { listShelf } from "./session-shelf.ts";

// Chosen: a request in between waits no longer than this.
const SLICE_MS = 8;
// Chosen: an index of twice the lines it needs is read in twice the time.
const MAX_STALE_LINES = 1_000;
// Chosen: to list the folder of fewer takes less than 50 ms.
const MIN_STAMPED_SESSIONS = 10_000;
// Two changes within a tick of the file system's clock leave the same time: 4 ms on Linux, 16 ms on Windows.
const CLOCK_TICK_MS = 20;

/**
 * Which sessions there are, and which is the newest of a key.
 *
 * Read on first use from the index, a cache that may be missing or stale: what the folder says counts. A session
 * with a lock may have been written since its line in the index, and is looked at again. Only where a store of many
 * sessions was closed last, and no file has come or gone since, is the index believed without listing the folder.
 */
export class Catalogue {
  readonly #fs: FileSystem;
  readonly #folder: string;
  readonly #files: SessionFiles;
  readonly #index: string;
  readonly #entries = new Map<string, CatalogueEntry>();
  readonly #newest = new Map<string, CatalogueEntry>();
  #loading: Promise<void> | undefined;
  #isIndexStale = false;
  /** Whether this store has become a writer; readers never write. */
  #hasWritten = false;
  /** That of the index's last line, if it is one. */
  #stamp: string | undefined;
  #rewriting: Promise<boolean> | undefined;
  /** How far the index has been read, and of which file. */
  #read = { ino: 0, offset: 0, lines: 0 };

  constructor(fs: FileSystem, folder: string, files: SessionFiles) {
    this.#fs = fs;
    this.#folder = folder;
    this.#files = files;
    this.#index = join(folder, "sessions.index");
  }

  /** All sessions that have an entry. */
  async all(): Promise<Iterable<CatalogueEntry>> {
    await this.#refresh();
    return this.#entries.values();
  }

  /** The open session of a key that was created last. */
  async newestOf(key: string): Promise<CatalogueEntry | undefined> {
    await this.#refresh();
    return this.#newest.get(key);
  }

  /** Takes over what has just been learnt of a session. */
  put(meta: SessionMeta): void {
    const before = this.#entries.get(meta.sessionId);
    const entry = toEntry(meta);
    if (before?.archived === entry.archived && before) this.#entries.set(meta.sessionId, entry);
    else this.#set(entry);
    if (!before) this.save(entry);
    if (this.#isIndexStale) this.#rewriting = this.#rewriteIndex();
  }

  /** Writes a session's line into the index. A failure costs the next start some time, nothing else. */
  save(meta: SessionMeta | CatalogueEntry): void {
    this.#hasWritten = true;
    appendToIndex(this.#fs, this.#index, toEntry(meta));
  }

  /** Resolves when the index is no longer being written. */
  async close(): Promise<void> {
    await this.#rewriting;
    const isLarge = this.#entries.size >= MIN_STAMPED_SESSIONS;
    // A failure costs the next start some time, nothing else.
    if (isLarge && this.#hasWritten) await this.#stampIndex().catch(() => {});
  }

  /** Tells the next start that it need not list the folder. */
  async #stampIndex(): Promise<void> {
    await this.#refresh();
    if (!(await this.#rewriteIndex())) return;
    await sleep(CLOCK_TICK_MS);
    const folders = stampFolders(this.#fs, this.#folder);
    const names = await this.#fs.list(this.#folder);
    const shelved = await listShelf(this.#fs, this.#folder, "archive");
    const sessions = names.filter((name) => name.endsWith(".jsonl")).length + shelved.length;
    // Another process may be at work here: its sessions change without a file coming or going.
    if (sessions !== this.#entries.size || names.some((name) => name.endsWith(".lock"))) return;
    appendToIndex(this.#fs, this.#index, { folders });
  }

  delete(sessionId: string): void {
    if (this.#remove(sessionId)) appendToIndex(this.#fs, this.#index, { sessionId, gone: true });
  }

  async #refresh(): Promise<void> {
    this.#loading ??= this.#load().catch((error) => {
      this.#loading = undefined;
      throw error;
    });
    await this.#loading;
    // Other processes write into the index too.
    const stat = this.#fs.pathStat(this.#index);
    if (stat && (stat.ino !== this.#read.ino || stat.size > this.#read.offset)) await this.#readIndex();
  }

  async #load(): Promise<void> {
    await this.#readIndex();
    if (this.#stamp === stampFolders(this.#fs, this.#folder)) return;
    const present = new Set<string>();
    const locked = new Set<string>();
    await inSlices(await this.#fs.list(this.#folder), (name) => {
      if (name.endsWith(".jsonl")) present.add(name.slice(0, -".jsonl".length));
      else if (name.endsWith(".lock")) locked.add(name.slice(0, -".lock".length));
    });
    for (const { sessionId } of await listShelf(this.#fs, this.#folder, "archive")) present.add(sessionId);
    await inSlices([...this.#entries.keys()], (sessionId) => {
      if (!present.has(sessionId)) this.#remove(sessionId);
    });
    let looked = 0;
    await inSlices([...present], (sessionId) => {
      if (!isSessionId(sessionId) || (this.#entries.has(sessionId) && !locked.has(sessionId)))
        return undefined;
      looked += 1;
      const meta = this.#files.cachedMeta(sessionId);
      if (!meta) return this.#lookAt(sessionId);
      this.#set(toEntry(meta));
      return undefined;
    });
    const stale = this.#read.lines - this.#entries.size;
    // Readers never write: the index is put right when this store has become a writer.
    this.#isIndexStale = looked > MAX_STALE_LINES || stale > this.#entries.size + MAX_STALE_LINES;
  }

  /** A session that cannot be read is not listed; opening it says why. */
  async #lookAt(sessionId: string): Promise<void> {
    const meta = await this.#files.meta(sessionId).catch(() => undefined);
    if (meta) this.#set(toEntry(meta));
  }

  async #readIndex(): Promise<void> {
    const ino = this.#fs.pathStat(this.#index)?.ino ?? 0;
    const start = ino === this.#read.ino ? this.#read.offset : 0;
    this.#read = { ino, offset: start, lines: start === 0 ? 0 : this.#read.lines };
    for await (const { lines, end } of readIndex(this.#fs, this.#index, start)) {
      this.#read.offset = end;
      this.#read.lines += lines.length;
      for (const line of lines) this.#take(line);
    }
  }

  #take(line: IndexLine): void {
    this.#stamp = "folders" in line ? line.folders : undefined;
    if ("folders" in line) return;
    if ("gone" in line) this.#remove(line.sessionId);
    else if (line.updatedAt >= (this.#entries.get(line.sessionId)?.updatedAt ?? line.updatedAt))
      this.#set(line);
  }

  /** Says whether it worked. */
  async #rewriteIndex(): Promise<boolean> {
    this.#isIndexStale = false;
    if (!(await writeIndex(this.#fs, this.#index, this.#entries.values()))) return false;
    const stat = this.#fs.pathStat(this.#index);
    if (stat) this.#read = { ino: stat.ino, offset: stat.size, lines: this.#entries.size };
    return true;
  }

  #set(entry: CatalogueEntry): void {
    this.#entries.set(entry.sessionId, entry);
    const newest = this.#newest.get(entry.key);
    if (newest?.sessionId === entry.sessionId && entry.archived) this.#findNewest(entry.key);
    else if (!entry.archived && (!newest || !isNewer(newest, entry))) this.#newest.set(entry.key, entry);
  }

  #remove(sessionId: string): boolean {
    const entry = this.#entries.get(sessionId);
    if (!entry) return false;
    this.#entries.delete(sessionId);
    if (this.#newest.get(entry.key)?.sessionId === sessionId) this.#findNewest(entry.key);
    return true;
  }

  #findNewest(key: string): void {
    this.#newest.delete(key);
    for (const entry of this.#entries.values()) {
      const newest = this.#newest.get(key);
      if (entry.key === key && !entry.archived && (!newest || isNewer(entry, newest)))
        this.#newest.set(key, entry);
    }
  }
}

function toEntry({ sessionId, key, createdAt, updatedAt, archived }: CatalogueEntry): CatalogueEntry {
  const entry = { sessionId, key, createdAt, updatedAt };
  return archived ? { ...entry, archived } : entry;
}

function isNewer(left: CatalogueEntry, right: CatalogueEntry): boolean {
  if (left.createdAt !== right.createdAt) return left.createdAt > right.createdAt;
  return left.sessionId > right.sessionId;
}

/** Does something with each item; others have their turn every few milliseconds. */
async function inSlices<T>(
  items: readonly T[],
  act: (item: T) => Promise<void> | undefined | void,
): Promise<void> {
  let sliceEnd = performance.now() + SLICE_MS;
  for (const item of items) {
    const acting = act(item);
    if (acting) await acting;
    if (performance.now() < sliceEnd) continue;
    await new Promise((resolve) => setImmediate(resolve));
    sliceEnd = performance.now() + SLICE_MS;
  }
}
