import { dirname } from "node:path";
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
import { WriterLocks } from "../files/writer-lock.ts";
import type { Summary } from "../format/summary.ts";
import { SessionIndex } from "../listing/session-index.ts";
import { UnsavedSessions } from "../listing/unsaved-sessions.ts";
import { assertAppendOptions, assertTitle, checkOptions } from "../model/check-options.ts";
import { StoreError, toStoreError } from "../model/errors.ts";
import { assertMessage, assertMessages } from "../model/message-entry.ts";
import { assertKey, assertSessionId, createIdSource } from "../model/names.ts";
import { archived, logIsOpen, notFound, storeClosed } from "../model/session-errors.ts";
import { assertLimit } from "../model/sessions-page.ts";
import { BlobFolder } from "../transcript/blob-folder.ts";
import { SessionFiles } from "../transcript/session-files.ts";
import { type Folder, openWriter } from "../writer/open-writer.ts";
import { JsonlSessionLog } from "../writer/session-log.ts";
import { SharedRuns } from "../writer/syncs.ts";
import { WriterPool } from "../writer/writer-pool.ts";
import { forkSession } from "./fork-session.ts";
import { createSession, getOrCreateSession } from "./key-sessions.ts";
import { listSessions, searchSessions } from "./list-sessions.ts";
import { getSession } from "./read-session.ts";
import { recoverSessions, removeLeftovers } from "./recover-sessions.ts";
import { archiveSession, deleteSession, unarchiveSession, undeleteSession } from "./session-lifecycle.ts";
import { type ReportFailure, type StoreContext, writeSession } from "./store-context.ts";

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
  /** Runs once, when this store has become a writer. Readers never write. */
  #tidying: Promise<void> | undefined;

  constructor({ fs, path, durability, lockWaitMs, onFailure = () => {} }: JsonlStoreOptions) {
    const files = new SessionFiles(fs, path);
    const unsaved = new UnsavedSessions();
    const index = new SessionIndex(fs, path, { files, onFailure });
    const onKept = ({ meta }: Summary) => {
      unsaved.delete(meta.sessionId);
      index.put(meta);
      this.#tidying ??= new Promise(setImmediate).then(() => removeLeftovers(this.#context));
    };
    const onClose = ({ meta }: Summary) => index.save(meta);
    const locks = new WriterLocks(fs);
    const syncs = new SharedRuns(async () => {
      await fs.syncDirectory(path);
      await fs.syncDirectory(dirname(path));
    });
    const folder: Folder = {
      fs,
      path,
      durability,
      locks,
      files,
      syncNames: () => syncs.run(),
      createId: createIdSource(),
      hold: (sessionId) => writers.hold(sessionId),
      onBegin: ({ meta }) => index.announce(meta),
      onBeginFailed: ({ meta }) => index.withdraw(meta.sessionId),
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
    checkOptions.createSession(options);
    this.#assertOpen();
    return reading(() => getOrCreateSession(this.#context, key, options));
  }

  async createSession(key: string, options: CreateSessionOptions = {}): Promise<SessionMeta> {
    assertKey(key);
    checkOptions.createSession(options);
    this.#assertOpen();
    return reading(() => createSession(this.#context, key, options));
  }

  async getSession(sessionId: string, options: GetSessionOptions = {}): Promise<SessionMeta | undefined> {
    checkOptions.getSession(options);
    const context = this.#contextFor(sessionId);
    return reading(async () =>
      options.deleted
        ? (await context.files.deletedSummary(sessionId))?.meta
        : getSession(context, sessionId),
    );
  }

  async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    checkOptions.listSessions(options);
    this.#assertOpen();
    return reading(() => listSessions(this.#context, options));
  }

  async renameSession(sessionId: string, title: string): Promise<SessionMeta> {
    assertTitle(title);
    const context = this.#contextFor(sessionId);
    return writing(() =>
      writeSession(context, sessionId, async (writer) => {
        await writer.record([{ type: "session_updated", title, timestamp: Date.now() }]);
        return writer.meta;
      }),
    );
  }

  async archiveSession(sessionId: string): Promise<SessionMeta> {
    const context = this.#contextFor(sessionId);
    return writing(() => archiveSession(context, sessionId));
  }

  async unarchiveSession(sessionId: string): Promise<SessionMeta> {
    const context = this.#contextFor(sessionId);
    return writing(() => unarchiveSession(context, sessionId));
  }

  async forkSession(sessionId: string, options: ForkSessionOptions = {}): Promise<SessionMeta> {
    checkOptions.forkSession(options);
    const context = this.#contextFor(sessionId);
    if (context.unsaved.get(sessionId)) {
      const at = mustBe("at", `the number of an entry of session ${sessionId}`, options.at);
      throw new StoreError("INVALID_OPTION", `${at} The session has no entry yet.`);
    }
    return writing(() => forkSession(context, sessionId, options));
  }

  async deleteSession(sessionId: string): Promise<void> {
    const context = this.#contextFor(sessionId);
    return writing(() => deleteSession(context, sessionId));
  }

  async undeleteSession(sessionId: string): Promise<SessionMeta> {
    const context = this.#contextFor(sessionId);
    return writing(() => undeleteSession(context, sessionId));
  }

  async *searchSessions(text: string, options: SearchSessionsOptions = {}): AsyncGenerator<SearchHit> {
    checkOptions.searchSessions(options);
    this.#assertOpen();
    try {
      yield* searchSessions(this.#context, text, options);
    } catch (error) {
      throw toStoreError(error, "READ_FAILED");
    }
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
    return this.#append(sessionId, assertMessages(messages), options);
  }

  async loadMessages(sessionId: string, options: LoadMessagesOptions = {}): Promise<MessageEntry[]> {
    checkOptions.loadMessages(options);
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

  async *entries(sessionId: string, options: { after?: number } = {}): AsyncGenerator<Entry> {
    checkOptions.entries(options);
    const { after = 0 } = options;
    const { files, unsaved } = this.#contextFor(sessionId);
    const isUnsaved = unsaved.get(sessionId) !== undefined;
    try {
      const isThere = yield* files.entries(sessionId, { after });
      if (!isThere && !isUnsaved) throw notFound(sessionId);
    } catch (error) {
      throw toStoreError(error, "READ_FAILED");
    }
  }

  async loadBlob(sessionId: string, blob: string): Promise<Uint8Array | undefined> {
    const { folder } = this.#contextFor(sessionId);
    return reading(() => new BlobFolder(folder.fs, folder.path, sessionId).load(blob));
  }

  async openLog(sessionId: string): Promise<SessionLog> {
    const { writers, folder } = this.#contextFor(sessionId);
    const writer = await writing(() => writers.claimLog(sessionId));
    if (!writer) throw logIsOpen(sessionId);
    const close = () => writing(() => writers.close(sessionId, writer));
    if (writer.isArchived) {
      await close();
      throw archived(sessionId);
    }
    return new JsonlSessionLog(writer, {
      fs: folder.fs,
      paths: sessionPaths(folder.path, sessionId),
      isOpen: () => writers.isOpen(sessionId, writer),
      hold: () => writers.hold(sessionId),
      close,
    });
  }

  async recover(): Promise<string[]> {
    this.#assertOpen();
    return writing(() => recoverSessions(this.#context));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#tidying;
    await writing(() => this.#context.writers.closeAll());
    await this.#tidying;
    await this.#context.index.close();
  }

  /** Throws or rejects with a StoreError. */
  #append(sessionId: string, messages: readonly Message[], options: AppendOptions): Promise<MessageEntry[]> {
    assertAppendOptions(options);
    const context = this.#contextFor(sessionId);
    const writer = context.writers.peek(sessionId);
    // Nothing is awaited before an append to an open writer is in its batch, which keeps it open.
    if (writer && !writer.isArchived && options.idempotencyKey === undefined) {
      return writer.append(messages, options);
    }
    return writing(() => writeSession(context, sessionId, (held) => held.append(messages, options)));
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

async function writing<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw toStoreError(error, "WRITE_FAILED");
  }
}
