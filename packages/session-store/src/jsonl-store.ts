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
import { Catalogue } from "./catalogue.ts";
import { CreatedSessions } from "./created-sessions.ts";
import { StoreError } from "./errors.ts";
import { assertAppendOptions, assertMessage, assertTitle } from "./message-entry.ts";
import { assertKey, assertSessionId, createIdSource } from "./names.ts";
import { createSummary } from "./new-session.ts";
import { OpenWriters } from "./open-writers.ts";
import { recoverSessions } from "./recover-sessions.ts";
import { createMatcher } from "./search.ts";
import { SessionFiles } from "./session-files.ts";
import { forkSession } from "./session-fork.ts";
import { JsonlSessionLog } from "./session-log.ts";
import {
  archiveSession,
  deletedSession,
  deleteSession,
  unarchiveSession,
  undeleteSession,
} from "./session-moves.ts";
import { type Folder, openWriter } from "./session-opening.ts";
import { type Located, sessionPaths } from "./session-paths.ts";
import { assertLimit, cursorAfter, MAX_PAGE, pickPage } from "./sessions-page.ts";
import { archived, notFound, type StoreParts, writeSession } from "./store-parts.ts";
import type { Summary } from "./summary.ts";
import { WriterLocks } from "./writer-lock.ts";

// Chosen: long enough for a conversation's next message, short enough not to keep others out.
const IDLE_MS = 30_000;
// Chosen: a quarter of the descriptors that the strictest common system allows a process.
const MAX_IDLE_WRITERS = 256;

/** The store on a folder of JSONL files. */
export class JsonlStore implements SessionStore {
  readonly #parts: StoreParts;
  #closed = false;

  constructor({
    fs,
    path,
    durability,
    lockWaitMs,
  }: Pick<Folder, "fs" | "path" | "durability"> & { lockWaitMs: number }) {
    const files = new SessionFiles(fs, path);
    const created = new CreatedSessions();
    const catalogue = new Catalogue(fs, path, files);
    const onKept = ({ meta }: Summary) => {
      created.delete(meta.sessionId);
      catalogue.put(meta);
    };
    const onClose = ({ meta }: Summary) => catalogue.save(meta);
    const locks = new WriterLocks(fs);
    const folder: Folder = { fs, path, durability, locks, createId: createIdSource(), onKept, onClose };
    const writers = new OpenWriters((sessionId) => openWriter(folder, sessionId, created.get(sessionId)), {
      idleMs: IDLE_MS,
      maxIdle: MAX_IDLE_WRITERS,
      lockWaitMs,
    });
    this.#parts = { folder, files, writers, catalogue, created };
  }

  async getOrCreateSession(key: string, options?: CreateSessionOptions): Promise<SessionMeta> {
    assertKey(key);
    this.#assertOpen();
    const kept = await this.#parts.catalogue.newestOf(key);
    const newest = this.#parts.created.newestOf(key)?.meta;
    if (newest && newest.createdAt >= (kept?.createdAt ?? 0)) return newest;
    return (kept && (await this.getSession(kept.sessionId))) ?? this.createSession(key, options);
  }

  async createSession(key: string, options?: CreateSessionOptions): Promise<SessionMeta> {
    assertKey(key);
    this.#assertOpen();
    const summary = createSummary(key, options);
    this.#parts.created.add(summary);
    return summary.meta;
  }

  async getSession(sessionId: string, options: GetSessionOptions = {}): Promise<SessionMeta | undefined> {
    const parts = this.#partsFor(sessionId);
    if (options.deleted) return deletedSession(parts, sessionId);
    const { writers, files, created } = parts;
    // Looked up before the files: a session that gets its first entry meanwhile must not fall between the two.
    const fresh = created.get(sessionId);
    const writer = await writers.peek(sessionId);
    if (writer && !writer.isClosed) return writer.meta;
    return (await files.meta(sessionId)) ?? fresh?.meta;
  }

  async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    assertLimit(options.limit, MAX_PAGE);
    this.#assertOpen();
    const { page, ...rest } = pickPage(await this.#parts.catalogue.all(), options);
    const metas = await Promise.all(page.map(({ sessionId }) => this.getSession(sessionId)));
    return { sessions: metas.filter((meta) => meta !== undefined), ...rest };
  }

