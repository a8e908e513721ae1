import { ClientError } from "./errors.ts";

// Chosen: what a long answer brings in a few seconds. Whoever is further behind gets `TOO_SLOW`, and nothing is left out silently.
const MAX_WAITING = 10_000;

/** Values for one consumer, each once, in order. */
export class EventQueue<Value> implements AsyncIterableIterator<Value> {
  readonly #values: Value[] = [];
  readonly #waiting: {
    resolve: (result: IteratorResult<Value>) => void;
    reject: (error: unknown) => void;
  }[] = [];
  readonly #onEnd: () => void;
  #ended = false;
  #failure: { error: unknown } | undefined;

  /** `onEnd` is called once, when the consumer or the producer is done. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(value: Value): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve({ value, done: false });
    else if (this.#values.push(value) > MAX_WAITING) {
      this.#values.length = 0;
      this.end({ error: new ClientError("TOO_SLOW", `more than ${MAX_WAITING} events waited to be taken`) });
    }
  }

  /** What is in the queue can still be taken; after it comes the end, or the failure. */
  end(failure?: { error: unknown }): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#onEnd();
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (failure) reject(failure.error);
      else resolve({ value: undefined, done: true });
    }
  }

  next(): Promise<IteratorResult<Value>> {
    const [value] = this.#values;
    if (this.#values.length > 0) {
      this.#values.shift();
      return Promise.resolve({ value: value as Value, done: false });
    }
    if (!this.#ended) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    const failure = this.#failure;
    this.#failure = undefined;
    return failure ? Promise.reject(failure.error) : Promise.resolve({ value: undefined, done: true });
  }

  return(): Promise<IteratorResult<Value>> {
    this.#values.length = 0;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
