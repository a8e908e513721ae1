import { createHash } from "node:crypto";
import { isMessageEntry, type SessionStore } from "@mini-openclaw/protocol";
import type { Accepted, RunCause } from "../run/run-cause.ts";
import { GatewayError } from "../shared/errors.ts";

/** A message or retry that came with an `id`. */
interface KnownRequest {
  /** Tells what was asked for from anything else, in little memory. */
  readonly print: string;
  readonly accepted: Promise<Accepted>;
}

// A client repeats what was not acknowledged, soon after: PROTOCOL.md promises the last 1,000 messages of a session.
const MAX_MESSAGES = 1000;

// Those messages, and as many retries.
const MAX_REQUESTS = 2 * MAX_MESSAGES;

// The same for retries, told in messages: a retry is one of the newest run, so that none is far back when it is repeated.
const RETRIED_MESSAGES = 2000;

// Chosen: about 25 MB for all sessions. One whose requests were forgotten has its transcript read again.
const MAX_REMEMBERED = 100_000;

type Store = Pick<SessionStore, "loadMessages" | "entries">;
type FoundRequest = [requestId: string, request: KnownRequest];
type Reader = (store: Store, sessionId: string) => Promise<FoundRequest[]>;

interface RequestsParts {
  store: Store;
  /** Whether something runs or waits in the session: what waits stands in no transcript. */
  isBusy: (sessionId: string) => boolean;
  /** Has the transcript tell what became of requests that a dead writer left. */
  endRuns: (sessionId: string) => Promise<void>;
  /** Sessions, and requests of all of them. @default 100,000 */
  maxRemembered?: number;
}

/**
 * The ids of the messages and retries that each session took lately, so that what is sent again runs once.
 *
 * Read from the transcript on first use, then kept up to date. Bounded: sessions at rest are forgotten, the one used longest
 * ago first. For retries all of the transcript's end must be read, so that waits for the first of them.
 */
export class RecentRequests {
  readonly #parts: RequestsParts;
  readonly #sessions = new Map<string, RequestsOfSession>();
  #remembered = 0;

  constructor(parts: RequestsParts) {
    this.#parts = parts;
  }

  /**
   * Has a request accepted, unless the session took it already: then that is what was accepted.
   *
   * @throws GatewayError `REQUEST_CONFLICT`; whatever `accept` and the store throw
   */
  async once(
    sessionId: string,
    requestId: string,
    cause: RunCause,
    accept: () => Promise<Accepted>,
  ): Promise<Accepted> {
    const requests = this.#of(sessionId);
    requests.userCount += 1;
    try {
      await this.#read(sessionId, requests, readMessages);
      if ("retryOf" in cause) await this.#read(sessionId, requests, readRetries);
      const print = printOf(cause);
      const known = requests.get(requestId);
      if (known && known.print !== print)
        throw new GatewayError("REQUEST_CONFLICT", "id: another message of this session has it.");
      if (known) return await known.accepted;
      const accepted = accept();
      const request = { print, accepted };
      this.#remembered += requests.add(requestId, request);
      return await accepted.catch((error: unknown) => {
        // What was refused may come again.
        this.#remembered -= requests.remove(requestId, request);
        throw error;
      });
    } finally {
      requests.userCount -= 1;
      this.#forget();
    }
  }

  #of(sessionId: string): RequestsOfSession {
    const known = this.#sessions.get(sessionId);
    const requests = known ?? new RequestsOfSession();
    if (!known) this.#remembered += requests.size;
    // Most recently used last: the first is the one to forget.
    this.#sessions.delete(sessionId);
    this.#sessions.set(sessionId, requests);
    return requests;
  }

  /** Once, unless it fails. */
  #read(sessionId: string, requests: RequestsOfSession, reader: Reader): Promise<void> {
    const { readings } = requests;
    const reading = readings.get(reader) ?? this.#readNow(sessionId, requests, reader);
    readings.set(reader, reading);
    reading.catch(() => readings.delete(reader));
    return reading;
  }

  async #readNow(sessionId: string, requests: RequestsOfSession, reader: Reader): Promise<void> {
    // Where they cannot be ended nothing can run either, and who asks is told that; what ended before is known all the same.
    await this.#parts.endRuns(sessionId).catch(() => undefined);
    for (const [requestId, request] of await reader(this.#parts.store, sessionId)) {
      // What this process took is newer.
      if (!requests.get(requestId)) this.#remembered += requests.add(requestId, request);
    }
  }

  #forget(): void {
    const { isBusy, maxRemembered = MAX_REMEMBERED } = this.#parts;
    for (const [sessionId, requests] of this.#sessions) {
      if (this.#remembered <= maxRemembered) return;
      if (requests.userCount > 0 || isBusy(sessionId)) continue;
      this.#sessions.delete(sessionId);
      this.#remembered -= requests.size;
    }
  }
}

class RequestsOfSession {
  readonly #requests = new Map<string, KnownRequest>();
  /** Each resolves when what it reads in the transcript is in here. */
  readonly readings = new Map<Reader, Promise<void>>();
  /** Calls that use it. */
  userCount = 0;

  /** What it counts for: its requests, and itself. */
  get size(): number {
    return this.#requests.size + 1;
  }

  get(requestId: string): KnownRequest | undefined {
    return this.#requests.get(requestId);
  }

  /** Says by how much it grew. */
  add(requestId: string, request: KnownRequest): number {
    const before = this.size;
    this.#requests.set(requestId, request);
    const [oldest] = this.#requests.keys();
    if (this.#requests.size > MAX_REQUESTS && oldest !== undefined) this.#requests.delete(oldest);
    return this.size - before;
  }

  /** Says by how much it shrank. */
  remove(requestId: string, request: KnownRequest): number {
    if (this.#requests.get(requestId) !== request) return 0;
    return this.#requests.delete(requestId) ? 1 : 0;
  }
}

/** The messages that came with an id, among the session's last ones, oldest first. */
async function readMessages(store: Store, sessionId: string): Promise<FoundRequest[]> {
  const messages = await store.loadMessages(sessionId, { role: "user", limit: MAX_MESSAGES });
  const found: FoundRequest[] = [];
  for (const message of messages) {
    if (message.role !== "user" || message.requestId === undefined || message.runId === undefined) continue;
    found.push([message.requestId, toKnown(message.runId, { content: message.content })]);
  }
  return found;
}

/** The retries that came with an id, among the session's last messages, oldest first. */
async function readRetries(store: Store, sessionId: string): Promise<FoundRequest[]> {
  const [oldest] = await store.loadMessages(sessionId, { limit: RETRIED_MESSAGES });
  const found: FoundRequest[] = [];
  if (!oldest) return found;
  for await (const entry of store.entries(sessionId, { after: oldest.seq })) {
    if (isMessageEntry(entry) || entry.type !== "run_end" || !entry.retryRequest) continue;
    const { id, runId: retryOf } = entry.retryRequest;
    found.push([id, toKnown(entry.runId, { retryOf })]);
  }
  return found;
}

function toKnown(runId: string, cause: RunCause): KnownRequest {
  return { print: printOf(cause), accepted: Promise.resolve({ runId, position: 0 }) };
}

function printOf(cause: RunCause): string {
  const text = "content" in cause ? `message ${cause.content}` : `retry ${cause.retryOf}`;
  return createHash("sha256").update(text).digest("base64");
}
