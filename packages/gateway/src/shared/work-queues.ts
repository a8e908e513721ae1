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

/**
 * Lets callers begin work one after another, one in each turn of the event loop. Between two of
 * them, the loop reads sockets and runs timers, so that many that come at once delay nobody else.
 */
export class TurnQueue {
  readonly #waiting: (() => void)[] = [];
  #isTurnTaken = false;

  /** Returns nothing for the first caller of a turn. Otherwise resolves in the caller's turn. */
  next(): Promise<void> | undefined {
    if (!this.#isTurnTaken) return this.#takeTurn();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #takeTurn(): undefined {
    this.#isTurnTaken = true;
    setImmediate(() => {
      this.#isTurnTaken = false;
      const resolve = this.#waiting.shift();
      if (!resolve) return;
      this.#takeTurn();
      resolve();
    });
  }
}
