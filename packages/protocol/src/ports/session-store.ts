import type { NumberedEvent, SessionEvent } from "../session/events.ts";
import type { Message } from "../session/messages.ts";
import type { Entry, MessageEntry, SessionMeta } from "../session/transcript.ts";

/**
 * Keeps sessions.
 *
 * Everything appended to a session has one order, `seq`. A session has at most one writer at a
 * time; readers need no lock and never write. Errors carry a stable `code`; `SESSION_NOT_FOUND`,
 * `SESSION_LOCKED` and `STORE_CLOSED` mean the same in every store.
 */
export interface SessionStore {
  /**
   * The newest open session of `key`, or a new one. A new session is kept from its first entry on.
   */
  getOrCreateSession(key: string, options?: CreateSessionOptions): Promise<SessionMeta>;
  /**
   * A new session that `getOrCreateSession(key)` gives from now on. Kept from its first entry on.
   */
  createSession(key: string, options?: CreateSessionOptions): Promise<SessionMeta>;
  /** What is known of a session; `undefined` if there is none of that id. */
  getSession(sessionId: string, options?: GetSessionOptions): Promise<SessionMeta | undefined>;
  /** Sessions, the one updated last first, a page at a time. */
  listSessions(options?: ListSessionsOptions): Promise<SessionPage>;
  /** Gives a session a title of 1 to 200 characters. */
  renameSession(sessionId: string, title: string): Promise<SessionMeta>;
  /**
   * Puts a session away: it can be read, but not written. `SESSION_BUSY` while something runs or
   * waits in it.
   */
  archiveSession(sessionId: string): Promise<SessionMeta>;
  /** Takes an archived session back. */
  unarchiveSession(sessionId: string): Promise<SessionMeta>;
  /**
   * A new session that begins with the entries of another one, up to and including `at`. A run that
   * is cut there is closed as interrupted, in the new session only.
   */
  forkSession(sessionId: string, options?: ForkSessionOptions): Promise<SessionMeta>;
  /**
   * Removes a session; it can be taken back for some days. `SESSION_BUSY` while something runs or
   * waits in it.
   */
  deleteSession(sessionId: string): Promise<void>;
  /** Takes a deleted session back. */
  undeleteSession(sessionId: string): Promise<SessionMeta>;
  /**
   * Sessions with `text` in their title or in a message, the one updated last first, each once.
   * Ignores case.
   */
  searchSessions(text: string, options?: SearchSessionsOptions): AsyncIterable<SearchHit>;
  /** Appends one message outside a run. Resolves when it is kept. */
  appendMessage(sessionId: string, message: Message, options?: AppendOptions): Promise<MessageEntry>;
  /**
   * Appends messages outside a run, in one piece: after a crash too, all of them are there or none.
   */
  appendMessages(
    sessionId: string,
    messages: readonly Message[],
    options?: AppendOptions,
  ): Promise<MessageEntry[]>;
  /**
   * The last `limit` messages before `before`, oldest first. Costs what it returns, not what the
   * session holds.
   */
  loadMessages(sessionId: string, options?: LoadMessagesOptions): Promise<MessageEntry[]>;
  /**
   * Every entry with a greater `seq` than `after`, in order, in bounded memory. Ends at the newest.
   */
  entries(sessionId: string, options?: { after?: number }): AsyncIterable<Entry>;
  /**
   * Becomes the session's one writer. Whatever a dead writer left running is closed before it
   * resolves.
   */
  openLog(sessionId: string): Promise<SessionLog>;
  /**
   * Closes what dead writers left running, in every session, and gives the ids of those. A gateway
   * calls it when it starts; sessions that another live process writes are left alone.
   */
  recover(): Promise<string[]>;
  /** Closes the open logs. Everything afterwards fails with `STORE_CLOSED`. May be called again. */
  close(): Promise<void>;
}

export interface CreateSessionOptions {
  /** Id of the principal whose session it becomes. */
  owner?: string;
}

export interface GetSessionOptions {
  /**
   * A deleted session instead of one that is there.
   * @default false
   */
  deleted?: boolean;
}

export interface ListSessionsOptions {
  /** @default 50 */
  limit?: number;
  /** Only sessions of this key. */
  key?: string;
  /**
   * Archived sessions instead of open ones.
   * @default false
   */
  archived?: boolean;
  /** The `cursor` of the page before. */
  cursor?: string;
}

/**
 * Some sessions, and where the next page begins. A session that is updated meanwhile moves to the
 * first page.
 */
export interface SessionPage {
  sessions: SessionMeta[];
  /** Absent on the last page. Opaque. */
  cursor?: string;
}

export interface ForkSessionOptions {
  /** The last entry to take over. @default the newest */
  at?: number;
  /** @default the key of the other session */
  key?: string;
  /** @default the owner of the other session */
  owner?: string;
}

export interface SearchSessionsOptions {
  /** Only sessions of this key. */
  key?: string;
  /**
   * Archived sessions instead of open ones.
   * @default false
   */
  archived?: boolean;
  /** Where another search was left: the `cursor` of the hit after which this one goes on. */
  cursor?: string;
  signal?: AbortSignal;
}

export interface SearchHit {
  session: SessionMeta;
  /** Where to go on after it. */
  cursor: string;
  /** The newest message with the text in it; absent where only the title has it. */
  message?: MessageEntry;
}

export interface AppendOptions {
  /**
   * Names the append, so that it can be tried again: the same key with the same messages gives the
   * entries that are there, with others it is refused with `IDEMPOTENCY_CONFLICT`. Remembered for
   * the session's last 1,000 entries.
   */
  idempotencyKey?: string;
  /**
   * Refuses with `SEQ_MISMATCH` unless this is the session's newest number; 0 for a new session.
   */
  expect?: { seq: number };
  /**
   * When it counts as kept: it survives the end of the process, or a power failure. @default as the
   * store was opened
   */
  durability?: "os" | "disk";
}

export interface LoadMessagesOptions {
  /** @default 50 */
  limit?: number;
  /** Only messages with a smaller `seq`. */
  before?: number;
  /** Only messages of this role. */
  role?: Message["role"];
}

/** A recorded event and the text of the frame that shows it: made into JSON once, for everybody. */
export interface RecordedEvent {
  readonly event: NumberedEvent;
  readonly json: string;
}

/** The one way to write to a session, and the one place that gives numbers. */
export interface SessionLog {
  readonly sessionId: string;
  /** Changes only when numbers that were shown may be given again. */
  readonly epoch: string;
  /** The newest number; 0 in a new session. */
  readonly lastSeq: number;
  /**
   * Numbers the events and keeps them, all or none, in the order of the calls. Nobody may see one
   * before this returned. It returns without a promise where the store keeps them at once.
   */
  record(events: readonly SessionEvent[]): RecordedEvent[] | Promise<RecordedEvent[]>;
  /**
   * Everything recorded after `after`, in order, then what is recorded from now on, until `signal`
   * or `close()`.
   */
  read(options?: { after?: number; signal?: AbortSignal }): AsyncIterable<RecordedEvent>;
  /** Says that nothing runs and nothing waits: live events need not be kept any longer. */
  settle(): void | Promise<void>;
  /** Gives up the writer's place. May be called again. */
  close(): Promise<void>;
}
