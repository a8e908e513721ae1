/** A call that happens after a time, or earlier on demand. It happens once. */
export class DelayedCall {
  readonly #call: () => void;
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number, call: () => void) {
    this.#call = call;
    this.#timer = setTimeout(call, ms);
  }

  /** Calls at once. */
  now(): void {
    this.cancel();
    this.#call();
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}
