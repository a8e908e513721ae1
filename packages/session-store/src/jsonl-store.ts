import { join, resolve } from "node:path";
import type {
  CreateSessionOptions,
  Entry,
  ListSessionsOptions,
  LoadMessagesOptions,
  Message,
  MessageEntry,
  SessionHeader,
  SessionLog,
  SessionMeta,
  SessionPage,
  SessionStore,
} from "@mini-openclaw/protocol";
import { TRANSCRIPT_VERSION } from "@mini-openclaw/protocol";
import { Catalogue } from "./catalogue.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { StoreError } from "./errors.ts";
import { type FileSystem, nodeFileSystem, openFlags } from "./file-system.ts";
import { assertMessage } from "./message-entry.ts";
import { assertKey, assertSessionId, createId, isSessionId } from "./names.ts";
import { OpenWriters } from "./open-writers.ts";
import { openRegular, withFile } from "./regular-file.ts";
import { JsonlSessionLog } from "./session-log.ts";
import { type Folder, openWriter, summarize, toReadError } from "./session-opening.ts";
import { LIVE_FOLDER, sessionPaths } from "./session-paths.ts";
import type { Durability } from "./session-writer.ts";
import { pickPage } from "./sessions-page.ts";
import { beginSummary, nextSummary, type Summary } from "./summary.ts";
import { readEntries, readLastMessages } from "./transcript-reader.ts";

export interface SessionStoreOptions {
  /**
   * When an append is acknowledged. `os`: it survives the end of the process. `disk`: it survives a power failure.
   * @default "os"
   */
  durability?: Durability;
}

// Chosen: long enough for a conversation's next message, short enough not to keep others out.
const IDLE_MS = 30_000;
// Chosen: a quarter of the descriptors that the strictest common system allows a process.
const MAX_IDLE_WRITERS = 256;
// Chosen: sessions without an entry are in memory only; the oldest is forgotten first.
const MAX_CREATED = 100_000;

/**
 * Opens the sessions in a folder; it is made when the first entry is kept. Reads nothing yet.
 *
 * @throws StoreError `INVALID_OPTION`
 */
export async function openSessionStore(
  folder: string,
  { durability = "os" }: SessionStoreOptions = {},
): Promise<SessionStore> {
  if (durability !== "os" && durability !== "disk") {
    throw new StoreError("INVALID_OPTION", `durability: ${JSON.stringify(durability)} is not "os" or "disk"`);
  }
  return new JsonlStore(nodeFileSystem, resolve(folder), durability);
}

class JsonlStore implements SessionStore {
  readonly #folder: Folder;
  readonly #writers: OpenWriters;
  readonly #catalogue: Catalogue;
  /** Sessions that have no entry yet. */
  readonly #created = new Map<string, Summary>();
  #closed = false;

