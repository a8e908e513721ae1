/**
 * A wire on which everything takes up to `LAG_MS` milliseconds, and arrives in its order; without that variable, no time at
 * all. A test that reads the page before what it waits for has come fails with it: `LAG_MS=150 pnpm exec vitest run --project
 * tests/browser`.
 */
export function createWire(): (arrive: () => void) => void {
  const lagMs = Number(process.env["LAG_MS"] ?? 0);
  if (lagMs === 0) return (arrive) => arrive();
  let before = Promise.resolve();
  return (arrive) => {
    before = before
      .then(() => new Promise<void>((resolve) => setTimeout(resolve, Math.random() * lagMs)))
      .then(arrive);
  };
}
