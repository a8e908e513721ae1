import { setTimeout as sleep } from "node:timers/promises";
import { StoreError } from "../model/errors.ts";
import { storeClosed } from "../model/session-errors.ts";
import type { SessionWriter } from "./session-writer.ts";

// A lock is retried often enough to be acquired well within a second.
const RETRY_MS = 25;

interface OpenEntry {
  is: "open";
  readonly writer: SessionWriter;
  hasLog: boolean;
  /** Leases that were not released. */
  users: number;
  usedAt: number;
  /** Called when the last lease is released. */
  onIdle?: () => void;
}

type PoolEntry =
  | { is: "opening"; opened: Promise<unknown> }
  | OpenEntry
  /** Waits for the last user, then closes. Nobody gets a lease meanwhile. */
  | { is: "closing"; open: OpenEntry; closed: Promise<void> };

/** A writer that is not closed before it is released. */
export interface Lease {
  readonly writer: SessionWriter;
  readonly release: () => void;
}

/**
 * The writers that a store has open: one per session, shared by its log and by single appends.
 *
 * At most `maxOpen` writers without a log are open at a time. When another one is needed, the one
 * idle longest is closed, or the caller waits until one is idle. A writer is closed after `idleMs`
 * without a lease, too.
 */
export class WriterPool {
  readonly #entries = new Map<string, PoolEntry>();
  readonly #open: (sessionId: string) => Promise<SessionWriter>;
  readonly #options: { idleMs: number; maxOpen: number; lockWaitMs: number };
  readonly #waiting: (() => void)[] = [];
  /** Writers without a log that have files open. */
  #openCount = 0;
  #sweeping: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    open: (sessionId: string) => Promise<SessionWriter>,
    options: { idleMs: number; maxOpen: number; lockWaitMs: number },
  ) {
    this.#open = open;
    this.#options = options;
  }

  /** Returns the session's writer, if it is open, for a read of its state. */
  peek(sessionId: string): SessionWriter | undefined {
    const entry = this.#entries.get(sessionId);
    return entry?.is === "open" && !entry.writer.isClosed ? entry.writer : undefined;
  }

  /** Returns true while the session's writer is open, opening or closing here. */
  has(sessionId: string): boolean {
    return this.#entries.has(sessionId);
  }

  /** Returns true while the writer is the session's, and is not closing. */
  isOpen(sessionId: string, writer: SessionWriter): boolean {
    const entry = this.#entries.get(sessionId);
    return entry?.is === "open" && entry.writer === writer;
  }

  /** Leases the session's writer, if it is open. */
  tryAcquire(sessionId: string): Lease | undefined {
    const entry = this.#entries.get(sessionId);
    return entry?.is === "open" && !entry.writer.isClosed ? this.#lease(sessionId, entry) : undefined;
  }

  /** Keeps the session's writer open, if it is. Returns a function that ends that. */
  hold(sessionId: string): () => void {
    return this.tryAcquire(sessionId)?.release ?? (() => {});
  }

  /** Leases the session's writer. Opens it first, if need be. */
  async acquire(sessionId: string): Promise<Lease> {
    for (;;) {
      const entry = this.#entries.get(sessionId);
      if (this.#isClosed && entry?.is !== "open") throw storeClosed();
      if (!entry) await this.#begin(sessionId);
      else if (entry.is === "opening") await entry.opened;
      else if (entry.is === "closing")
        await entry.closed.catch(() => {}); // its own caller handles it
      else if (entry.writer.isClosed)
        await this.#close(sessionId, entry); // it lost its file
      else return this.#lease(sessionId, entry);
    }
  }

  /** Leases the session's writer for `use`. */
  async use<T>(sessionId: string, use: (writer: SessionWriter) => T | Promise<T>): Promise<T> {
    const lease = this.tryAcquire(sessionId) ?? (await this.acquire(sessionId));
    try {
      return await use(lease.writer);
    } finally {
      lease.release();
    }
  }

  /**
   * Leases the session's writer for its log, until `close`. Returns `undefined` if it has a log
   * already.
   */
  async claimLog(sessionId: string): Promise<SessionWriter | undefined> {
    for (;;) {
      const lease = await this.acquire(sessionId);
      const entry = this.#entries.get(sessionId);
      try {
        if (entry?.is !== "open") continue; // its closing began meanwhile
        if (entry.hasLog) return undefined;
        entry.hasLog = true;
        this.#freeRoom();
        return lease.writer;
      } finally {
        lease.release();
      }
    }
  }

  /** Opens a session's writer. Closes it again, unless somebody uses it meanwhile. */
  async visit(sessionId: string): Promise<void> {
    (await this.acquire(sessionId)).release();
    await new Promise(setImmediate);
    const entry = this.#entries.get(sessionId);
    const isIdle = entry?.is === "open" && !entry.hasLog && entry.users === 0;
    if (isIdle) await this.#close(sessionId, entry);
  }

  /**
   * Closes a writer after its last lease, if it is still the session's. `beforeRelease` runs before
   * the lock is free.
   */
  async close(sessionId: string, writer: SessionWriter, beforeRelease?: () => void): Promise<void> {
    const entry = this.#entries.get(sessionId);
    if (entry?.is === "open" && entry.writer === writer) return this.#close(sessionId, entry, beforeRelease);
    if (entry?.is === "closing" && entry.open.writer === writer) await entry.closed;
  }

  async closeAll(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#sweeping);
    for (const wake of this.#waiting.splice(0)) wake();
    await Promise.all([...this.#entries.keys()].map((sessionId) => this.#closeWhenOpened(sessionId)));
  }

  #lease(sessionId: string, entry: OpenEntry): Lease {
    entry.users += 1;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      entry.users -= 1;
      entry.usedAt = performance.now();
      if (entry.users > 0) return;
      entry.onIdle?.();
      if (this.#entries.get(sessionId) !== entry) return; // it is closing
      // A caller that waits gets the room of this writer.
      if (!entry.hasLog && this.#waiting.length > 0) void this.#closeIdle(sessionId, entry);
      else if (!entry.hasLog)
        this.#sweeping ??= setTimeout(() => this.#sweep(), this.#options.idleMs).unref();
    };
    return { writer: entry.writer, release };
  }

  /**
   * Opens the session's writer when there is room. All who wait for it get it in the order of their
   * calls.
   */
  #begin(sessionId: string): Promise<void> {
    const opened = this.#openEntry(sessionId);
    this.#entries.set(sessionId, { is: "opening", opened });
    return opened;
  }

  async #openEntry(sessionId: string): Promise<void> {
    let hasRoom = false;
    try {
      await this.#takeRoom();
      hasRoom = true;
      const writer = await retryLocked(() => this.#open(sessionId), this.#options.lockWaitMs);
      const entry: OpenEntry = { is: "open", writer, hasLog: false, users: 0, usedAt: performance.now() };
      this.#entries.set(sessionId, entry);
      // Not idle before those who wait for it had their turn.
      setImmediate(this.#lease(sessionId, entry).release);
    } catch (error) {
      this.#entries.delete(sessionId);
      if (hasRoom) this.#freeRoom();
      throw error;
    }
  }

  async #takeRoom(): Promise<void> {
    while (this.#openCount >= this.#options.maxOpen && !this.#isClosed) {
      const [idlest] = this.#idle();
      if (idlest) await this.#closeIdle(...idlest);
      else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#isClosed) throw storeClosed();
    this.#openCount += 1;
  }

  #freeRoom(): void {
    this.#openCount -= 1;
    this.#waiting.shift()?.();
  }

  #close(sessionId: string, open: OpenEntry, beforeRelease?: () => void): Promise<void> {
    const closed = this.#drain(open)
      .then(() => open.writer.close(beforeRelease))
      .finally(() => {
        this.#entries.delete(sessionId);
        if (!open.hasLog) this.#freeRoom();
      });
    this.#entries.set(sessionId, { is: "closing", open, closed });
    return closed;
  }

  async #drain(open: OpenEntry): Promise<void> {
    if (open.users === 0) return;
    await new Promise<void>((resolve) => {
      open.onIdle = resolve;
    });
  }

  async #closeWhenOpened(sessionId: string): Promise<void> {
    const before = this.#entries.get(sessionId);
    if (before?.is === "opening") await before.opened.catch(() => {}); // its own caller handles it
    const entry = this.#entries.get(sessionId);
    if (entry?.is === "open") await this.#close(sessionId, entry);
    else if (entry?.is === "closing") await entry.closed;
  }

  #sweep(): void {
    this.#sweeping = undefined;
    const since = performance.now() - this.#options.idleMs;
    for (const [sessionId, entry] of this.#idle()) {
      if (entry.usedAt <= since) void this.#closeIdle(sessionId, entry);
    }
    const next = this.#idle()[0]?.[1].usedAt;
    if (next !== undefined) this.#sweeping = setTimeout(() => this.#sweep(), next - since).unref();
  }

  /** Never rejects: a lock that could not be released is taken over later. */
  async #closeIdle(sessionId: string, entry: OpenEntry): Promise<void> {
    await this.#close(sessionId, entry).catch(() => {});
  }

  /** The writers without a log and without a lease, the one idle longest first. */
  #idle(): [string, OpenEntry][] {
    const idle: [string, OpenEntry][] = [];
    for (const [sessionId, entry] of this.#entries) {
      if (entry.is === "open" && !entry.hasLog && entry.users === 0) idle.push([sessionId, entry]);
    }
    return idle.sort(([, left], [, right]) => left.usedAt - right.usedAt);
  }
}

/** Retries while somebody else writes the session, until the time is over. */
async function retryLocked<T>(open: () => Promise<T>, lockWaitMs: number): Promise<T> {
  const deadline = performance.now() + lockWaitMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isLocked = StoreError.is(error) && error.code === "SESSION_LOCKED";
      if (!isLocked || performance.now() >= deadline) throw error;
      await sleep(RETRY_MS);
    }
  }
}