  async renameSession(sessionId: string, title: string): Promise<SessionMeta> {
    assertTitle(title);
    return writeSession(this.#partsFor(sessionId), sessionId, async (writer) => {
      await writer.record([{ type: "session_updated", title, timestamp: Date.now() }]);
      return writer.meta;
    });
  }

  async archiveSession(sessionId: string): Promise<SessionMeta> {
    return archiveSession(this.#partsFor(sessionId), sessionId);
  }

  async unarchiveSession(sessionId: string): Promise<SessionMeta> {
    return unarchiveSession(this.#partsFor(sessionId), sessionId);
  }

  async forkSession(sessionId: string, options: ForkSessionOptions = {}): Promise<SessionMeta> {
    const located = await this.#locate(sessionId);
    if (located) return forkSession(this.#parts, sessionId, { located, options });
    throw new StoreError("INVALID_OPTION", `at: session ${sessionId} has no entry yet`);
  }

  async deleteSession(sessionId: string): Promise<void> {
    return deleteSession(this.#parts, sessionId, await this.#locate(sessionId));
  }

  async undeleteSession(sessionId: string): Promise<SessionMeta> {
    return undeleteSession(this.#partsFor(sessionId), sessionId);
  }

  async *searchSessions(
    text: string,
    { signal, cursor: first, ...options }: SearchSessionsOptions = {},
  ): AsyncGenerator<SearchHit> {
    const { inTitle, inMessage } = createMatcher(text);
    let cursor = first;
    do {
      const page = await this.listSessions({ ...options, ...(cursor !== undefined && { cursor }) });
      for (const session of page.sessions) {
        signal?.throwIfAborted();
        const located = await this.#parts.files.locate(session.sessionId);
        const message = located && (await this.#parts.files.findLast(located, inMessage, signal));
        const hit = { session, cursor: cursorAfter(session) };
        if (message) yield { ...hit, message };
        else if (inTitle(session)) yield hit;
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async appendMessage(
    sessionId: string,
    message: Message,
    options: AppendOptions = {},
  ): Promise<MessageEntry> {
    const [entry] = await this.#append(sessionId, [assertMessage(message)], options);
    return entry as MessageEntry;
  }

  async appendMessages(
    sessionId: string,
    messages: readonly Message[],
    options: AppendOptions = {},
  ): Promise<MessageEntry[]> {
    return this.#append(sessionId, messages.map(assertMessage), options);
  }

  async loadMessages(sessionId: string, options: LoadMessagesOptions = {}): Promise<MessageEntry[]> {
    assertLimit(options.limit);
    const { limit = 50, before, role } = options;
    const writer = await this.#partsFor(sessionId).writers.peek(sessionId);
    const isNewest = before === undefined && role === undefined;
    const recent = isNewest && !writer?.isClosed ? writer?.messages : undefined;
    const known = recent?.last(limit);
    if (known) return known;
    const added = recent?.added ?? 0;
    const located = await this.#locate(sessionId);
    const messages = (located && (await this.#parts.files.lastMessages(located, options))) ?? [];
    recent?.fill(messages, { limit, added });
    return messages;
  }

  async *entries(sessionId: string, { after = 0 }: { after?: number } = {}): AsyncGenerator<Entry> {
    const located = await this.#locate(sessionId);
    if (located) yield* this.#parts.files.entries(located, { after });
  }

  async openLog(sessionId: string): Promise<SessionLog> {
    const { writers, folder } = this.#partsFor(sessionId);
    const writer = await writers.log(sessionId);
    if (!writer) throw new StoreError("SESSION_LOCKED", `session ${sessionId}: its log is already open`);
    const close = () => writers.close(sessionId, writer);
    if (writer.meta.archived) {
      await close();
      throw archived(sessionId);
    }
    return new JsonlSessionLog(writer, { fs: folder.fs, paths: sessionPaths(folder.path, sessionId) }, close);
  }

  async recover(): Promise<string[]> {
    this.#assertOpen();
    return recoverSessions(this.#parts);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#parts.writers.closeAll();
    await this.#parts.catalogue.close();
  }

  #append(sessionId: string, messages: readonly Message[], options: AppendOptions): Promise<MessageEntry[]> {
    assertAppendOptions(options);
    const parts = this.#partsFor(sessionId);
    // A key may have to be looked up first: then the writer must be held meanwhile.
    const writer = options.idempotencyKey === undefined ? parts.writers.ready(sessionId) : undefined;
    if (writer && !writer.isArchived) return writer.append(messages, options);
    return writeSession(parts, sessionId, (held) => held.append(messages, options));
  }

  /** @throws StoreError `INVALID_SESSION_ID`, `STORE_CLOSED` */
  #partsFor(sessionId: string): StoreParts {
    assertSessionId(sessionId);
    this.#assertOpen();
    return this.#parts;
  }

  /** `undefined` if the session has no entry yet. @throws StoreError `SESSION_NOT_FOUND` */
  async #locate(sessionId: string): Promise<Located | undefined> {
    const { files, created } = this.#partsFor(sessionId);
    const isFresh = created.get(sessionId) !== undefined;
    const located = await files.locate(sessionId);
    if (located || isFresh) return located;
    throw notFound(sessionId);
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError("STORE_CLOSED", "the store is closed");
  }
}
