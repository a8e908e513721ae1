/**
 * Returns the name that a misspelled one was most likely meant to be, or `undefined` if none is
 * close enough. Ignores case.
 *
 * @param maxEdits the greatest number of wrong letters. By default a third of the letters.
 */
export function closestName(
  misspelled: string,
  names: readonly string[],
  maxEdits: number = Math.max(1, Math.floor(misspelled.length / 3)),
): string | undefined {
  let closest: string | undefined;
  let least = maxEdits + 1;
  for (const name of names) {
    // A longer or shorter name needs at least so many edits.
    if (Math.abs(name.length - misspelled.length) >= least) continue;
    const edits = countEdits(misspelled.toLowerCase(), name.toLowerCase());
    if (edits >= least) continue;
    closest = name;
    least = edits;
  }
  return closest;
}

/** Returns the number of letters to insert, delete, replace or swap. */
function countEdits(one: string, other: string): number {
  let last: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + Number(!isSame),
        isSwapped ? (last[j - 2] as number) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    last = row;
    row = next;
  }
  return row[other.length] as number;
}