  constructor(fs: FileSystem, path: string, durability: Durability) {
    const folder: Folder = { fs, path, durability, onKept: (summary) => this.#noteEntry(summary) };
    this.#folder = folder;
    this.#writers = new OpenWriters(
      (sessionId) => openWriter(folder, sessionId, this.#created.get(sessionId)),
      { idleMs: IDLE_MS, maxIdle: MAX_IDLE_WRITERS },
    );
    this.#catalogue = new Catalogue({
      list: () => folder.fs.list(folder.path),
      readMeta: (sessionId) => this.#readMeta(sessionId),
    });
  }

  async getOrCreateSession(key: string, options?: CreateSessionOptions): Promise<SessionMeta> {
    assertKey(key);
    this.#assertOpen();
    const kept = await this.#catalogue.newestOf(key);
    let newest: SessionMeta | undefined;
    for (const { meta } of this.#created.values()) if (meta.key === key) newest = meta;
    if (newest && newest.createdAt >= (kept?.createdAt ?? 0)) return newest;
    return (kept && (await this.getSession(kept.sessionId))) ?? this.#create(key, options);
  }

  async createSession(key: string, options?: CreateSessionOptions): Promise<SessionMeta> {
    assertKey(key);
    this.#assertOpen();
    return this.#create(key, options);
  }

  async getSession(sessionId: string): Promise<SessionMeta | undefined> {
    assertSessionId(sessionId);
    this.#assertOpen();
    const writer = await this.#writers.peek(sessionId);
    if (writer && !writer.isClosed) return writer.summary.meta;
    return (await this.#readMeta(sessionId)) ?? this.#created.get(sessionId)?.meta;
  }

  async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    this.#assertOpen();
    const { page, ...rest } = pickPage(await this.#catalogue.all(), options);
    const metas = await Promise.all(page.map(({ sessionId }) => this.getSession(sessionId)));
    return { sessions: metas.filter((meta) => meta !== undefined), ...rest };
  }

  async appendMessage(sessionId: string, message: Message): Promise<MessageEntry> {
    assertSessionId(sessionId);
    this.#assertOpen();
    const checked = assertMessage(message);
    const [entry] = await this.#writers.use(sessionId, (writer) => writer.append([checked]));
    return entry as MessageEntry;
  }

  async loadMessages(
    sessionId: string,
    { limit = 50, before }: LoadMessagesOptions = {},
  ): Promise<MessageEntry[]> {
    assertSessionId(sessionId);
    this.#assertOpen();
    const path = this.#transcriptOf(sessionId);
    if (path === undefined) return [];
    try {
      const messages = await withFile(this.#folder.fs, path, (file) =>
        readLastMessages(file, { limit, ...(before !== undefined && { before }) }),
      );
      return messages ?? [];
    } catch (error) {
      throw toReadError(error, path);
    }
  }

  async *entries(sessionId: string, { after = 0 }: { after?: number } = {}): AsyncGenerator<Entry> {
    assertSessionId(sessionId);
    this.#assertOpen();
    const path = this.#transcriptOf(sessionId);
    if (path === undefined) return;
    const { fs } = this.#folder;
    const fd = openRegular(fs, path, openFlags.read);
    try {
      yield* readEntries({ fs, fd, size: fs.fileStat(fd).size }, { after });
    } finally {
      fs.close(fd);
    }
  }

  async openLog(sessionId: string): Promise<SessionLog> {
    assertSessionId(sessionId);
    this.#assertOpen();
    const writer = await this.#writers.log(sessionId);
    if (!writer) throw new StoreError("SESSION_LOCKED", `session ${sessionId}: its log is already open`);
    const files = { fs: this.#folder.fs, paths: sessionPaths(this.#folder.path, sessionId) };
    return new JsonlSessionLog(writer, files, () => this.#writers.close(sessionId));
  }

  async recover(): Promise<string[]> {
    this.#assertOpen();
    const recovered: string[] = [];
    for (const name of await this.#folder.fs.list(join(this.#folder.path, LIVE_FOLDER))) {
      const sessionId = name.replace(/\.jsonl$/, "");
      if (sessionId === name || !isSessionId(sessionId)) continue;
      if (await this.#recoverSession(sessionId)) recovered.push(sessionId);
    }
    return recovered;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#writers.closeAll();
  }

  async #recoverSession(sessionId: string): Promise<boolean> {
    try {
      await this.#writers.use(sessionId, () => {});
      return true;
    } catch (error) {
      // Somebody else is at work on it, or its transcript was taken away.
      if (StoreError.is(error) && ["SESSION_LOCKED", "SESSION_NOT_FOUND"].includes(error.code)) return false;
      throw error;
    }
  }

  #create(key: string, { owner }: CreateSessionOptions = {}): SessionMeta {
    const header: SessionHeader = {
      type: "session",
      v: TRANSCRIPT_VERSION,
      sessionId: createId(),
      key,
      createdAt: Date.now(),
      ...(owner !== undefined && { owner }),
    };
    const { numbered: _, ...summary } = nextSummary(beginSummary(header.sessionId), {
      kind: "header",
      header,
    });
    this.#created.set(header.sessionId, { ...summary, numbered: false });
    const [oldest] = this.#created.keys();
    if (this.#created.size > MAX_CREATED && oldest !== undefined) this.#created.delete(oldest);
    return summary.meta;
  }

  /** The session has an entry: it is on disk now. */
  #noteEntry({ meta }: Summary): void {
    this.#created.delete(meta.sessionId);
    this.#catalogue.put(meta);
  }

  async #readMeta(sessionId: string): Promise<SessionMeta | undefined> {
    const paths = sessionPaths(this.#folder.path, sessionId);
    const summary = await withFile(this.#folder.fs, paths.transcript, async (file) => {
      if (file.size === 0) return undefined;
      return (await summarize(file, readCheckpoint(sessionId, paths, file))).summary;
    });
    return summary?.meta;
  }

  /** `undefined` if the session has no entry yet. @throws StoreError `SESSION_NOT_FOUND` */
  #transcriptOf(sessionId: string): string | undefined {
    const { transcript } = sessionPaths(this.#folder.path, sessionId);
    if (this.#folder.fs.pathStat(transcript)) return transcript;
    if (this.#created.has(sessionId)) return undefined;
    throw new StoreError("SESSION_NOT_FOUND", `there is no session ${sessionId}`);
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError("STORE_CLOSED", "the store is closed");
  }
}
