import { EventQueue } from "./event-queue.ts";

/** Decides whether an iteration gets a value, and whether it ends with that value. */
export type IsWanted<Value> = (value: Value) => boolean | "last";

/** Emits values to every iteration over them. */
export class EventStream<Value> {
  readonly #queues = new Map<EventQueue<Value>, IsWanted<Value> | undefined>();
  #closed: { error: unknown } | undefined;

  /**
   * Starts an iteration over the values from now on. Aborting `signal` ends it with its reason. An
   * iteration with `isWanted` expects a last value, so that the stream's end is a failure of it.
   */
  open(signal: AbortSignal | undefined, isWanted?: IsWanted<Value>): EventQueue<Value> {
    const onAbort = () => queue.end({ error: signal?.reason });
    const queue = new EventQueue<Value>(() => {
      this.#queues.delete(queue);
      signal?.removeEventListener("abort", onAbort);
    });
    // First, so that no queue is left behind by a signal that is none.
    signal?.addEventListener("abort", onAbort);
    this.#queues.set(queue, isWanted);
    if (signal?.aborted) onAbort();
    else if (this.#closed) queue.end(isWanted && this.#closed);
    return queue;
  }

  push(value: Value): void {
    for (const [queue, isWanted] of this.#queues) {
      const wanted = !isWanted || isWanted(value);
      if (wanted) queue.push(value);
      if (wanted === "last") queue.end();
    }
  }

  close(error: unknown): void {
    this.#closed = { error };
    for (const [queue, isWanted] of this.#queues) queue.end(isWanted && this.#closed);
  }
}
