import type { SessionStore } from "@mini-openclaw/protocol";
import type { Accepted, RunCause } from "./submitted.ts";

/** A message or retry that came with an `id`. */
export interface KnownRequest {
  cause: RunCause;
  accepted: Promise<Accepted>;
}

// A client repeats what was not acknowledged, soon after: PROTOCOL.md promises the last 1,000 user lines of a session.
const MAX_REQUESTS = 1000;

// Chosen: sessions whose requests are remembered without reading their transcripts again.
const MAX_SESSIONS = 1000;

/**
 * The ids of the messages and retries that each session took lately, so that what is sent again runs once.
 *
 * Read from the transcript on first use, then kept up to date by whoever submits. A transcript knows of messages only.
 */
export class RecentRequests {
  readonly #store: Pick<SessionStore, "loadMessages">;
  readonly #sessions = new Map<string, Promise<RequestsOfSession>>();

  constructor(store: Pick<SessionStore, "loadMessages">) {
    this.#store = store;
  }

  of(sessionId: string): Promise<RequestsOfSession> {
    const known = this.#sessions.get(sessionId);
    const requests = known ?? this.#read(sessionId);
    // Most recently used last: the first is the one to forget.
    this.#sessions.delete(sessionId);
    this.#sessions.set(sessionId, requests);
    if (!known) {
      requests.catch(() => this.#sessions.delete(sessionId));
      const [oldest] = this.#sessions.keys();
      if (this.#sessions.size > MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    }
    return requests;
  }

  async #read(sessionId: string): Promise<RequestsOfSession> {
    // Twice as many: there is about one answer to each.
    const messages = await this.#store.loadMessages(sessionId, { limit: 2 * MAX_REQUESTS });
    const requests = new RequestsOfSession();
    for (const message of messages) {
      if (message.role !== "user" || message.requestId === undefined || message.runId === undefined) continue;
      const accepted = Promise.resolve({ runId: message.runId, position: 0 });
      requests.add(message.requestId, { cause: { content: message.content }, accepted });
    }
    return requests;
  }
}

class RequestsOfSession {
  readonly #requests = new Map<string, KnownRequest>();

  get(requestId: string): KnownRequest | undefined {
    return this.#requests.get(requestId);
  }

  /** Remembers a request; if it is refused in the end, it may come again. */
  add(requestId: string, request: KnownRequest): void {
    this.#requests.set(requestId, request);
    request.accepted.catch(() => this.#requests.delete(requestId));
    const [oldest] = this.#requests.keys();
    if (this.#requests.size > MAX_REQUESTS && oldest !== undefined) this.#requests.delete(oldest);
  }
}
