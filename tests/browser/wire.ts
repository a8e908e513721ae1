import { setTimeout as delay } from "node:timers/promises";

/**
 * A wire on which everything takes up to `LAG_MS` milliseconds, and arrives in its order; without
 * that variable, no time at all. A test that reads the page before what it waits for has come fails
 * with it: `LAG_MS=300 pnpm exec vitest run --project tests/browser`.
 */
export function createWire(): (arrive: () => void) => void {
  const lagMs = Number(process.env["LAG_MS"] ?? 0);
  if (lagMs === 0) return (arrive) => arrive();
  let before: Promise<unknown> = Promise.resolve();
  return (arrive) => {
    before = Promise.all([before, delay(Math.random() * lagMs)]).then(arrive);
  };
}
