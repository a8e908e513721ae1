// A disk with space again is noticed within this time.
const RETRY_MS = 5000;

interface PendingDeps {
  /** Returns true for the error of a session that another node has. That node ends its runs. */
  isElsewhere: (error: unknown) => boolean;
  onFailure: (error: unknown, during: string) => void;
}

/**
 * Sessions with runs whose end is not recorded, and the number after which the ends are to be
 * emitted. Retries in the background: the disk may have space again before the next message
 * arrives.
 */
export class PendingEnds {
  readonly #endRuns: (sessionId: string) => Promise<void>;
  readonly #deps: PendingDeps;
  readonly #since = new Map<string, number>();
  #retrying: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(endRuns: (sessionId: string) => Promise<void>, deps: PendingDeps) {
    this.#endRuns = endRuns;
    this.#deps = deps;
  }

  has(sessionId: string): boolean {
    return this.#since.has(sessionId);
  }

  /** Removes a session. Returns the number after which its ends are to be emitted. */
  take(sessionId: string): number | undefined {
    const since = this.#since.get(sessionId);
    this.#since.delete(sessionId);
    return since;
  }

  add(sessionId: string, since: number): void {
    this.#since.set(sessionId, since);
    if (this.#isStopped || this.#retrying) return;
    const { isElsewhere, onFailure } = this.#deps;
    const retry = () => {
      this.#retrying = undefined;
      for (const one of [...this.#since.keys()])
        this.#endRuns(one).catch((error: unknown) => {
          if (!isElsewhere(error)) onFailure(error, `the queue of session ${one}`);
        });
    };
    this.#retrying = setTimeout(retry, RETRY_MS).unref();
  }

  /** Retries no more. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#retrying);
  }
}
