import { setTimeout as setTimer } from "node:timers/promises";
import { StoreError } from "./errors.ts";
import type { SessionWriter } from "./session-writer.ts";

// Chosen: a lock is looked at often enough to be taken over well within a second.
const RETRY_MS = 25;

interface Held {
  readonly writer: Promise<SessionWriter>;
  opened?: SessionWriter;
  /** Whether a log is open. */
  logged: boolean;
  /** Appends under way. */
  users: number;
  usedAt: number;
  closing?: Promise<void>;
}

/**
 * The writers that this store has open: one per session, shared by its log and by single appends.
 *
 * Bounded: a writer without a log is closed after `idleMs` without an append, and the one idle longest is closed
 * when there are more than `maxIdle`.
 */
export class OpenWriters {
  readonly #held = new Map<string, Held>();
  readonly #open: (sessionId: string) => Promise<SessionWriter>;
  readonly #idleMs: number;
  readonly #maxIdle: number;
  #sweeping: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    open: (sessionId: string) => Promise<SessionWriter>,
    { idleMs, maxIdle, lockWaitMs }: { idleMs: number; maxIdle: number; lockWaitMs: number },
  ) {
    this.#open = (sessionId) => retryLocked(() => open(sessionId), lockWaitMs);
    this.#idleMs = idleMs;
    this.#maxIdle = maxIdle;
  }

  /** Gives the session's writer to `use`, and keeps it for the next. */
  async use<T>(sessionId: string, use: (writer: SessionWriter) => T | Promise<T>): Promise<T> {
    let held = this.#ready(sessionId);
    while (!held) {
      await this.#openOrWait(sessionId);
      held = this.#ready(sessionId);
    }
    held.users += 1;
    try {
      return await use(held.opened);
    } finally {
      held.users -= 1;
      held.usedAt = performance.now();
      this.#sweeping ??= setTimeout(() => this.#sweep(), this.#idleMs).unref();
    }
  }

  /**
   * The session's writer, if it is open: for an append that it has begun before anything else can happen. Closing it
   * finishes what it has begun.
   */
  ready(sessionId: string): SessionWriter | undefined {
    const held = this.#ready(sessionId);
    if (!held) return undefined;
    held.usedAt = performance.now();
    return held.opened;
  }

  /** Gives the session's writer to a log, until `close`. `undefined` if there is a log already. */
  async log(sessionId: string): Promise<SessionWriter | undefined> {
    let held = this.#ready(sessionId);
    while (!held) {
      await this.#openOrWait(sessionId);
      held = this.#ready(sessionId);
    }
    if (held.logged) return undefined;
    held.logged = true;
    return held.opened;
  }

  /** The session's writer, if it is open. */
  async peek(sessionId: string): Promise<SessionWriter | undefined> {
    const held = this.#held.get(sessionId);
    if (!held || held.closing) return undefined;
    return held.writer.catch(() => undefined); // who opens it hears of it
  }

  /** Closes a writer, if it is still the session's; `beforeRelease` runs while nobody else can write. */
  async close(sessionId: string, writer: SessionWriter, beforeRelease?: () => void): Promise<void> {
    const held = this.#held.get(sessionId);
    if (!held || held.opened !== writer) return;
    held.closing ??= this.#close(sessionId, held, beforeRelease);
    await held.closing;
  }

  async closeAll(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#sweeping);
    await Promise.all([...this.#held.keys()].map((sessionId) => this.#closeHeld(sessionId)));
  }

  #ready(sessionId: string): (Held & { opened: SessionWriter }) | undefined {
    const held = this.#held.get(sessionId);
    return held && isReady(held) ? held : undefined;
  }

  /** Opens the session's writer; first waits for one that is closing. */
  async #openOrWait(sessionId: string): Promise<void> {
    const held = this.#held.get(sessionId) ?? this.#begin(sessionId);
    if (held.closing) return held.closing;
    held.opened = await held.writer;
    if (held.opened.isClosed) await this.#closeHeld(sessionId); // it lost its file: the next one starts afresh
  }

  #begin(sessionId: string): Held {
    if (this.#closed) throw new StoreError("STORE_CLOSED", "the store is closed");
    const writer = this.#open(sessionId);
    const held: Held = { writer, logged: false, users: 0, usedAt: performance.now() };
    this.#held.set(sessionId, held);
    if (this.#held.size > this.#maxIdle) this.#evict();
    writer.catch(() => this.#held.delete(sessionId)); // the caller hears of it
    return held;
  }

  async #closeHeld(sessionId: string): Promise<void> {
    const held = this.#held.get(sessionId);
    const writer = await this.peek(sessionId);
    if (held && writer) held.opened = writer;
    if (writer) await this.close(sessionId, writer);
    else await held?.closing;
  }

  async #close(sessionId: string, held: Held, beforeRelease?: () => void): Promise<void> {
    try {
      const writer = await held.writer;
      await writer.close(beforeRelease);
    } finally {
      this.#held.delete(sessionId);
    }
  }

  #sweep(): void {
    this.#sweeping = undefined;
    const idle = this.#idle();
    const since = performance.now() - this.#idleMs;
    for (const [sessionId, held] of idle) if (held.usedAt <= since) this.#closeIdle(sessionId);
    const next = idle.find(([, held]) => held.usedAt > since)?.[1].usedAt;
    if (next !== undefined) this.#sweeping = setTimeout(() => this.#sweep(), next - since).unref();
  }

  #evict(): void {
    const idle = this.#idle();
    for (const [sessionId] of idle.slice(0, Math.max(0, idle.length - this.#maxIdle))) {
      this.#closeIdle(sessionId);
    }
  }

  #closeIdle(sessionId: string): void {
    this.#closeHeld(sessionId).catch(() => {}); // nobody waits; what could not be released is taken over later
  }

  /** The writers that nobody uses, the one idle longest first. */
  #idle(): [string, Held][] {
    const idle = [...this.#held].filter(([, held]) => !held.logged && held.users === 0 && !held.closing);
    return idle.sort(([, left], [, right]) => left.usedAt - right.usedAt);
  }
}

function isReady(held: Held): held is Held & { opened: SessionWriter } {
  return held.opened !== undefined && !held.closing && !held.opened.isClosed;
}

/** Tries again while somebody else writes the session, until the time is up. */
async function retryLocked<T>(open: () => Promise<T>, lockWaitMs: number): Promise<T> {
  const deadline = performance.now() + lockWaitMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isLocked = StoreError.is(error) && error.code === "SESSION_LOCKED";
      if (!isLocked || performance.now() >= deadline) throw error;
      await setTimer(RETRY_MS);
    }
  }
}
