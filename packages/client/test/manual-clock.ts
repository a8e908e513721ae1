import type { Clock } from "../src/lib/runtime.ts";

/** Time that only a test moves. */
export class ManualClock implements Clock {
  #now = 1_000_000;
  #timers: { at: number; work: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delayMs: number, work: () => void): () => void {
    const timer = { at: this.#now + delayMs, work };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Lets time go by, and what was to happen in it. */
  advance(durationMs: number): void {
    const until = this.#now + durationMs;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#now = next.at;
      next.work();
    }
    this.#now = until;
  }

  /** Goes to the next thing that is to happen. */
  skip(): void {
    this.advance(Math.min(...this.#timers.map(({ at }) => at)) - this.#now);
  }
}
