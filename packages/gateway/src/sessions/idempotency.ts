import { createHash } from "node:crypto";
import {
  type Entry,
  type FileBlock,
  filesOf,
  isMessageEntry,
  type MessageEntry,
  type SessionStore,
} from "@mini-openclaw/protocol";
import type { Accepted, RunCause } from "../run/run-types.ts";
import { GatewayError } from "../shared/errors.ts";
import { WeightedLru } from "../shared/weighted-lru.ts";

/** A message or retry with an id, as a transcript has it. */
interface PastRequest {
  readonly requestId: string;
  readonly runId: string;
  readonly cause: RunCause;
}

type Store = Pick<SessionStore, "loadMessages" | "entries">;

// A client repeats what was not acknowledged, soon after. PROTOCOL.md promises the last 1,000
// messages of a session.
const MAX_MESSAGES = 1000;

// The same for retries, counted in messages. A retry answers the newest run, so none is far back
// when it is repeated.
const RETRIED_MESSAGES = 2000;

/** A message or retry that came with an id. */
interface KnownRequest {
  /** Identifies the content in little memory. */
  readonly fingerprint: string;
  readonly accepted: Promise<Accepted>;
}

// The messages that PROTOCOL.md promises, and as many retries.
const MAX_REQUESTS = 2 * MAX_MESSAGES;

// About 25 MB for all sessions. The transcript of a session whose requests were removed is read
// again.
const MAX_REMEMBERED = 100_000;

interface IdempotencyDeps {
  store: Pick<SessionStore, "loadMessages" | "entries">;
  /**
   * Returns true if a run of the session is active or waits. The transcript does not have messages
   * that wait.
   */
  isBusy: (sessionId: string) => boolean;
  /** Ends the runs of a dead writer, so that the transcript has their requests. */
  endRuns: (sessionId: string) => Promise<void>;
  /**
   * Identifies the time in which only this process records the session's requests. Returns
   * `undefined` while another one may record some.
   *
   * @default one time without an end
   */
  ownershipOf?: (sessionId: string) => unknown;
  /** The number of sessions and of their requests. @default 100,000 */
  maxRemembered?: number;
}

/**
 * The ids of the messages and retries that each session accepted lately, so that a repeated one
 * runs once.
 *
 * The ids are read from the transcript on first use, then kept up to date. Sessions at rest are
 * removed, the least recently used first. Retries need the whole end of the transcript, so they are
 * read with the first retry.
 */
export class Idempotency {
  readonly #deps: IdempotencyDeps;
  readonly #sessions: WeightedLru<SessionRequests>;
  readonly #ownershipOf: (sessionId: string) => unknown;

  constructor(deps: IdempotencyDeps) {
    this.#deps = deps;
    this.#ownershipOf = deps.ownershipOf ?? (() => deps.store);
    this.#sessions = new WeightedLru(deps.maxRemembered ?? MAX_REMEMBERED);
  }

