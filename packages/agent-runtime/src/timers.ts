/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** `setTimeout` for delays of any length, `Infinity` included: 24 days are as good as never. */
export function startTimer(delayMs: number, act: () => void): NodeJS.Timeout {
  return setTimeout(act, Math.min(delayMs, LONGEST_TIMER_MS));
}
