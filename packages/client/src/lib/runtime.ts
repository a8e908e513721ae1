/** The time, as the client needs it. A test passes a clock that it moves by hand. */
export interface Clock {
  /** Returns the milliseconds since 1970. */
  now(): number;
  /** Calls `work` once, after `delayMs`. Returns a function that cancels. */
  after(delayMs: number, work: () => void): () => void;
}

// 23 days. A timer takes a time of 2 ** 31 or more, and NaN, for 1 ms.
const MAX_MS = 2e9;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: Date.now,
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs < MAX_MS ? delayMs : MAX_MS);
    return () => clearTimeout(timer);
  },
};

/** Returns 128 random bits as text. Pages without TLS have no `crypto.randomUUID`. */
export function createId(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

/** Calls a function of the app at once, and passes what it throws or rejects with to `onError`. */
export function callSafely(call: () => unknown, onError: (error: unknown) => void): void {
  new Promise((resolve) => resolve(call())).catch(onError);
}

/** Lets callers ignore a promise: its rejection never counts as unhandled. */
export function ignorable<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}
