import { callSafely } from "./runtime.ts";

/** A value that changes, and its listeners. */
export class Observable<Value> {
  /** The present value. Only `set` changes it. */
  declare value: Value;
  readonly #listeners = new Set<(value: Value) => void>();
  readonly #onError: (error: unknown) => void;

  /** `onError` gets what a listener throws or rejects with. */
  constructor(value: Value, onError: (error: unknown) => void) {
    this.value = value;
    this.#onError = onError;
  }

  /**
   * Notifies every listener of another value. A listener that throws does not affect the others.
   */
  set(value: Value): void {
    if (value === this.value) return;
    this.value = value;
    for (const listener of this.#listeners) callSafely(() => listener(value), this.#onError);
  }

  // Functions, because they are passed on alone, as to React's `useSyncExternalStore`.
  readonly getSnapshot = (): Value => this.value;

  /** Returns a function that unsubscribes. */
  readonly subscribe = (listener: (value: Value) => void): (() => void) => {
    // A function given twice is called twice, and removed once.
    const own = (value: Value) => listener(value);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };
}
