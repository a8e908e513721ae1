import { EventQueue } from "./event-queue.ts";

/** Everybody who iterates over a session's events. */
export class Feed<Value> {
  readonly #queues = new Set<EventQueue<Value>>();
  #closed = false;

  /** Begins with the next value that is pushed. Aborting `signal` ends it with the signal's reason. */
  open(signal: AbortSignal | undefined): EventQueue<Value> {
    const onAbort = () => queue.end({ error: signal?.reason });
    const queue = new EventQueue<Value>(() => {
      this.#queues.delete(queue);
      signal?.removeEventListener("abort", onAbort);
    });
    this.#queues.add(queue);
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    else if (this.#closed) queue.end();
    return queue;
  }

  push(value: Value): void {
    for (const queue of [...this.#queues]) queue.push(value);
  }

  close(): void {
    this.#closed = true;
    for (const queue of [...this.#queues]) queue.end();
  }
}
