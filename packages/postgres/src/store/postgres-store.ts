import type {
  AppendOptions,
  CreateSessionOptions,
  Entry,
  ForkSessionOptions,
  GetSessionOptions,
  ListSessionsOptions,
  LoadMessagesOptions,
  Message,
  MessageEntry,
  SearchHit,
  SearchSessionsOptions,
  SessionLog,
  SessionMeta,
  SessionPage,
  SessionStore,
} from "@mini-openclaw/protocol";
import {
  archived,
  assertAppendOptions,
  assertKey,
  assertLimit,
  assertMessages,
  assertSessionId,
  assertTitle,
  checkOptions,
  createMatcher,
  MAX_PAGE,
  notFound,
  parseCursor,
  storeClosed,
} from "@mini-openclaw/session-store/kit";
import { readEntries, readEvents } from "../writer/read-lines.ts";
import { PostgresSessionLog } from "../writer/session-log.ts";
import { toMeta } from "../writer/session-row.ts";
import { loadBlob, saveBlob } from "./blobs.ts";
import { eachOrStoreError, orStoreError } from "./context.ts";
import type { Database } from "./database.ts";
import { forkSession } from "./fork-session.ts";
import {
  archiveSession,
  deleteSession,
  findDeleted,
  unarchiveSession,
  undeleteSession,
  writeSession,
} from "./lifecycle.ts";
import { loadMessages } from "./messages.ts";
import { recoverSessions } from "./recover.ts";
import { searchSessions } from "./search/search-sessions.ts";
import { getOrInsertSession, insertSession, listSessions } from "./sessions.ts";

