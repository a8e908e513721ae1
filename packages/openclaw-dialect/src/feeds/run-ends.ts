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
  /** Ends the waits for runs of one session. */
  readonly #leavers = new Map<string, Set<(end?: RunEnd) => void>>();

  /** Forgets the end of a run, because its id is used again. */
  forget(runId: string): void {
    this.#ends.delete(runId);
  }

  /** Ends all waits for the runs of a session, because the connection follows it no more. */
  leave(sessionKey: string): void {
    for (const leave of this.#leavers.get(sessionKey) ?? []) leave();
  }

  /** Keeps the end of a run, and passes it to all that wait. */
  note(runId: string, end: RunEnd): void {
    this.#ends.set(runId, end);
    if (this.#ends.size > MAX_ENDS) this.#ends.delete(this.#ends.keys().next().value as string);
    for (const onEnd of this.#waiting.get(runId) ?? []) onEnd(end);
  }

  /**
   * Resolves with the end of a run, of any session or of one. Resolves with `undefined` when
   * `signal` aborts, or when the connection does not follow that session any more.
   */
  wait(runId: string, signal: AbortSignal, sessionKey?: string): Promise<RunEnd | undefined> {
    const isIt = (end: RunEnd) => sessionKey === undefined || end.sessionKey === sessionKey;
    const known = this.#ends.get(runId);
    if (known && isIt(known)) return Promise.resolve(known);
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const done = (end?: RunEnd) => {
        signal.removeEventListener("abort", onAbort);
        remove(this.#waiting, runId, onEnd);
        if (sessionKey !== undefined) remove(this.#leavers, sessionKey, done);
        resolve(end);
      };
      const onEnd = (end: RunEnd) => {
        if (isIt(end)) done(end);
      };
      const onAbort = () => done();
      signal.addEventListener("abort", onAbort);
      add(this.#waiting, runId, onEnd);
      if (sessionKey !== undefined) add(this.#leavers, sessionKey, done);
    });
  }
}

function add<Key, Value>(sets: Map<Key, Set<Value>>, key: Key, value: Value): void {
  sets.set(key, (sets.get(key) ?? new Set<Value>()).add(value));
}

function remove<Key, Value>(sets: Map<Key, Set<Value>>, key: Key, value: Value): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
