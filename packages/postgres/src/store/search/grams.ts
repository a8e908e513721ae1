const FIRST_NON_ASCII = 0x80;

/**
 * Returns the character groups of a text in lower case, as 32-bit integers. A text that contains
 * another one has all of its groups.
 *
 * A pair with a character beyond ASCII is a group, so that two characters of Chinese are found.
 * Within ASCII a group has three characters, because there are few pairs.
 */
export function gramsOf(lowerCase: string): number[] {
  const grams = new Set<number>();
  for (let index = 0; index + 1 < lowerCase.length; index += 1) {
    const first = lowerCase.charCodeAt(index);
    const second = lowerCase.charCodeAt(index + 1);
    if (first >= FIRST_NON_ASCII || second >= FIRST_NON_ASCII) {
      grams.add((first << 16) | second);
      continue;
    }
    const third = lowerCase.charCodeAt(index + 2);
    if (third < FIRST_NON_ASCII) grams.add((first << 14) | (second << 7) | third);
  }
  return [...grams];
}
