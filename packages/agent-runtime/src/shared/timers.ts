/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Returns a delay of any length, `Infinity` included, for the timers of code elsewhere: 24 days are
 * as good as never.
 */
export function timerDelay(delayMs: number): number {
  return Math.min(delayMs, LONGEST_TIMER_MS);
}

/** `setTimeout` for delays of any length, `Infinity` included. */
export function startTimer(delayMs: number, act: () => void): NodeJS.Timeout {
  return setTimeout(act, timerDelay(delayMs));
}

/**
 * Resolves after a delay. Rejects with the signal's reason when it aborts. Unlike that of
 * `node:timers/promises` it is moved by fake timers too.
 */
export function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = startTimer(delayMs, () => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