  /**
   * Accepts a request, or returns what a request with this id was accepted as. Calls `accept` with
   * a function that returns false if another process may have recorded the request meanwhile.
   *
   * @throws GatewayError `REQUEST_CONFLICT`, or the error of `accept` or the store
   */
  async acceptOnce(
    sessionId: string,
    requestId: string,
    cause: RunCause,
    accept: (isNew: () => boolean) => Promise<Accepted>,
  ): Promise<Accepted> {
    const requests = this.#sessions.pin(sessionId, () => new SessionRequests());
    try {
      const isRare = "retryOf" in cause || cause.role !== undefined;
      const ownership = await this.#load(sessionId, requests, isRare);
      const fingerprint = fingerprintOf(cause);
      const known = requests.get(requestId);
      if (known && known.fingerprint !== fingerprint)
        throw new GatewayError(
          "REQUEST_CONFLICT",
          "`id` must be new: another message of this session has it. Choose another one.",
        );
      if (known) return await known.accepted;
      const accepted = accept(() => this.#ownershipOf(sessionId) === ownership);
      const request = { fingerprint, accepted };
      requests.add(requestId, request);
      return await accepted.catch((error: unknown) => {
        // A refused request may be sent again.
        requests.remove(requestId, request);
        throw error;
      });
    } finally {
      this.#sessions.setWeight(sessionId, requests.weight);
      this.#sessions.unpin(sessionId, (one) => !this.#deps.isBusy(one));
    }
  }

  /** Removes the requests of a session at rest. Its transcript has them. */
  forget(sessionId: string): void {
    if (!this.#deps.isBusy(sessionId)) this.#sessions.remove(sessionId);
  }

  /** Returns the ownership under which the requests were read. */
  async #load(sessionId: string, requests: SessionRequests, withRetries: boolean): Promise<unknown> {
    const { store, endRuns } = this.#deps;
    if (!requests.isLoaded(this.#ownershipOf(sessionId), withRetries)) {
      // If the runs cannot be ended, nothing can run either, and the caller gets that error. Ended
      // runs are known all the same.
      await endRuns(sessionId).catch(() => {});
    }
    const ownership = this.#ownershipOf(sessionId);
    requests.begin(ownership);
    const read = async (readPast: typeof readPastMessages) =>
      requests.addPast(await readPast(store, sessionId));
    await requests.loadMessages(() => read(readPastMessages));
    if (withRetries) await requests.loadRetries(() => read(readPastRetries));
    return ownership;
  }
}

/** The known requests of one session. */
class SessionRequests {
  readonly #requests = new Map<string, KnownRequest>();
  #ownership: unknown;
  #messages: Promise<void> | undefined;
  #retries: Promise<void> | undefined;

  /** One for each request, and one for the session. */
  get weight(): number {
    return this.#requests.size + 1;
  }

  /** Returns true if the transcript was read, or is being read, under this ownership. */
  isLoaded(ownership: unknown, withRetries: boolean): boolean {
    const isRead = this.#messages !== undefined && (!withRetries || this.#retries !== undefined);
    return isRead && ownership !== undefined && ownership === this.#ownership;
  }

  /** Begins an ownership. What was read before it is read again. */
  begin(ownership: unknown): void {
    if (ownership !== undefined && ownership === this.#ownership) return;
    this.#ownership = ownership;
    this.#messages = undefined;
    this.#retries = undefined;
  }

  /** Loads the messages of the transcript once, unless that fails. */
  async loadMessages(load: () => Promise<void>): Promise<void> {
    this.#messages ??= load();
    await this.#messages.catch((error: unknown) => {
      this.#messages = undefined;
      throw error;
    });
  }

  /** Loads the retries of the transcript once, unless that fails. */
  async loadRetries(load: () => Promise<void>): Promise<void> {
    this.#retries ??= load();
    await this.#retries.catch((error: unknown) => {
      this.#retries = undefined;
      throw error;
    });
  }

  get(requestId: string): KnownRequest | undefined {
    return this.#requests.get(requestId);
  }

  add(requestId: string, request: KnownRequest): void {
    this.#requests.set(requestId, request);
    const [oldest] = this.#requests.keys();
    if (this.#requests.size > MAX_REQUESTS && oldest !== undefined) this.#requests.delete(oldest);
  }

  /** Adds requests of the transcript. Those of this process are newer, and stay. */
  addPast(requests: readonly PastRequest[]): void {
    for (const { requestId, runId, cause } of requests) {
      if (this.#requests.has(requestId)) continue;
      const accepted = Promise.resolve({ runId, position: 0 });
      this.add(requestId, { fingerprint: fingerprintOf(cause), accepted });
    }
  }

  remove(requestId: string, request: KnownRequest): void {
    if (this.#requests.get(requestId) === request) this.#requests.delete(requestId);
  }
}

function fingerprintOf(cause: RunCause): string {
  const hash = createHash("sha256");
  if ("retryOf" in cause) return hash.update(`retry ${cause.retryOf}`).digest("base64");
  hash.update(textOf(cause));
  for (const file of filesOf(cause) ?? [])
    hash.update(`\n${file.type} ${file.mediaType} ${contentIdOf(file)}`);
  return hash.digest("base64");
}

/** Returns the id that a file has as a blob, because a transcript may have either form. */
function contentIdOf({ blob, data = "" }: FileBlock): string {
  return blob ?? createHash("sha256").update(Buffer.from(data, "base64")).digest("hex");
}

function textOf({ content, role, editOf }: Extract<RunCause, { content: string }>): string {
  if (role) return `answer ${content}`;
  return editOf === undefined ? `message ${content}` : `edit ${editOf} ${content}`;
}

/** Reads the messages that came with an id, among the session's last ones, oldest first. */
async function readPastMessages(store: Store, sessionId: string): Promise<PastRequest[]> {
  const messages = await store.loadMessages(sessionId, { role: "user", limit: MAX_MESSAGES });
  const found: PastRequest[] = [];
  for (const message of messages) {
    if (message.role !== "user" || message.requestId === undefined || message.runId === undefined) continue;
    const { requestId, runId, content, blocks, editOf } = message;
    const cause = { content, ...(blocks && { blocks }), ...(editOf !== undefined && { editOf }) };
    found.push({ requestId, runId, cause });
  }
  return found;
}

/**
 * Reads the retries and the added answers that came with an id, among the session's last messages,
 * oldest first.
 */
async function readPastRetries(store: Store, sessionId: string): Promise<PastRequest[]> {
  const [oldest] = await store.loadMessages(sessionId, { limit: RETRIED_MESSAGES });
  const found: PastRequest[] = [];
  if (!oldest) return found;
  for await (const entry of store.entries(sessionId, { after: oldest.seq - 1 })) {
    const past = isMessageEntry(entry) ? toPastAnswer(entry) : toPastRetry(entry);
    if (past) found.push(past);
  }
  return found;
}

function toPastAnswer(entry: MessageEntry): PastRequest | undefined {
  if (entry.role !== "assistant" || entry.requestId === undefined || entry.runId === undefined)
    return undefined;
  const { requestId, runId, content } = entry;
  return { requestId, runId, cause: { role: "assistant", content } };
}

function toPastRetry(entry: Exclude<Entry, MessageEntry>): PastRequest | undefined {
  if (entry.type !== "run_end" || !entry.retryRequest) return undefined;
  const { id: requestId, runId: retryOf } = entry.retryRequest;
  return { requestId, runId: entry.runId, cause: { retryOf } };
}
