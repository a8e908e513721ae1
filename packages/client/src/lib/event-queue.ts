import { tooMany } from "./errors.ts";
import { ignorable } from "./runtime.ts";

// As many events as a long answer brings in a few seconds. A consumer that is further behind gets
// `TOO_SLOW`, because no event may be left out silently.
const MAX_WAITING = 10_000;

type Result<Value> = IteratorResult<Value> | Promise<never>;

/** Values for one consumer, each once, in order. */
export class EventQueue<Value> implements AsyncIterableIterator<Value> {
  readonly #results: Result<Value>[] = [];
  readonly #waiters: ((result: Result<Value>) => void)[] = [];
  readonly #onEnd: () => void;
  #isEnded = false;

  /** `onEnd` is called once, when the consumer or the producer is done. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(value: Value): void {
    if (this.#isEnded) return;
    if (this.#results.push({ value, done: false }) > MAX_WAITING) {
      this.#results.length = 0;
      this.end({ error: tooMany("TOO_SLOW", MAX_WAITING) });
    }
    this.#serve();
  }

  /** Ends the queue. The consumer still gets its values, and after them the failure, once. */
  end(failure?: { error: unknown }): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    if (failure) this.#results.push(ignorable(Promise.reject(failure.error)));
    this.#onEnd();
    this.#serve();
  }

  next(): Promise<IteratorResult<Value>> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#serve();
    });
  }

  return(): Promise<IteratorResult<Value>> {
    this.#results.length = 0;
    this.end();
    return this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #serve(): void {
    while (this.#waiters.length > 0 && (this.#results.length > 0 || this.#isEnded)) {
      this.#waiters.shift()?.(this.#results.shift() ?? { value: undefined, done: true });
    }
  }
}
