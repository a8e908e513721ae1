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
import { mustBe } from "@mini-openclaw/protocol/shared";
import { sessionPaths } from "../files/session-paths.ts";
import { createSummary, nextCreation } from "../format/new-session.ts";
import type { Summary } from "../format/summary.ts";
import type { IndexedSessions } from "../listing/indexed-sessions.ts";
import { SessionIndex } from "../listing/session-index.ts";
import { UnsavedSessions } from "../listing/unsaved-sessions.ts";
import { WriterLocks } from "../locks/writer-lock.ts";
import { assertAppendOptions, assertOwner, assertTitle } from "../model/check-options.ts";
import { StoreError, toStoreError } from "../model/errors.ts";
import { copyJson } from "../model/json.ts";
import { assertMessage } from "../model/message-entry.ts";
import { assertKey, assertSessionId, createIdSource } from "../model/names.ts";
import { createMatcher } from "../model/search.ts";
import { archived, logIsOpen, notFound, storeClosed } from "../model/session-errors.ts";
import { assertLimit, cursorAfter } from "../model/sessions-page.ts";
import { SessionFiles } from "../transcript/session-files.ts";
import { type Folder, openWriter } from "../writer/open-writer.ts";
import { JsonlSessionLog } from "../writer/session-log.ts";
import { WriterPool } from "../writer/writer-pool.ts";
import { forkSession } from "./fork-session.ts";
import { listSessions } from "./list-sessions.ts";
import { recoverSessions } from "./recover-sessions.ts";
import { archiveSession, deleteSession, unarchiveSession, undeleteSession } from "./session-lifecycle.ts";
import { isOfOneSession, type ReportFailure, type StoreContext, writeSession } from "./store-context.ts";

// Long enough for the next message of a conversation, short enough for other processes.
const IDLE_MS = 30_000;
// A quarter of the descriptors that the strictest common system allows a process.
const MAX_OPEN_WRITERS = 256;

export type JsonlStoreOptions = Pick<Folder, "fs" | "path" | "durability"> & {
  lockWaitMs: number;
  onFailure?: ReportFailure | undefined;
};

/** The store on a folder of JSONL files. */
export class JsonlStore implements SessionStore {
  readonly #context: StoreContext;
  #isClosed = false;

  constructor({ fs, path, durability, lockWaitMs, onFailure = () => {} }: JsonlStoreOptions) {
    const files = new SessionFiles(fs, path);
    const unsaved = new UnsavedSessions();
    const index = new SessionIndex(fs, path, files);
    const onKept = ({ meta }: Summary) => {
      unsaved.delete(meta.sessionId);
      index.put(meta);
    };
    const onClose = ({ meta }: Summary) => index.save(meta);
    const locks = new WriterLocks(fs);
    const folder: Folder = {
      fs,
      path,
      durability,
      locks,
      files,
      createId: createIdSource(),
      onKept,
      onClose,
    };
    const writers = new WriterPool((sessionId) => openWriter(folder, sessionId, unsaved.get(sessionId)), {
      idleMs: IDLE_MS,
      maxOpen: MAX_OPEN_WRITERS,
      lockWaitMs,
    });
    this.#context = { folder, files, writers, index, unsaved, onFailure };
  }

  async getOrCreateSession(key: string, options: CreateSessionOptions = {}): Promise<SessionMeta> {
    assertKey(key);
    this.#assertOpen();
    const index = await this.#sessions();
    const except = new Set<string>();
    for (;;) {
      const entry = index.newestOf(key, except);
      const fresh = this.#context.unsaved.newestOf(key)?.meta;
      if (fresh && fresh.createdAt >= (entry?.createdAt ?? 0)) return copyJson(fresh);
      if (!entry) return this.#create(key, options, index);
      const meta = await this.#readSession(entry.sessionId);
      if (meta && meta.key === key && !meta.archived) return meta;
      // The index was behind, or the session cannot be read. The one before it is the newest.
      except.add(entry.sessionId);
      if (meta) this.#context.index.correct(entry.sessionId, meta);
    }
  }

  async createSession(key: string, options: CreateSessionOptions = {}): Promise<SessionMeta> {
    assertKey(key);
    this.#assertOpen();
    return this.#create(key, options, await this.#sessions());
  }

  async getSession(sessionId: string, options: GetSessionOptions = {}): Promise<SessionMeta | undefined> {
    const { writers, files, unsaved } = this.#contextFor(sessionId);
    return reading(async () => {
      if (options.deleted) return (await files.deletedSummary(sessionId))?.meta;
      // Before the files, so that a session that gets its first entry meanwhile is found.
      const fresh = unsaved.get(sessionId);
      const writer = writers.peek(sessionId);
      return copyJson(writer?.meta ?? (await files.meta(sessionId)) ?? fresh?.meta);
    });
  }

