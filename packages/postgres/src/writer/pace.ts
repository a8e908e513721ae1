// A stream is active for a few of its events.
const WINDOW_MS = 100;

/**
 * The pace of statements that write live events only.
 *
 * The time between two of them grows by a millisecond with each session that streams. A single
 * stream waits for nothing, and the events of many streams share one statement.
 */
export class Pace {
  readonly #tickMs: number;
  #active = new Set<number>();
  #activeBefore = 0;
  #windowEnd = 0;
  #sentAt = 0;

  /** `tickMs` is the longest time between two statements. */
  constructor(tickMs: number) {
    this.#tickMs = tickMs;
  }

  /** Counts the events of a session. */
  add(sid: number): void {
    const now = performance.now();
    if (now >= this.#windowEnd) {
      this.#activeBefore = now - this.#windowEnd < WINDOW_MS ? this.#active.size : 0;
      this.#active = new Set();
      this.#windowEnd = now + WINDOW_MS;
    }
    this.#active.add(sid);
  }

  /** Returns the time until the next statement may begin. */
  delay(): number {
    const active = Math.max(this.#active.size, this.#activeBefore);
    return Math.max(0, Math.ceil(this.#sentAt + Math.min(this.#tickMs, active) - performance.now()));
  }

  /** Counts a statement. */
  sent(): void {
    this.#sentAt = performance.now();
  }
}
