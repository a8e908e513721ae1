/**
 * Runs the tasks of each key one after the other. Tasks of different keys do not wait for each
 * other.
 */
export class SerialQueue {
  /** The newest task of each key that has unfinished tasks. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #onFailure: (error: unknown, key: string) => void;

  constructor(onFailure: (error: unknown, key: string) => void) {
    this.#onFailure = onFailure;
  }

  run(key: string, task: () => Promise<void>): void {
    const before = this.#last.get(key) ?? Promise.resolve();
    const last = before
      .then(task)
      .catch((error: unknown) => this.#onFailure(error, key))
      .finally(() => {
        if (this.#last.get(key) === last) this.#last.delete(key);
      });
    this.#last.set(key, last);
  }
}
