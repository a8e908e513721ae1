import type { NumberedEvent, SessionEvent } from "../session/events.ts";
import type { Message } from "../session/messages.ts";
import type { Entry, MessageEntry, ParentCall, SessionMeta } from "../session/transcript.ts";

/**
 * Stores sessions.
 *
 * All entries of a session have one order, `seq`. A session has at most one writer at a time.
 * Readers need no lock and never write. Errors have a stable `code`. `SESSION_NOT_FOUND`,
 * `SESSION_LOCKED` and `STORE_CLOSED` have the same meaning in every store.
 */
export interface SessionStore {
  /**
   * Returns the newest open session of a key, or creates one. A new session is stored with its
   * first entry.
   */
  getOrCreateSession(key: string, options?: CreateSessionOptions): Promise<SessionMeta>;
  /**
   * Creates a session. `getOrCreateSession(key)` returns it from then on. It is stored with its
   * first entry.
   */
  createSession(key: string, options?: CreateSessionOptions): Promise<SessionMeta>;
  /** Returns the meta data of a session, or `undefined` if the id is unknown. */
  getSession(sessionId: string, options?: GetSessionOptions): Promise<SessionMeta | undefined>;
  /** Returns a page of sessions, newest update first. */
  listSessions(options?: ListSessionsOptions): Promise<SessionPage>;
  /** Sets the title of a session, 1 to 200 characters. */
  renameSession(sessionId: string, title: string): Promise<SessionMeta>;
  /**
   * Archives a session: it can be read but not written. Rejects with `SESSION_BUSY` while a run is
   * active or queued.
   */
  archiveSession(sessionId: string): Promise<SessionMeta>;
  /** Unarchives a session. */
  unarchiveSession(sessionId: string): Promise<SessionMeta>;
  /**
   * Creates a session with the entries of another one, up to and including `at`. A run that is cut
   * there ends as interrupted, in the new session only.
   */
  forkSession(sessionId: string, options?: ForkSessionOptions): Promise<SessionMeta>;
  /**
   * Deletes a session. It can be restored for some days. Rejects with `SESSION_BUSY` while a run is
   * active or queued.
   */
  deleteSession(sessionId: string): Promise<void>;
  /** Restores a deleted session. */
  undeleteSession(sessionId: string): Promise<SessionMeta>;
  /**
   * Finds sessions with a text in their title or in a message, newest update first, each once.
   * Ignores case.
   */
  searchSessions(text: string, options?: SearchSessionsOptions): AsyncIterable<SearchHit>;
  /** Appends one message outside of a run. Resolves when it is stored. */
  appendMessage(sessionId: string, message: Message, options?: AppendOptions): Promise<MessageEntry>;
  /** Appends messages outside of a run. After a crash either all of them are stored, or none. */
  appendMessages(
    sessionId: string,
    messages: readonly Message[],
    options?: AppendOptions,
  ): Promise<MessageEntry[]>;
  /**
   * Returns the last `limit` messages before `before`, oldest first. The cost depends on the
   * result, not on the size of the session.
   */
  loadMessages(sessionId: string, options?: LoadMessagesOptions): Promise<MessageEntry[]>;
  /**
   * Yields every entry with a greater `seq` than `after`, in order and in bounded memory. Ends at
   * the newest one.
   */
  entries(sessionId: string, options?: { after?: number }): AsyncIterable<Entry>;
  /**
   * Returns the bytes of a blob that an entry of the session names, or `undefined` if they are
   * missing. Absent in stores that keep files in their entries.
   */
  loadBlob?(sessionId: string, blob: string): Promise<Uint8Array | undefined>;
  /**
   * Opens the log of a session, whose only writer the caller becomes. Ends the runs that a dead
   * writer left open before it resolves.
   */
  openLog(sessionId: string): Promise<SessionLog>;
  /**
   * Ends the runs that dead writers left open, in all sessions, and returns the ids of those
   * sessions. A gateway calls it at startup. Sessions of other live writers stay unchanged.
   */
  recover(): Promise<string[]>;
  /** Closes the open logs. Later calls fail with `STORE_CLOSED`. Idempotent. */
  close(): Promise<void>;
}

