import type { RunFailure, RunOutcome } from "@mini-openclaw/protocol";

// A client asks for a run that it has started, soon after.
const MAX_ENDS = 1000;

/** The end of a run, for the requests that wait for it. */
export interface RunEnd {
  readonly outcome: RunOutcome;
  readonly endedAt: number;
  readonly startedAt?: number | undefined;
  readonly error?: RunFailure | undefined;
  /** The text of the last turn. */
  readonly text: string;
  readonly sessionKey: string;
}

/**
 * The ends of the runs that a connection follows, by the ids that clients know. Runs of two
 * sessions may have one id.
 */
export class RunEnds {
  readonly #ends = new Map<string, RunEnd>();
  readonly #waiting = new Map<string, Set<(end: RunEnd) => void>>();

  /** Forgets the end of a run, because its id is used again. */
  forget(runId: string): void {
    this.#ends.delete(runId);
  }

  /** Keeps the end of a run, and passes it to all that wait. */
  note(runId: string, end: RunEnd): void {
    this.#ends.set(runId, end);
    if (this.#ends.size > MAX_ENDS) this.#ends.delete(this.#ends.keys().next().value as string);
    for (const onEnd of this.#waiting.get(runId) ?? []) onEnd(end);
  }

  /**
   * Resolves with the end of a run, of any session or of one, or with `undefined` when `signal`
   * aborts.
   */
  wait(runId: string, signal: AbortSignal, sessionKey?: string): Promise<RunEnd | undefined> {
    const isIt = (end: RunEnd) => sessionKey === undefined || end.sessionKey === sessionKey;
    const known = this.#ends.get(runId);
    if (known && isIt(known)) return Promise.resolve(known);
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const all = this.#waiting.get(runId) ?? new Set();
      this.#waiting.set(runId, all);
      const done = (end?: RunEnd) => {
        signal.removeEventListener("abort", onAbort);
        all.delete(onEnd);
        if (all.size === 0 && this.#waiting.get(runId) === all) this.#waiting.delete(runId);
        resolve(end);
      };
      const onEnd = (end: RunEnd) => {
        if (isIt(end)) done(end);
      };
      const onAbort = () => done();
      signal.addEventListener("abort", onAbort);
      all.add(onEnd);
    });
  }
}
