// Chosen: a restart of the server is over by then, and a person still waits for it.
const firstDelayMs = 500;
// Chosen: what a person who watches a countdown accepts.
const maxDelayMs = 15_000;

/** How long to wait before the next attempt; `random` in [0, 1) spreads clients that were lost together. */
export function retryDelayMs(failures: number, random: number): number {
  return Math.min(maxDelayMs, firstDelayMs * 2 ** failures) * (0.5 + random / 2);
}
