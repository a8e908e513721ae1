import { type DirectIterator, type TakeEvent, takeDirectly } from "@mini-openclaw/protocol";

/**
 * Emits an event. Resolves when its reader asks for the next one, and so is done with it. Returns
 * no promise if the reader took the event at once. Rejects when the reader went away.
 */
export type Emit<T> = (event: T) => Promise<void> | undefined;

/** The events that some work emits. */
export interface EmittedEvents<T> extends AsyncIterableIterator<T, void, void> {
  [takeDirectly]: NonNullable<DirectIterator<T>[typeof takeDirectly]>;
}

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
export function emitEvents<T>(work: (emit: Emit<T>, left: AbortSignal) => Promise<void>): EmittedEvents<T> {
  const left = new AbortController();
  const emitted: Emitted<T>[] = [];
  const reads: Read<T>[] = [];
  let current: Emitted<T> | undefined;
  let ended: Promise<void> | undefined;
  let isOver = false;
  let take: TakeEvent<T> = () => false;
  let isTaking = false;

  const emit: Emit<T> = (event) => {
    // A read waits only if no event does.
    const taken = reads.length > 0 && !isTaking && !isOver && take(event);
    if (taken === true) return undefined;
    return taken ? ignored(finishTaking(event, taken)) : queue(event);
  };

  async function finishTaking(event: T, taken: Promise<boolean>): Promise<void> {
    isTaking = true;
    const isTaken = await taken;
    isTaking = false;
    if (!isTaken) return queue(event, "first");
    answer();
  }

  function queue(event: T, place?: "first"): Promise<void> {
    if (isOver) return ignored(Promise.reject(gone));
    return new Promise((resolve, reject) => {
      if (place) emitted.unshift({ event, resolve, reject });
      else emitted.push({ event, resolve, reject });
      answer();
    });
  }

  /** Answers the reads for which there is an event, or that come behind the last one. */
  function answer(): void {
    if (reads.length === 0 || isTaking) return;
    // Its reader reads again, and so is done with the event before.
    current?.resolve();
    current = takeFirst(emitted);
    if (!current && !isOver) return;
    const read = takeFirst(reads) as Read<T>;
    if (current) read({ done: false, value: current.event });
    else read(finished().then(() => ({ done: true, value: undefined })));
    answer();
  }

  /** Rejects as the work does, unless its reader left: such a one gets no failure any more. */
  function finished(): Promise<unknown> {
    const work = ended as Promise<void>;
    return left.signal.aborted ? work.catch(() => {}) : work;
  }

  function end(): void {
    isOver = true;
    answer();
  }

  return {
    next() {
      return new Promise((resolve) => {
        reads.push(resolve);
        ended ??= ignored(work(emit, left.signal).finally(end));
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
    [takeDirectly](taker) {
      take = taker;
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
