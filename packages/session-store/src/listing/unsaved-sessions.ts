import type { Summary } from "../format/summary.ts";

// Beyond it the oldest is forgotten, as if its client had never connected.
const MAX_SESSIONS = 100_000;

// The share of one owner, or of one key for sessions without an owner. A page has one or two of
// them.
const MAX_OF_ONE = 1000;

/** Sessions without an entry. They are in memory only. */
export class UnsavedSessions {
  readonly #sessions = new Map<string, Summary>();
  readonly #newest = new Map<string, string>();
  /** The ids of each share, oldest first. */
  readonly #shares = new Map<string, Set<string>>();

  /** Adds a session. The oldest one of its share is forgotten where that is full. */
  add(summary: Summary): void {
    const { sessionId, key } = summary.meta;
    this.#sessions.set(sessionId, summary);
    this.#newest.set(key, sessionId);
    const share = this.#shares.get(shareOf(summary)) ?? new Set();
    this.#shares.set(shareOf(summary), share.add(sessionId));
    if (share.size > MAX_OF_ONE) this.#deleteOldest(share);
    if (this.#sessions.size > MAX_SESSIONS) this.#deleteOldest(this.#sessions.keys());
  }

  get(sessionId: string): Summary | undefined {
    return this.#sessions.get(sessionId);
  }

  newestOf(key: string): Summary | undefined {
    const sessionId = this.#newest.get(key);
    return sessionId === undefined ? undefined : this.#sessions.get(sessionId);
  }

  delete(sessionId: string): void {
    const summary = this.#sessions.get(sessionId);
    if (!summary) return;
    this.#sessions.delete(sessionId);
    if (this.#newest.get(summary.meta.key) === sessionId) this.#newest.delete(summary.meta.key);
    const share = this.#shares.get(shareOf(summary));
    share?.delete(sessionId);
    if (share?.size === 0) this.#shares.delete(shareOf(summary));
  }

  #deleteOldest(ids: Iterable<string>): void {
    for (const sessionId of ids) return this.delete(sessionId);
  }
}

function shareOf({ meta: { owner, key } }: Summary): string {
  return owner === undefined ? `key ${key}` : `owner ${owner}`;
}
