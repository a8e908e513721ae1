/**
 * Emits an event. Resolves when its reader asks for the next one, and so is done with it. Rejects
 * when the reader went away.
 */
export type Emit<T> = (event: T) => Promise<void>;

/** An event that its reader is not done with. */
interface Emitted<T> {
  event: T;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

type Read<T> = (result: IteratorResult<T, void> | Promise<IteratorResult<T, void>>) => void;

/**
 * Returns the events that some work emits. The work begins with the first read. A reader that goes
 * away aborts `left`, and waits for the end of the work.
 *
 * `await emit(event)` does here what `yield event` does in an async generator. But no event passes
 * through the functions between the one that emits it and the reader, where each costs promises.
 * Functions that run at the same time may emit too.
 */
export function emitEvents<T>(
  work: (emit: Emit<T>, left: AbortSignal) => Promise<void>,
): AsyncIterableIterator<T, void, void> {
  const left = new AbortController();
  const emitted: Emitted<T>[] = [];
  const reads: Read<T>[] = [];
  let current: Emitted<T> | undefined;
  let ended: Promise<void> | undefined;
  let isOver = false;

  const emit: Emit<T> = (event) => {
    if (isOver) return ignored(Promise.reject(gone));
    return new Promise((resolve, reject) => {
      emitted.push({ event, resolve, reject });
      answer();
    });
  };

  /** Answers the reads for which there is an event, or that come behind the last one. */
  function answer(): void {
    if (reads.length === 0) return;
    // Its reader reads again, and so is done with the event before.
    current?.resolve();
    current = takeFirst(emitted);
    if (!current && !isOver) return;
    const read = takeFirst(reads) as Read<T>;
    if (current) read({ done: false, value: current.event });
    else read((ended as Promise<void>).then(() => ({ done: true, value: undefined })));
    answer();
  }

  function end(): void {
    isOver = true;
    answer();
  }

  return {
    next() {
      ended ??= ignored(work(emit, left.signal).finally(end));
      return new Promise((resolve) => {
        reads.push(resolve);
        answer();
      });
    },
    async return() {
      ended ??= Promise.resolve();
      left.abort(gone);
      for (const { reject } of [...(current ? [current] : []), ...emitted.splice(0)]) reject(gone);
      end();
      await ended.catch(() => {});
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Removes the first item. A `pop` keeps the memory of a list that mostly has one. */
function takeFirst<Item>(items: Item[]): Item | undefined {
  return items.length === 1 ? items.pop() : items.shift();
}

/** One error for all, because the reader of every run goes away, and a stack is dear. */
const gone = new Error("The reader of the events went away.");

/** Returns a promise that may reject although nobody waits for it. */
function ignored<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
