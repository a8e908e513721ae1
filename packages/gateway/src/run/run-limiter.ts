import { mustBe } from "@mini-openclaw/protocol/shared";
import { GatewayError } from "../shared/errors.ts";

// Twice the measured number of streams. Each run holds a model request and about four open files.
// With this limit there is room for 10,000 connections within a usual limit of 20,000 files.
const MAX_RUNS = 1000;

/**
 * Limits how many runs are active across all sessions. Other runs wait in the order of their
 * arrival. A session has at most one run among them, so a session with a long queue takes turns
 * with the others.
 */
export class RunLimiter {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /** @throws GatewayError `INVALID_OPTION` if `maxRuns` is not a positive integer */
  constructor(maxRuns: number = MAX_RUNS) {
    if (!Number.isSafeInteger(maxRuns) || maxRuns < 1)
      throw new GatewayError("INVALID_OPTION", mustBe("maxRuns", "a positive integer", maxRuns));
    this.#free = maxRuns;
  }

  /** True if a run that comes now need not wait. */
  get hasRoom(): boolean {
    return this.#free > 0;
  }

  /** The number of runs that wait. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /**
   * Calls `run` when the limit allows it. Calls it at once when `signal` aborts, so that the run
   * can end.
   */
  async run<Result>(signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
    const isCounted = await this.#acquire(signal);
    try {
      return await run();
    } finally {
      if (isCounted) this.#release();
    }
  }

  #acquire(signal: AbortSignal): boolean | Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#free > 0) {
      this.#free -= 1;
      return true;
    }
    return new Promise((resolve) => {
      const acquire = () => {
        signal.removeEventListener("abort", leave);
        resolve(true);
      };
      const leave = () => {
        this.#waiting.delete(acquire);
        resolve(false);
      };
      this.#waiting.add(acquire);
      signal.addEventListener("abort", leave, { once: true });
    });
  }

  #release(): void {
    for (const acquire of this.#waiting) {
      this.#waiting.delete(acquire);
      return acquire();
    }
    this.#free += 1;
  }
}
