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
