import type {
  CreateSessionOptions,
  Entry,
  ListSessionsOptions,
  LoadMessagesOptions,
  Message,
  MessageEntry,
  Numbered,
  SessionEvent,
  SessionHeader,
  SessionLog,
  SessionMeta,
  SessionPage,
  SessionStore,
} from "@mini-openclaw/protocol";
import { isMessageEntry, TRANSCRIPT_VERSION, toEntry } from "@mini-openclaw/protocol";
import { StoreError } from "./errors.ts";
import { assertMessage, toMessageEntry } from "./message-entry.ts";
import { assertKey, assertSessionId, createId } from "./names.ts";
import { closeOpenRuns, nextOpenRuns, noOpenRuns, type OpenRuns } from "./open-runs.ts";
import { numberEvent, RecentEvents } from "./recent-events.ts";
import { pickPage } from "./sessions-page.ts";
import { beginSummary, nextSummary, type Summary } from "./summary.ts";

/**
 * A store that forgets everything with the process: for tests and demos, and the one to read first. It keeps the
 * same promises as the others, but for durability.
 */
export function createMemoryStore(): SessionStore {
  return new MemoryStore();
}

interface MemorySession {
  summary: Summary;
  /** The order in which the sessions were made. */
  readonly order: number;
  readonly entries: Entry[];
  events: Numbered[];
  runs: OpenRuns;
  log?: MemoryLog;
}

class MemoryStore implements SessionStore {
  readonly #sessions = new Map<string, MemorySession>();
  #closed = false;

  async getOrCreateSession(key: string, options?: CreateSessionOptions): Promise<SessionMeta> {
    assertKey(key);
    this.#assertOpen();
    let newest: MemorySession | undefined;
    for (const session of this.#sessions.values()) {
      const { meta } = session.summary;
      if (meta.key === key && !meta.archived && session.order > (newest?.order ?? -1)) newest = session;
    }
    return newest ? newest.summary.meta : this.createSession(key, options);
  }

  async createSession(key: string, { owner }: CreateSessionOptions = {}): Promise<SessionMeta> {
    assertKey(key);
    this.#assertOpen();
    const header: SessionHeader = {
      type: "session",
      v: TRANSCRIPT_VERSION,
      sessionId: createId(),
      key,
      createdAt: Date.now(),
      ...(owner !== undefined && { owner }),
    };
    const summary = nextSummary(beginSummary(header.sessionId), { kind: "header", header });
    this.#sessions.set(header.sessionId, {
      summary,
      order: this.#sessions.size,
      entries: [],
      events: [],
      runs: noOpenRuns,
    });
    return summary.meta;
  }

  async getSession(sessionId: string): Promise<SessionMeta | undefined> {
    assertSessionId(sessionId);
    this.#assertOpen();
    return this.#sessions.get(sessionId)?.summary.meta;
  }

  async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    this.#assertOpen();
    const kept = [...this.#sessions.values()].filter(({ summary }) => summary.lastSeq > 0);
    const { page, ...rest } = pickPage(
      kept.map(({ summary }) => summary.meta),
      options,
    );
    return { sessions: page, ...rest };
  }

  async appendMessage(sessionId: string, message: Message): Promise<MessageEntry> {
    const session = this.#find(sessionId);
    const entry = toMessageEntry(assertMessage(message), session.summary.lastSeq + 1);
    keep(session, entry);
    return entry;
  }

  async loadMessages(
    sessionId: string,
    { limit = 50, before = Number.POSITIVE_INFINITY }: LoadMessagesOptions = {},
  ): Promise<MessageEntry[]> {
    const messages = this.#find(sessionId).entries.filter(isMessageEntry);
    return limit === 0 ? [] : messages.filter(({ seq }) => seq < before).slice(-limit);
  }

  async *entries(sessionId: string, { after = 0 }: { after?: number } = {}): AsyncGenerator<Entry> {
    yield* this.#find(sessionId).entries.filter(({ seq }) => seq > after);
  }

  async openLog(sessionId: string): Promise<SessionLog> {
    const session = this.#find(sessionId);
    if (session.log) throw new StoreError("SESSION_LOCKED", `session ${sessionId}: its log is already open`);
    session.log = new MemoryLog(session);
    return session.log;
  }

  async recover(): Promise<string[]> {
    this.#assertOpen();
    const left = [...this.#sessions.values()].filter(({ log, runs }) => !log && runs.size > 0);
    for (const session of left) await new MemoryLog(session).close();
    return left.map(({ summary }) => summary.meta.sessionId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { log } of this.#sessions.values()) await log?.close();
  }

  #find(sessionId: string): MemorySession {
    assertSessionId(sessionId);
    this.#assertOpen();
    const session = this.#sessions.get(sessionId);
    if (!session) throw new StoreError("SESSION_NOT_FOUND", `there is no session ${sessionId}`);
    return session;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError("STORE_CLOSED", "the store is closed");
  }
}

class MemoryLog implements SessionLog {
  readonly #session: MemorySession;
  readonly #recent: RecentEvents;
  #closed = false;

  constructor(session: MemorySession) {
    this.#session = session;
    this.#recent = new RecentEvents(session.summary.lastSeq);
    const closing = closeOpenRuns(session.runs, { timestamp: Date.now(), createId });
    if (closing.length > 0) this.record(closing);
    this.settle();
  }

  get sessionId(): string {
    return this.#session.summary.meta.sessionId;
  }

  get epoch(): string {
    return this.#session.summary.epoch;
  }

  get lastSeq(): number {
    return this.#session.summary.lastSeq;
  }

  record(events: readonly SessionEvent[]): Numbered[] {
    this.#assertOpen();
    const session = this.#session;
    const numbered = events.map((event, index) =>
      numberEvent(event, this.sessionId, this.lastSeq + 1 + index),
    );
    for (const { event } of numbered) {
      const entry = toEntry(event);
      if (entry) keep(session, entry);
      else session.summary = { ...session.summary, lastSeq: event.seq };
      session.runs = nextOpenRuns(session.runs, event);
    }
    session.events.push(...numbered);
    this.#recent.push(numbered);
    return numbered;
  }

  async *read({
    after = 0,
    signal,
  }: {
    after?: number;
    signal?: AbortSignal;
  } = {}): AsyncGenerator<Numbered> {
    let last = after;
    while (!this.#closed && !signal?.aborted) {
      const next = this.#recent.since(last) ?? this.#session.events.filter(({ event }) => event.seq > last);
      for (const numbered of next) {
        if (signal?.aborted) return;
        last = numbered.event.seq;
        yield numbered;
      }
      if (next.length === 0) await this.#recent.changed(signal);
    }
  }

  settle(): void {
    this.#assertOpen();
    this.#session.events = this.#session.events.filter(({ event }) => toEntry(event) !== undefined);
    this.#session.runs = noOpenRuns;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#session.log === this) delete this.#session.log;
    this.#recent.wake();
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError("LOG_CLOSED", `session ${this.sessionId}: the log is closed`);
  }
}

function keep(session: MemorySession, entry: Entry): void {
  session.entries.push(entry);
  session.summary = nextSummary(session.summary, { kind: "entry", entry, marks: {} });
}
