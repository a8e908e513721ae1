import { type IndexEntry, toIndexEntry } from "./index-file.ts";

// A meta needs about twice the memory of an entry.
const MAX_UPDATES = 1_000;
const MIN_KEYS_TO_SWEEP = 1_000;

/** The sessions of an index, and the newest of each key. */
export class IndexedSessions {
  readonly #entries = new Map<string, IndexEntry>();
  /** Newer entries of sessions that are in the index. Appends are many, and lists are few. */
  readonly #updates = new Map<string, IndexEntry>();
  readonly #newest = new Map<string, IndexEntry>();
  /** Keys whose newest session was removed. The next one is not known yet. */
  readonly #unsure = new Set<string>();
  /** The greatest time of creation of each key among archived and deleted sessions. */
  readonly #latest = new Map<string, number>();
  /** Keys without a session are forgotten when so many are known. */
  #sweepAt = MIN_KEYS_TO_SWEEP;

  get size(): number {
    return this.#entries.size;
  }

  all(): Iterable<IndexEntry> {
    this.#applyUpdates();
    return this.#entries.values();
  }

  ids(): string[] {
    return [...this.#entries.keys()];
  }

  get(sessionId: string): IndexEntry | undefined {
    return this.#updates.get(sessionId) ?? this.#entries.get(sessionId);
  }

  /** Returns the time of the newest creation under a key; 0 if there was none. */
  latestCreation(key: string): number {
    return Math.max(this.#newest.get(key)?.createdAt ?? 0, this.#latest.get(key) ?? 0);
  }

  /** Returns the open session of a key that was created last, but for those in `except`. */
  newestOf(key: string, except: ReadonlySet<string> = new Set()): IndexEntry | undefined {
    this.#applyUpdates();
    const known = this.#newest.get(key);
    if (!this.#unsure.has(key) && (!known || !except.has(known.sessionId))) return known;
    let newest: IndexEntry | undefined;
    for (const entry of this.#entries.values()) {
      if (entry.key !== key || entry.archived || except.has(entry.sessionId)) continue;
      if (!newest || isNewer(entry, newest)) newest = entry;
    }
    if (except.size === 0) {
      this.#unsure.delete(key);
      if (newest) this.#newest.set(key, newest);
    }
    return newest;
  }

  /** Sets a session that is in the index. The maps get its entry when the index is read. */
  update(meta: IndexEntry): void {
    this.#updates.set(meta.sessionId, meta);
    if (this.#updates.size > MAX_UPDATES) this.#applyUpdates();
  }

  set(entry: IndexEntry): void {
    const { sessionId, key } = entry;
    if (this.#updates.size > 0) this.#updates.delete(sessionId);
    const before = this.#entries.get(sessionId);
    if (before && before.key !== key) this.remove(sessionId);
    this.#entries.set(sessionId, entry);
    const newest = this.#newest.get(key);
    if (entry.archived || newest?.sessionId === sessionId) this.#noteCreation(entry);
    if (newest?.sessionId === sessionId) {
      if (entry.archived || !wasCreatedWith(newest, entry)) this.#forgetNewest(newest);
      else this.#newest.set(key, entry);
    } else if (!entry.archived && (!newest || isNewer(entry, newest))) this.#newest.set(key, entry);
  }

  remove(sessionId: string): boolean {
    const entry = this.#entries.get(sessionId);
    this.#updates.delete(sessionId);
    if (!entry) return false;
    this.#entries.delete(sessionId);
    this.#noteCreation(entry);
    if (this.#newest.get(entry.key)?.sessionId === sessionId) this.#forgetNewest(entry);
    return true;
  }

  #applyUpdates(): void {
    for (const meta of this.#updates.values()) this.set(toIndexEntry(meta));
  }

  #forgetNewest(newest: IndexEntry): void {
    this.#noteCreation(newest);
    this.#newest.delete(newest.key);
    this.#unsure.add(newest.key);
  }

  #noteCreation({ key, createdAt }: IndexEntry): void {
    if (createdAt > (this.#latest.get(key) ?? 0)) this.#latest.set(key, createdAt);
    if (this.#latest.size >= this.#sweepAt) this.#sweep();
  }

  /** Forgets keys without a session, which would become more with each visitor. */
  #sweep(): void {
    const unused = new Set(this.#latest.keys());
    for (const { key } of this.#entries.values()) unused.delete(key);
    for (const key of unused) {
      this.#latest.delete(key);
      this.#unsure.delete(key);
    }
    this.#sweepAt = Math.max(MIN_KEYS_TO_SWEEP, 2 * this.#latest.size);
  }
}

function wasCreatedWith(left: IndexEntry, right: IndexEntry): boolean {
  return left.createdAt === right.createdAt;
}

function isNewer(left: IndexEntry, right: IndexEntry): boolean {
  if (left.createdAt !== right.createdAt) return left.createdAt > right.createdAt;
  return left.sessionId > right.sessionId;
}