/** The store on PostgreSQL. Each method checks its arguments, then reads or writes the tables. */
export class PostgresStore implements SessionStore {
  readonly #database: Database;
  #closing: Promise<void> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  async getOrCreateSession(key: string, options: CreateSessionOptions = {}): Promise<SessionMeta> {
    assertKey(key);
    checkOptions.createSession(options);
    return this.#write(() => getOrInsertSession(this.#database.context, key, options));
  }

  async createSession(key: string, options: CreateSessionOptions = {}): Promise<SessionMeta> {
    assertKey(key);
    checkOptions.createSession(options);
    const { summary } = await this.#write(() => insertSession(this.#database.context, key, options));
    return summary.meta;
  }

  async getSession(sessionId: string, options: GetSessionOptions = {}): Promise<SessionMeta | undefined> {
    checkOptions.getSession(options);
    assertSessionId(sessionId);
    const { context } = this.#database;
    if (options.deleted) return this.#read(() => findDeleted(context, sessionId));
    this.#assertOpen();
    const writer = context.writers.peek(sessionId);
    if (writer) return writer.meta;
    const row = await this.#read(() => context.findSession(sessionId));
    return row && toMeta(row);
  }

  async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    checkOptions.listSessions(options);
    assertLimit(options.limit, MAX_PAGE);
    if (options.cursor !== undefined) parseCursor(options.cursor);
    return this.#read(() => listSessions(this.#database.context, options));
  }

  async renameSession(sessionId: string, title: string): Promise<SessionMeta> {
    assertTitle(title);
    return this.#change(sessionId, (context) =>
      writeSession(context, sessionId, async (writer) => {
        await writer.record([{ type: "session_updated", title, timestamp: Date.now() }]);
        return writer.meta;
      }),
    );
  }

  archiveSession(sessionId: string): Promise<SessionMeta> {
    return this.#change(sessionId, (context) => archiveSession(context, sessionId));
  }

  unarchiveSession(sessionId: string): Promise<SessionMeta> {
    return this.#change(sessionId, (context) => unarchiveSession(context, sessionId));
  }

  async forkSession(sessionId: string, options: ForkSessionOptions = {}): Promise<SessionMeta> {
    checkOptions.forkSession(options);
    const { groups } = this.#database;
    return this.#change(sessionId, (context) => forkSession(context, groups, sessionId, options));
  }

  deleteSession(sessionId: string): Promise<void> {
    return this.#change(sessionId, (context) => deleteSession(context, sessionId));
  }

  undeleteSession(sessionId: string): Promise<SessionMeta> {
    return this.#change(sessionId, (context) => undeleteSession(context, sessionId));
  }

  async *searchSessions(text: string, options: SearchSessionsOptions = {}): AsyncGenerator<SearchHit> {
    checkOptions.searchSessions(options);
    createMatcher(text);
    if (options.cursor !== undefined) parseCursor(options.cursor);
    this.#assertOpen();
    yield* eachOrStoreError(searchSessions(this.#database.searchContext, text, options), options.signal);
  }

  async appendMessage(sessionId: string, message: Message, options?: AppendOptions): Promise<MessageEntry> {
    const [entry] = await this.appendMessages(sessionId, [message], options);
    return entry as MessageEntry;
  }

  async appendMessages(
    sessionId: string,
    messages: readonly Message[],
    options: AppendOptions = {},
  ): Promise<MessageEntry[]> {
    assertAppendOptions(options);
    const checked = assertMessages(messages);
    return this.#change(sessionId, (context) =>
      writeSession(context, sessionId, (writer) => writer.append(checked, options)),
    );
  }

  async loadMessages(sessionId: string, options: LoadMessagesOptions = {}): Promise<MessageEntry[]> {
    checkOptions.loadMessages(options);
    assertLimit(options.limit);
    assertSessionId(sessionId);
    const { limit = 50, before, role } = options;
    const { context } = this.#database;
    const load = () => this.#read(() => loadMessages(context, sessionId, options));
    const writer = before === undefined && role === undefined ? context.writers.peek(sessionId) : undefined;
    return writer && !this.#closing ? writer.messages.readThrough(limit, load) : load();
  }

  async *entries(sessionId: string, options: { after?: number } = {}): AsyncGenerator<Entry> {
    checkOptions.entries(options);
    assertSessionId(sessionId);
    const { query, names, findSession } = this.#database.context;
    const row = await this.#read(() => findSession(sessionId));
    if (!row) throw notFound(sessionId);
    const after = Math.min(Number.MAX_SAFE_INTEGER, Math.floor(options.after ?? 0));
    yield* eachOrStoreError(readEntries(query, names.schema, Number(row["num"]), after));
  }

  async loadBlob(sessionId: string, blob: string): Promise<Uint8Array | undefined> {
    assertSessionId(sessionId);
    return this.#read(() => loadBlob(this.#database.context, sessionId, blob));
  }

  openLog(sessionId: string): Promise<SessionLog> {
    return this.#change(sessionId, async (context) => {
      const { query, names, writers } = context;
      const writer = await writers.claimLog(sessionId);
      if (writer.isArchived) {
        await writers.close(sessionId, writer);
        throw archived(sessionId);
      }
      const session = { sid: writer.sid, sessionId };
      return new PostgresSessionLog(writer, {
        readEvents: (after) => eachOrStoreError(readEvents(query, names.schema, session, after)),
        saveBlob: (bytes) => this.#write(() => saveBlob(context, writer, bytes)),
        close: () => writers.close(sessionId, writer),
      });
    });
  }

  recover(): Promise<string[]> {
    return this.#write(() => recoverSessions(this.#database.context));
  }

  close(): Promise<void> {
    this.#closing ??= this.#database.close();
    return this.#closing;
  }

  #read<T>(act: () => Promise<T>): Promise<T> {
    return orStoreError("READ_FAILED", () => {
      this.#assertOpen();
      return act();
    });
  }

  #write<T>(act: () => Promise<T>): Promise<T> {
    return orStoreError("WRITE_FAILED", () => {
      this.#assertOpen();
      return act();
    });
  }

  #change<T>(sessionId: string, act: (context: Database["context"]) => Promise<T>): Promise<T> {
    return orStoreError("WRITE_FAILED", () => {
      assertSessionId(sessionId);
      this.#assertOpen();
      return act(this.#database.context);
    });
  }

  #assertOpen(): void {
    if (this.#closing) throw storeClosed();
  }
}
