/** Limits the share of time that repeated work takes. */
export interface Throttle {
  /** Runs `work` now, or after a pause if the work before it took long. Only the last one waits. */
  readonly schedule: (work: () => void) => void;
  /** Runs `work` now, and cancels work that waits. */
  readonly runNow: (work: () => void) => void;
}

// Of five milliseconds, streamed text gets one at most. Most updates take a tenth of a frame and
// never wait.
const PAUSE_PER_WORK = 4;

// Work that is longer than a frame, as for a table of some thousand rows, makes a key wait. Of 20
// keys, one waits at most.
const FRAME_MS = 16;
const PAUSE_PER_LONG_WORK = 20;

/**
 * Creates a throttle. `onLate` runs work that had to wait. `settle` completes the work: the layout
 * of a long text takes longer than the change.
 */
export function createThrottle(onLate: (work: () => void) => void, settle: () => void): Throttle {
  let timer = 0;
  let nextStart = 0;

  function measure(work: () => void): void {
    const start = performance.now();
    work();
    settle();
    const end = performance.now();
    const workMs = end - start;
    nextStart = end + workMs * (workMs > FRAME_MS ? PAUSE_PER_LONG_WORK : PAUSE_PER_WORK);
  }
  return {
    schedule(work) {
      clearTimeout(timer);
      const waitMs = nextStart - performance.now();
      if (waitMs <= 0) measure(work);
      else timer = window.setTimeout(onLate, waitMs, () => measure(work));
    },
    runNow(work) {
      clearTimeout(timer);
      work();
    },
  };
}
