import type { StoreError } from "@mini-openclaw/session-store";
import { logIsOpen, storeClosed } from "@mini-openclaw/session-store/kit";
import type { SessionWriter } from "./session-writer.ts";

// Long enough for a caller that appends one by one.
const IDLE_MS = 1_000;

/** Opens the writer of a session. */
type Open = (sessionId: string) => Promise<SessionWriter>;

interface Entry {
  readonly opened: Promise<SessionWriter>;
  writer?: SessionWriter;
  hasLog: boolean;
  /** Callers that use the writer now. */
  users: number;
  idle?: NodeJS.Timeout | undefined;
  closed?: Promise<void>;
}

/** The writers that a store has open: one per session, shared by its log and by single appends. */
export class WriterPool {
  readonly #open: Open;
  readonly #entries = new Map<string, Entry>();
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
    const entry = await this.#acquire(sessionId, open);
    try {
      return await use(await entry.opened);
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

  /** Ends the writers of a node that was fenced. */
  lose(node: number, error: StoreError): void {
    for (const { writer } of this.#entries.values()) if (writer?.node === node) writer.lose(error);
  }

  async closeAll(): Promise<void> {
    this.#isClosed = true;
    const closing = [...this.#entries].map(async ([sessionId, entry]) => {
      await entry.opened.catch(() => undefined);
      await this.#close(sessionId, entry);
    });
    await Promise.all(closing);
  }

  async #acquire(sessionId: string, open?: Open): Promise<Entry> {
    for (;;) {
      if (this.#isClosed) throw storeClosed();
      const entry = this.#entries.get(sessionId) ?? this.#begin(sessionId, open);
      const writer = entry.writer ?? (await entry.opened);
      if (entry.closed || writer.isClosed) {
        await this.#close(sessionId, entry);
        continue;
      }
      entry.users += 1;
      clearTimeout(entry.idle);
      return entry;
    }
  }

  #begin(sessionId: string, open = this.#open): Entry {
    const entry: Entry = { opened: open(sessionId), hasLog: false, users: 0 };
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
    clearTimeout(entry.idle);
    entry.idle = setTimeout(() => void this.#close(sessionId, entry), IDLE_MS);
  }

  #close(sessionId: string, entry: Entry): Promise<void> {
    clearTimeout(entry.idle);
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
