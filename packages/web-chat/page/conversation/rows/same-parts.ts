/** Counts the common elements at the beginning of two lists. */
export function countSame<Part>(one: readonly Part[], other: readonly Part[]): number {
  const most = Math.min(one.length, other.length);
  let count = 0;
  while (count < most && one[count] === other[count]) count += 1;
  return count;
}

/** Counts the common elements at the end of two lists, without the first `startCount`. */
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
