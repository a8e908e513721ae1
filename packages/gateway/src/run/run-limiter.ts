import { GatewayError } from "../shared/errors.ts";

// Chosen: twice the streams at once that it is measured with. Each holds a request to the model and about four open files, so
// that there is room for 10,000 connections within a usual limit of 20,000.
const MAX_RUNS = 1000;

/**
 * Lets so many runs go on at a time, over all sessions. The others wait in the order in which they came; a session has one run
 * among them at most, so that one with much to do is served in turn with the others.
 */
export class Places {
  #free: number;
  readonly #queue = new Set<() => void>();

  /** @throws GatewayError `INVALID_OPTION` for a number that is no whole number from 1 */
  constructor(maxRuns: number = MAX_RUNS) {
    if (!Number.isSafeInteger(maxRuns) || maxRuns < 1)
      throw new GatewayError("INVALID_OPTION", `maxRuns: expected a whole number from 1, got ${maxRuns}.`);
    this.#free = maxRuns;
  }

  /** Runs that wait for a place. */
  get waitingCount(): number {
    return this.#queue.size;
  }

  /** Calls `run` when there is a place for it, or without one as soon as `signal` aborts. */
  async use<Result>(signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
    const hasPlace = await this.#take(signal);
    try {
      return await run();
    } finally {
      if (hasPlace) this.#handOn();
    }
  }

  #take(signal: AbortSignal): boolean | Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#free > 0) {
      this.#free -= 1;
      return true;
    }
    return new Promise((resolve) => {
      const take = () => {
        signal.removeEventListener("abort", giveUp);
        resolve(true);
      };
      const giveUp = () => {
        this.#queue.delete(take);
        resolve(false);
      };
      this.#queue.add(take);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }

  #handOn(): void {
    for (const take of this.#queue) {
      this.#queue.delete(take);
      return take();
    }
    this.#free += 1;
  }
}
