/**
 * The pace of statements: a few at once, then one for each tick.
 *
 * A run that begins gets its first events at once. While many sessions stream, the events of a tick
 * share one statement.
 */
export class Pace {
  readonly #tickMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = performance.now();

  constructor(tickMs: number, burst: number) {
    this.#tickMs = tickMs;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Returns the time until the next statement may begin. */
  delay(): number {
    this.#fill();
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) * this.#tickMs);
  }

  /** Counts a statement. */
  spend(): void {
    this.#fill();
    this.#tokens = Math.max(0, this.#tokens - 1);
  }

  #fill(): void {
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) / this.#tickMs);
    this.#filledAt = now;
  }
}