  async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    this.#assertOpen();
    return listSessions(this.#context, options, {
      sessions: await this.#sessions(),
      read: (sessionId) => this.#readSession(sessionId),
    });
  }

  async renameSession(sessionId: string, title: string): Promise<SessionMeta> {
    assertTitle(title);
    const context = this.#contextFor(sessionId);
    return this.#writing(() =>
      writeSession(context, sessionId, async (writer) => {
        await writer.record([{ type: "session_updated", title, timestamp: Date.now() }]);
        return writer.meta;
      }),
    );
  }

  async archiveSession(sessionId: string): Promise<SessionMeta> {
    const context = this.#contextFor(sessionId);
    return this.#writing(() => archiveSession(context, sessionId));
  }

  async unarchiveSession(sessionId: string): Promise<SessionMeta> {
    const context = this.#contextFor(sessionId);
    return this.#writing(() => unarchiveSession(context, sessionId));
  }

  async forkSession(sessionId: string, options: ForkSessionOptions = {}): Promise<SessionMeta> {
    const context = this.#contextFor(sessionId);
    if (context.unsaved.get(sessionId)) {
      const at = mustBe("at", `the number of an entry of session ${sessionId}`, options.at);
      throw new StoreError("INVALID_OPTION", `${at} The session has no entry yet.`);
    }
    return this.#writing(() => forkSession(context, sessionId, options));
  }

  async deleteSession(sessionId: string): Promise<void> {
    const context = this.#contextFor(sessionId);
    return this.#writing(() => deleteSession(context, sessionId));
  }

  async undeleteSession(sessionId: string): Promise<SessionMeta> {
    const context = this.#contextFor(sessionId);
    return this.#writing(() => undeleteSession(context, sessionId));
  }

  async *searchSessions(
    text: string,
    { signal, cursor: first, ...options }: SearchSessionsOptions = {},
  ): AsyncGenerator<SearchHit> {
    const { inTitle, inMessage } = createMatcher(text);
    const { files } = this.#context;
    let cursor = first;
    do {
      const page = await this.listSessions({ ...options, ...(cursor !== undefined && { cursor }) });
      for (const session of page.sessions) {
        signal?.throwIfAborted();
        const message = await this.#skipping(session.sessionId, () =>
          files.findLast(session.sessionId, inMessage, signal),
        );
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
    const { writers, files, unsaved } = this.#contextFor(sessionId);
    const isNewest = before === undefined && role === undefined;
    const recent = isNewest ? writers.peek(sessionId)?.messages : undefined;
    const isUnsaved = unsaved.get(sessionId) !== undefined;
    const read = async () => {
      const messages = await reading(() => files.lastMessages(sessionId, options));
      if (!messages && !isUnsaved) throw notFound(sessionId);
      return messages ?? [];
    };
    return recent ? recent.readThrough(limit, read) : read();
  }

  async *entries(sessionId: string, { after = 0 }: { after?: number } = {}): AsyncGenerator<Entry> {
    const { files, unsaved } = this.#contextFor(sessionId);
    const isUnsaved = unsaved.get(sessionId) !== undefined;
    try {
      const isThere = yield* files.entries(sessionId, { after });
      if (!isThere && !isUnsaved) throw notFound(sessionId);
    } catch (error) {
      throw toStoreError(error, "READ_FAILED");
    }
  }

  async openLog(sessionId: string): Promise<SessionLog> {
    const { writers, folder } = this.#contextFor(sessionId);
    const writer = await this.#writing(() => writers.claimLog(sessionId));
    if (!writer) throw logIsOpen(sessionId);
    const close = () => this.#writing(() => writers.close(sessionId, writer));
    if (writer.isArchived) {
      await close();
      throw archived(sessionId);
    }
    return new JsonlSessionLog(writer, {
      fs: folder.fs,
      paths: sessionPaths(folder.path, sessionId),
      isOpen: () => writers.isOpen(sessionId, writer),
      hold: () => writers.tryAcquire(sessionId)?.release ?? (() => {}),
      close,
    });
  }

  async recover(): Promise<string[]> {
    this.#assertOpen();
    return this.#writing(() => recoverSessions(this.#context));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing(() => this.#context.writers.closeAll());
    await this.#context.index.close();
  }

  #create(key: string, { owner }: CreateSessionOptions, index: IndexedSessions): SessionMeta {
    assertOwner(owner);
    const { unsaved } = this.#context;
    const latest = Math.max(index.latestCreation(key), unsaved.newestOf(key)?.meta.createdAt ?? 0);
    const summary = createSummary(key, {
      createdAt: nextCreation(latest),
      ...(owner !== undefined && { owner }),
    });
    unsaved.add(summary);
    return copyJson(summary.meta);
  }

  #append(sessionId: string, messages: readonly Message[], options: AppendOptions): Promise<MessageEntry[]> {
    assertAppendOptions(options);
    const context = this.#contextFor(sessionId);
    const lease = context.writers.tryAcquire(sessionId);
    // Not awaited, so that an append to an open writer begins before anything else runs.
    if (lease && !lease.writer.isArchived) {
      return this.#writing(() => lease.writer.append(messages, options).finally(lease.release));
    }
    lease?.release();
    return this.#writing(() =>
      writeSession(context, sessionId, (writer) => writer.append(messages, options)),
    );
  }

  async #sessions(): Promise<IndexedSessions> {
    try {
      return await this.#context.index.sessions();
    } catch (error) {
      throw toStoreError(error, "READ_FAILED");
    }
  }

  /** Returns a session's meta. If it cannot be read, reports that and returns `undefined`. */
  #readSession(sessionId: string): Promise<SessionMeta | undefined> {
    return this.#skipping(sessionId, () => this.getSession(sessionId));
  }

  async #skipping<T>(sessionId: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!isOfOneSession(error)) throw error;
      this.#context.onFailure(error, `read session ${sessionId}`);
      return undefined;
    }
  }

  async #writing<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      throw toStoreError(error, "WRITE_FAILED");
    }
  }

  /** @throws StoreError `INVALID_SESSION_ID`, `STORE_CLOSED` */
  #contextFor(sessionId: string): StoreContext {
    assertSessionId(sessionId);
    this.#assertOpen();
    return this.#context;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw storeClosed();
  }
}

async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw toStoreError(error, "READ_FAILED");
  }
}
