const FIRST_NON_ASCII = 0x80;
// A mark for each group of three ASCII characters. It is many times faster than a set.
const ASCII_GROUPS = 2 ** 21;
let seen: Uint8Array | undefined;

/**
 * Returns the character groups of a text in lower case, as 32-bit integers. A text that contains
 * another one has all of its groups.
 *
 * A pair with a character beyond ASCII is a group, so that two characters of Chinese are found.
 * Within ASCII a group has three characters, because there are few pairs.
 */
export function gramsOf(lowerCase: string): number[] {
  seen ??= new Uint8Array(ASCII_GROUPS);
  const ascii: number[] = [];
  const others = new Set<number>();
  for (let index = 0; index + 1 < lowerCase.length; index += 1) {
    const first = lowerCase.charCodeAt(index);
    const second = lowerCase.charCodeAt(index + 1);
    if (first >= FIRST_NON_ASCII || second >= FIRST_NON_ASCII) {
      others.add((first << 16) | second);
      continue;
    }
    const third = lowerCase.charCodeAt(index + 2);
    // There is no third character, or it is beyond ASCII.
    if (!(third < FIRST_NON_ASCII)) continue;
    const gram = (first << 14) | (second << 7) | third;
    if (seen[gram] === 1) continue;
    seen[gram] = 1;
    ascii.push(gram);
  }
  for (const gram of ascii) seen[gram] = 0;
  return others.size === 0 ? ascii : [...ascii, ...others];
}
