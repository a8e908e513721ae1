import type { Summary } from "../format/summary.ts";

// Beyond it the oldest is forgotten, as if its client had never connected.
const MAX_SESSIONS = 100_000;

/** Sessions without an entry. They are in memory only. */
export class UnsavedSessions {
  readonly #sessions = new Map<string, Summary>();
  readonly #newest = new Map<string, string>();

  add(summary: Summary): void {
    const { sessionId, key } = summary.meta;
    this.#sessions.set(sessionId, summary);
    this.#newest.set(key, sessionId);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MAX_SESSIONS && oldest !== undefined) this.delete(oldest);
  }

  get(sessionId: string): Summary | undefined {
    return this.#sessions.get(sessionId);
  }

  newestOf(key: string): Summary | undefined {
    const sessionId = this.#newest.get(key);
    return sessionId === undefined ? undefined : this.#sessions.get(sessionId);
  }

  delete(sessionId: string): void {
    const key = this.#sessions.get(sessionId)?.meta.key;
    this.#sessions.delete(sessionId);
    if (key !== undefined && this.#newest.get(key) === sessionId) this.#newest.delete(key);
  }
}
