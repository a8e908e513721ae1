import type { StoreError } from "@mini-openclaw/session-store";
import { logIsOpen, storeClosed } from "@mini-openclaw/session-store/kit";
import type { SessionWriter } from "./session-writer.ts";

// Long enough for a caller that appends one by one.
const IDLE_MS = 1_000;
// Sessions that are idle for nearly as long close together.
const STEP_MS = 100;

/** Opens the writer of a session. */
type Open = (sessionId: string) => Promise<SessionWriter>;

interface Entry {
  readonly opened: Promise<SessionWriter>;
  writer?: SessionWriter;
  hasLog: boolean;
  /** Callers that use the writer now. */
  users: number;
  /** The time at which the last caller left. */
  idleSince: number;
  closed?: Promise<void>;
}

/** The writers that a store has open: one per session, shared by its log and by single appends. */
export class WriterPool {
  readonly #open: Open;
  readonly #entries = new Map<string, Entry>();
  /** The sessions that nobody uses, the longest time first. */
  readonly #idle = new Map<string, Entry>();
  /** The one timer that closes them. */
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(open: Open) {
    this.#open = open;
  }

  /** The sessions whose writers are open, or about to open or close. */
  get sessionIds(): string[] {
    return [...this.#entries.keys()];
  }

  /** Returns the session's writer, if it is open. */
  peek(sessionId: string): SessionWriter | undefined {
    const entry = this.#entries.get(sessionId);
    return entry && !entry.closed && !entry.writer?.isClosed ? entry.writer : undefined;
  }

  /**
   * Calls `use` with the session's writer, which stays open meanwhile. Opens a writer with `open`,
   * if none is open.
   */
  async use<T>(sessionId: string, use: (writer: SessionWriter) => T | Promise<T>, open?: Open): Promise<T> {
    const entry = this.#hold(sessionId) ?? (await this.#acquire(sessionId, open));
    try {
      return await use(entry.writer ?? (await entry.opened));
    } finally {
      this.#release(sessionId, entry);
    }
  }

  /** Opens the writer for a log. @throws StoreError `SESSION_LOCKED` if it has one already */
  async claimLog(sessionId: string): Promise<SessionWriter> {
    const entry = await this.#acquire(sessionId);
    try {
      if (entry.hasLog) throw logIsOpen(sessionId);
      entry.hasLog = true;
      return await entry.opened;
    } finally {
      this.#release(sessionId, entry);
    }
  }

  /** Closes a writer when nobody uses it, and releases the session. */
  async close(sessionId: string, writer: SessionWriter): Promise<void> {
    const entry = this.#entries.get(sessionId);
    if (entry?.writer === writer) await this.#close(sessionId, entry);
  }

  /** Closes the writer of a session at once, unless somebody uses it. */
  async closeUnused(sessionId: string): Promise<void> {
    const entry = this.#entries.get(sessionId);
    if (entry && entry.users === 0 && !entry.hasLog) await this.#close(sessionId, entry);
  }

  /** Ends the writers of a node that was fenced. */
  lose(node: number, error: StoreError): void {
    for (const { writer } of this.#entries.values()) if (writer?.node === node) writer.lose(error);
  }

  async closeAll(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const closing = [...this.#entries].map(async ([sessionId, entry]) => {
      await entry.opened.catch(() => undefined);
      await this.#close(sessionId, entry);
    });
    await Promise.all(closing);
  }

  /** Returns the entry of an open writer, with one more user. */
  #hold(sessionId: string): Entry | undefined {
    const entry = this.#entries.get(sessionId);
    if (!entry?.writer || entry.writer.isClosed || entry.closed || this.#isClosed) return undefined;
    entry.users += 1;
    this.#idle.delete(sessionId);
    return entry;
  }

  async #acquire(sessionId: string, open?: Open): Promise<Entry> {
    for (;;) {
      if (this.#isClosed) throw storeClosed();
      const entry = this.#entries.get(sessionId) ?? this.#begin(sessionId, open);
      await entry.opened;
      const held = this.#hold(sessionId);
      if (held) return held;
      await this.#close(sessionId, entry);
    }
  }

  #begin(sessionId: string, open = this.#open): Entry {
    const entry: Entry = { opened: open(sessionId), hasLog: false, users: 0, idleSince: 0 };
    this.#entries.set(sessionId, entry);
    entry.opened.then(
      (writer) => {
        entry.writer = writer;
      },
      () => this.#entries.delete(sessionId),
    );
    return entry;
  }

  #release(sessionId: string, entry: Entry): void {
    entry.users -= 1;
    if (entry.users > 0 || entry.hasLog || entry.closed) return;
    entry.idleSince = performance.now();
    this.#idle.set(sessionId, entry);
    this.#timer ??= setTimeout(() => this.#closeIdle(), IDLE_MS);
  }

  #closeIdle(): void {
    const now = performance.now();
    this.#timer = undefined;
    for (const [sessionId, entry] of this.#idle) {
      const left = entry.idleSince + IDLE_MS - now;
      if (left > 0) {
        this.#timer = setTimeout(() => this.#closeIdle(), Math.max(left, STEP_MS));
        return;
      }
      void this.#close(sessionId, entry);
    }
  }

  #close(sessionId: string, entry: Entry): Promise<void> {
    if (this.#idle.get(sessionId) === entry) this.#idle.delete(sessionId);
    entry.closed ??= (async () => {
      try {
        await entry.writer?.close();
      } finally {
        if (this.#entries.get(sessionId) === entry) this.#entries.delete(sessionId);
      }
    })();
    return entry.closed;
  }
}
