/** How many at the beginning are the same in both. */
export function countSame<Part>(one: readonly Part[], other: readonly Part[]): number {
  const most = Math.min(one.length, other.length);
  let count = 0;
  while (count < most && one[count] === other[count]) count += 1;
  return count;
}

/** How many at the end are the same in both, not counting the first `startCount`. */
export function countSameAtEnd<Part>(
  one: readonly Part[],
  other: readonly Part[],
  startCount: number,
): number {
  const most = Math.min(one.length, other.length) - startCount;
  let count = 0;
  while (count < most && one[one.length - 1 - count] === other[other.length - 1 - count]) count += 1;
  return count;
}
