/** Limits the share of time that repeated work takes. */
export interface Throttle {
  /**
   * Runs `work` now, or after a pause if the work before it took long. Only the last one waits.
   * Work that returns true runs again after a pause.
   */
  readonly schedule: (work: () => boolean) => void;
  /** Runs `work` now, and cancels work that waits. */
  readonly runNow: (work: () => void) => void;
}

// Of five milliseconds, streamed text gets one at most. Most updates take a tenth of a frame and
// never wait.
const PAUSE_PER_WORK = 4;

// Work that is longer than a frame makes a key wait. Of 20 keys, one waits at most.
const FRAME_MS = 16;
const PAUSE_PER_LONG_WORK = 20;

/**
 * Creates a throttle. `onLate` runs work that had to wait. `settle` completes the work: the layout
 * of a long text takes longer than the change.
 */
export function createThrottle(onLate: (work: () => void) => void, settle: () => void): Throttle {
  let timer = 0;
  let nextStart = 0;

  function measure(work: () => boolean): void {
    const start = performance.now();
    const isUnfinished = work();
    settle();
    const end = performance.now();
    const workMs = end - start;
    nextStart = end + workMs * (workMs > FRAME_MS ? PAUSE_PER_LONG_WORK : PAUSE_PER_WORK);
    if (isUnfinished) schedule(work);
  }
  function schedule(work: () => boolean): void {
    clearTimeout(timer);
    const waitMs = nextStart - performance.now();
    if (waitMs <= 0) measure(work);
    else timer = window.setTimeout(onLate, waitMs, () => measure(work));
  }
  return {
    schedule,
    runNow(work) {
      clearTimeout(timer);
      work();
    },
  };
}
