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
import { isMessageEntry } from "@mini-openclaw/protocol";
import { createSummary, nextCreation } from "../format/new-session.ts";
import type { Summary } from "../format/summary.ts";
import {
  assertAppendOptions,
  assertExpected,
  assertOwner,
  assertTitle,
  checkOptions,
} from "../model/check-options.ts";
import { forkedEntries } from "../model/forked-entries.ts";
import { copyJson } from "../model/json.ts";
import { assertMessages, toMessageEntry } from "../model/message-entry.ts";
import { assertKey, assertSessionId, createId } from "../model/names.ts";
import { OpenRuns } from "../model/open-runs.ts";
import { createMatcher } from "../model/search.ts";
import { archived, busy, logIsOpen, notFound, storeClosed } from "../model/session-errors.ts";
import { assertLimit, cursorAfter, MAX_PAGE, pickPage } from "../model/sessions-page.ts";
import { digestMessages, type KeyedAppend, RememberedKeys } from "../recent/remembered-keys.ts";
import { addEntry, addForkedEntry, MemoryLog, type MemorySession } from "./memory-log.ts";

/**
 * Creates a store in memory, for tests and demos. Read it first: it keeps all promises of the store
 * on files, except durability.
 */
export function createMemoryStore(): SessionStore {
  return new MemoryStore();
}

class MemoryStore implements SessionStore {
  readonly #sessions = new Map<string, MemorySession>();
  readonly #deleted = new Map<string, MemorySession>();
  #closed = false;

  async getOrCreateSession(key: string, options: CreateSessionOptions = {}): Promise<SessionMeta> {
    assertKey(key);
    checkOptions.createSession(options);
    this.#assertOpen();
    let newest: MemorySession | undefined;
    for (const session of this.#sessions.values()) {
      const { meta } = session.summary;
      if (meta.key === key && !meta.archived && session.order > (newest?.order ?? -1)) newest = session;
    }
    return newest ? copyJson(newest.summary.meta) : this.createSession(key, options);
  }

  async createSession(key: string, options: CreateSessionOptions = {}): Promise<SessionMeta> {
    assertKey(key);
    checkOptions.createSession(options);
    this.#assertOpen();
    return copyJson(
      this.#add(createSummary(key, { ...options, createdAt: this.#nextCreation(key) })).summary.meta,
    );
  }

