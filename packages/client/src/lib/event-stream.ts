import { EventQueue } from "./event-queue.ts";

/** Decides whether an iteration gets a value, and whether it ends with that value. */
export type IsWanted<Value> = (value: Value) => boolean | "last";

/** Emits values to every iteration over them. */
export class EventStream<Value> {
  readonly #queues = new Map<EventQueue<Value>, IsWanted<Value>>();
  #isClosed = false;

  /** Starts an iteration over the values from now on. Aborting `signal` ends it with its reason. */
  open(signal: AbortSignal | undefined, isWanted: IsWanted<Value> = () => true): EventQueue<Value> {
    const onAbort = () => queue.end({ error: signal?.reason });
    const queue = new EventQueue<Value>(() => {
      this.#queues.delete(queue);
      signal?.removeEventListener("abort", onAbort);
    });
    this.#queues.set(queue, isWanted);
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    else if (this.#isClosed) queue.end();
    return queue;
  }

  push(value: Value): void {
    for (const [queue, isWanted] of [...this.#queues]) {
      const wanted = isWanted(value);
      if (wanted) queue.push(value);
      if (wanted === "last") queue.end();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const queue of [...this.#queues.keys()]) queue.end();
  }
}
