import { startTimer } from "../shared/timers.ts";

/** Counts the time that passes while it is not paused. Pauses may overlap. */
export interface Stopwatch {
  pause(): void;
  /** Returns whether the time counts again. */
  resume(): boolean;
  /** Whole milliseconds. */
  elapsedMs(): number;
}

export function createStopwatch(): Stopwatch {
  let countedMs = 0;
  let since = performance.now();
  let pauses = 0;
  const passedMs = () => countedMs + (pauses > 0 ? 0 : performance.now() - since);
  return {
    pause() {
      countedMs = passedMs();
      pauses += 1;
    },
    resume() {
      since = performance.now();
      pauses -= 1;
      return pauses === 0;
    },
    elapsedMs: () => Math.round(passedMs()),
  };
}

/**
 * Acts when a stopwatch that just began has counted `timeoutMs`. It is paused while something is
 * waited for.
 */
export function startPausableTimer(timeoutMs: number, watch: Stopwatch, act: () => void) {
  let timer = startTimer(timeoutMs, act);
  let isStopped = false;
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
    async paused<T>(waiting: Promise<T>): Promise<T> {
      clearTimeout(timer);
      watch.pause();
      try {
        return await waiting;
      } finally {
        if (watch.resume() && !isStopped) timer = startTimer(Math.max(0, timeoutMs - watch.elapsedMs()), act);
      }
    },
  };
}