  async getSession(sessionId: string, options: GetSessionOptions = {}): Promise<SessionMeta | undefined> {
    checkOptions.getSession(options);
    assertSessionId(sessionId);
    this.#assertOpen();
    return copyJson((options.deleted ? this.#deleted : this.#sessions).get(sessionId)?.summary.meta);
  }

  async listSessions(options: ListSessionsOptions = {}): Promise<SessionPage> {
    checkOptions.listSessions(options);
    assertLimit(options.limit, MAX_PAGE);
    this.#assertOpen();
    const { page, ...rest } = pickPage(this.#saved(), options);
    return { sessions: copyJson(page), ...rest };
  }

  async renameSession(sessionId: string, title: string): Promise<SessionMeta> {
    assertTitle(title);
    return this.#update(this.#writable(sessionId), { title });
  }

  async archiveSession(sessionId: string): Promise<SessionMeta> {
    const session = this.#atRest(this.#writable(sessionId));
    const meta = await this.#update(session, { archived: true });
    await session.log?.close();
    return meta;
  }

  async unarchiveSession(sessionId: string): Promise<SessionMeta> {
    const session = recovered(this.#find(sessionId));
    if (session.summary.meta.archived) return this.#update(session, { archived: false });
    return copyJson(session.summary.meta);
  }

  async forkSession(sessionId: string, options: ForkSessionOptions = {}): Promise<SessionMeta> {
    checkOptions.forkSession(options);
    const { entries, summary, blobs } = this.#find(sessionId);
    const { at = entries.at(-1)?.seq ?? 0, key = summary.meta.key, owner = summary.meta.owner } = options;
    assertKey(key);
    assertOwner(owner);
    const taken: Entry[] = [];
    for await (const entry of forkedEntries(this.entries(sessionId), { sessionId, at })) taken.push(entry);
    const forkedFrom = { sessionId, seq: at };
    const fork = this.#add(
      createSummary(key, {
        forkedFrom,
        createdAt: this.#nextCreation(key),
        ...(owner !== undefined && { owner }),
      }),
    );
    for (const entry of taken) addForkedEntry(fork, entry, blobs);
    return fork.summary.meta;
  }

  async deleteSession(sessionId: string): Promise<void> {
    const session = this.#atRest(recovered(this.#find(sessionId)));
    await session.log?.close();
    this.#sessions.delete(sessionId);
    // A session without an entry was never saved.
    if (session.entries.length > 0) this.#deleted.set(sessionId, session);
  }

  async undeleteSession(sessionId: string): Promise<SessionMeta> {
    assertSessionId(sessionId);
    this.#assertOpen();
    const session = this.#deleted.get(sessionId);
    if (!session) throw notFound(sessionId);
    this.#deleted.delete(sessionId);
    this.#sessions.set(sessionId, session);
    return session.summary.meta;
  }

  async *searchSessions(text: string, given: SearchSessionsOptions = {}): AsyncGenerator<SearchHit> {
    checkOptions.searchSessions(given);
    const { signal, ...options } = given;
    this.#assertOpen();
    const { inTitle, inMessage } = createMatcher(text);
    const { page } = pickPage(this.#saved(), { limit: this.#sessions.size, ...options });
    for (const session of page) {
      signal?.throwIfAborted();
      const message = this.#sessions
        .get(session.sessionId)
        ?.entries.findLast((entry) => isMessageEntry(entry) && inMessage(entry));
      const hit = { session: copyJson(session), cursor: cursorAfter(session) };
      if (message && isMessageEntry(message)) yield { ...hit, message: copyJson(message) };
      else if (inTitle(session)) yield hit;
    }
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
    const { idempotencyKey, expect } = options;
    const checked = assertMessages(messages);
    const session = this.#writable(sessionId);
    const digest = idempotencyKey === undefined ? "" : digestMessages(checked);
    const before = idempotencyKey === undefined ? undefined : session.keys.find(idempotencyKey, digest);
    if (before) return appendedBefore(session, before);
    const { lastSeq } = session.summary.meta;
    assertExpected(expect, lastSeq);
    const entries = checked.map((message, index) => toMessageEntry(message, lastSeq + 1 + index, createId()));
    if (entries.length === 0) return [];
    for (const entry of entries) addEntry(session, entry);
    const keyed = { digest, firstSeq: lastSeq + 1, lastSeq: lastSeq + entries.length };
    if (idempotencyKey !== undefined) session.keys.remember(idempotencyKey, keyed);
    return entries;
  }

  async loadMessages(sessionId: string, options: LoadMessagesOptions = {}): Promise<MessageEntry[]> {
    checkOptions.loadMessages(options);
    const { limit = 50, before = Number.POSITIVE_INFINITY, role } = options;
    assertLimit(limit);
    const messages = this.#find(sessionId).entries.filter(isMessageEntry);
    const found = messages.filter((one) => one.seq < before && one.role === (role ?? one.role));
    return copyJson(found.slice(-limit));
  }

  async *entries(sessionId: string, options: { after?: number } = {}): AsyncGenerator<Entry> {
    checkOptions.entries(options);
    const { after = 0 } = options;
    yield* this.#find(sessionId)
      .entries.filter(({ seq }) => seq > after)
      .map(copyJson);
  }

  async loadBlob(sessionId: string, blob: string): Promise<Uint8Array | undefined> {
    assertSessionId(sessionId);
    this.#assertOpen();
    return this.#sessions.get(sessionId)?.blobs.get(blob)?.slice();
  }

  async openLog(sessionId: string): Promise<SessionLog> {
    const session = this.#writable(sessionId);
    if (session.log) throw logIsOpen(sessionId);
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

  #add(summary: Summary): MemorySession {
    const session: MemorySession = {
      summary,
      order: this.#sessions.size + this.#deleted.size,
      entries: [],
      keys: new RememberedKeys(),
      events: [],
      blobs: new Map(),
      runs: new OpenRuns(),
    };
    this.#sessions.set(summary.meta.sessionId, session);
    return session;
  }

  #nextCreation(key: string): number {
    let latest = 0;
    for (const { summary } of [...this.#sessions.values(), ...this.#deleted.values()]) {
      if (summary.meta.key === key) latest = Math.max(latest, summary.meta.createdAt);
    }
    return nextCreation(latest);
  }

  #saved(): SessionMeta[] {
    const kept = [...this.#sessions.values()].filter(({ entries }) => entries.length > 0);
    return kept.map(({ summary }) => summary.meta);
  }

  async #update(
    session: MemorySession,
    change: { title: string } | { archived: boolean },
  ): Promise<SessionMeta> {
    const log = session.log ?? new MemoryLog(session);
    log.record([{ type: "session_updated", ...change, timestamp: Date.now() }]);
    return copyJson(session.summary.meta);
  }

  #find(sessionId: string): MemorySession {
    assertSessionId(sessionId);
    this.#assertOpen();
    const session = this.#sessions.get(sessionId);
    if (!session) throw notFound(sessionId);
    return session;
  }

  #writable(sessionId: string): MemorySession {
    const session = recovered(this.#find(sessionId));
    if (!session.summary.meta.archived) return session;
    throw archived(sessionId);
  }

  #atRest(session: MemorySession): MemorySession {
    if (session.runs.size === 0) return session;
    throw busy(session.summary.meta.sessionId);
  }

  #assertOpen(): void {
    if (this.#closed) throw storeClosed();
  }
}

/** Closes the runs that a closed log left open, before the session is written. */
function recovered(session: MemorySession): MemorySession {
  if (!session.log && session.runs.size > 0) new MemoryLog(session);
  return session;
}

function appendedBefore({ entries }: MemorySession, { firstSeq, lastSeq }: KeyedAppend): MessageEntry[] {
  const appended = entries.filter((entry) => entry.seq >= firstSeq && entry.seq <= lastSeq);
  return copyJson(appended.filter(isMessageEntry));
}