export interface CreateSessionOptions {
  /** The id of the principal who owns the session. */
  owner?: string;
  /** The tool call that starts the session, if it is the session of a sub-agent. */
  parent?: ParentCall;
}

export interface GetSessionOptions {
  /**
   * Returns a deleted session instead of an existing one.
   * @default false
   */
  deleted?: boolean;
}

export interface ListSessionsOptions {
  /** @default 50 */
  limit?: number;
  /** Only sessions of this key. */
  key?: string;
  /** Only sessions whose key begins with this text. */
  keyPrefix?: string;
  /**
   * Archived sessions instead of open ones.
   * @default false
   */
  archived?: boolean;
  /** The `cursor` of the previous page. */
  cursor?: string;
}

/** A page of sessions. A session that is updated meanwhile moves to the first page. */
export interface SessionPage {
  sessions: SessionMeta[];
  /** The start of the next page. Opaque. Absent on the last page. */
  cursor?: string;
}

export interface ForkSessionOptions {
  /**
   * The `seq` of the last entry to copy.
   * @default the newest entry
   */
  at?: number;
  /** @default the key of the other session */
  key?: string;
  /** @default the owner of the other session */
  owner?: string;
}

export interface SearchSessionsOptions {
  /** Only sessions of this key. */
  key?: string;
  /** Only sessions whose key begins with this text. */
  keyPrefix?: string;
  /**
   * Archived sessions instead of open ones.
   * @default false
   */
  archived?: boolean;
  /** The `cursor` of a hit. The search continues after that hit. */
  cursor?: string;
  signal?: AbortSignal;
}

export interface SearchHit {
  session: SessionMeta;
  /** The position of the hit, for a later search. */
  cursor: string;
  /** The newest message with the text. Absent where only the title has it. */
  message?: MessageEntry;
}

export interface AppendOptions {
  /**
   * An id for the append, so that it can be repeated. The same key with the same messages returns
   * the stored entries. Other messages are refused with `IDEMPOTENCY_CONFLICT`. The store remembers
   * the keys of the last 1,000 entries.
   */
  idempotencyKey?: string;
  /**
   * Refuses with `SEQ_MISMATCH` unless this is the session's newest number. 0 for a new session.
   */
  expect?: { seq: number };
  /**
   * The failures that a stored entry survives: the end of the process, or a power failure.
   * @default the option of the store
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

/** A recorded event and the text of its frame. The text is created once for all watchers. */
export interface RecordedEvent {
  readonly event: NumberedEvent;
  readonly json: string;
}

/** The only way to write to a session, and the only source of its numbers. */
export interface SessionLog {
  readonly sessionId: string;
  /** Changes whenever sequence numbers may have been reused, so that clients start over. */
  readonly epoch: string;
  /** The newest number. 0 in a new session. */
  readonly lastSeq: number;
  /**
   * Numbers the events and stores all of them or none, in the order of the calls. No watcher may
   * get an event before this returns. Returns without a promise where the store is synchronous.
   */
  record(events: readonly SessionEvent[]): RecordedEvent[] | Promise<RecordedEvent[]>;
  /**
   * Saves a file that is too large for an entry, and returns its id: the SHA-256 of the bytes in
   * hexadecimal. It is as durable as the entry that is recorded with that id after it. A fork has
   * the blobs of its entries. Absent in stores that keep files in their entries.
   */
  saveBlob?(bytes: Uint8Array): Promise<string>;
  /**
   * Yields all events after `after` in order, then new events until `signal` aborts or the log
   * closes.
   */
  read(options?: { after?: number; signal?: AbortSignal }): AsyncIterable<RecordedEvent>;
  /** Reports that no run is active or queued. The store may drop live events then. */
  settle(): void | Promise<void>;
  /** Closes the log and releases the lock. Idempotent. */
  close(): Promise<void>;
}
