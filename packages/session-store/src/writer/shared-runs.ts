/**
 * A task that runs one at a time. Calls that come during a run share the next run, which begins
 * after the last of them, so that promises resolve in the order of the calls.
 */
export class SharedRuns {
  readonly #task: () => Promise<void>;
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Resolves when a run that began after this call has ended. */
  run(): Promise<void> {
    if (!this.#current) {
      this.#current = this.#task().finally(() => {
        this.#current = undefined;
      });
      return this.#current;
    }
    this.#next ??= this.#current
      .catch(() => {}) // The callers of that run handle its error.
      .then(() => {
        this.#next = undefined;
        return this.run();
      });
    return this.#next;
  }
}
