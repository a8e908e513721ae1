import { reportFault } from "./report-fault.ts";

/** A value that changes, and those who want to know. */
export class Observable<Value> {
  #value: Value;
  readonly #listeners = new Set<(value: Value) => void>();

  constructor(value: Value) {
    this.#value = value;
  }

  get value(): Value {
    return this.#value;
  }

  /** Tells everybody of another value; of the same one, nobody. A listener that throws hinders nobody else. */
  set(value: Value): void {
    if (value === this.#value) return;
    this.#value = value;
    for (const listener of this.#listeners) {
      try {
        listener(value);
      } catch (error) {
        reportFault(error);
      }
    }
  }

  subscribe(listener: (value: Value) => void): () => void {
    // A function given twice is called twice, and taken back once.
    const own = (value: Value) => listener(value);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }
}
