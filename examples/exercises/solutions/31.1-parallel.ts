/**
 * Runs the calls of one turn, at most `limit` at once. Returns their results in the order of the
 * calls. A call that throws has an error text as its result.
 */
export async function callAll(calls: readonly (() => Promise<string>)[], limit: number): Promise<string[]> {
  const results = new Array<string>(calls.length);
  const left = calls.entries();
  // Each worker takes the next call, until none is left.
  const work = async () => {
    for (const [index, call] of left) {
      results[index] = await call().catch((error: unknown) => `Error: ${(error as Error).message}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, calls.length) }, work));
  return results;
}
