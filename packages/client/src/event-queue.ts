import { tooMany } from "./errors.ts";

// Chosen: what a long answer brings in a few seconds. Whoever is further behind gets `TOO_SLOW`, and nothing is left out silently.
const MAX_WAITING = 10_000;

interface Taker<Value> {
  resolve: (result: IteratorResult<Value>) => void;
  reject: (error: unknown) => void;
}

/** Values for one consumer, each once, in order. */
export class EventQueue<Value> implements AsyncIterableIterator<Value> {
  readonly #values: Value[] = [];
  readonly #takers: Taker<Value>[] = [];
  readonly #onEnd: () => void;
  #ended = false;
  #failure: { error: unknown } | undefined;

  /** `onEnd` is called once, when the consumer or the producer is done. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(value: Value): void {
    if (this.#ended) return;
    this.#values.push(value);
    this.#serve();
    if (this.#values.length <= MAX_WAITING) return;
    this.#values.length = 0;
    this.end({ error: tooMany("TOO_SLOW", MAX_WAITING, "events") });
  }

  /** What is in the queue can still be taken; after it comes the failure, then the end. */
  end(failure?: { error: unknown }): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#onEnd();
    this.#serve();
  }

  next(): Promise<IteratorResult<Value>> {
    return new Promise((resolve, reject) => {
      this.#takers.push({ resolve, reject });
      this.#serve();
    });
  }

  return(): Promise<IteratorResult<Value>> {
    this.#values.length = 0;
    this.end();
    this.#failure = undefined;
    return this.next();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #serve(): void {
    while (this.#takers[0] && (this.#values.length > 0 || this.#ended)) {
      const { resolve, reject } = this.#takers.shift() as Taker<Value>;
      const failure = this.#failure;
      if (this.#values.length > 0) resolve({ value: this.#values.shift() as Value, done: false });
      else if (failure) {
        this.#failure = undefined;
        reject(failure.error);
      } else resolve({ value: undefined, done: true });
    }
  }
}
