const FIRST_NON_ASCII = 0x80;
const BLANK = 0x20;
// A bit that no group of three has.
const PHRASE = 2 ** 28;
// A mark for each group of three ASCII characters. It is many times faster than a set.
const ASCII_GROUPS = 2 ** 21;
let seen: Uint8Array | undefined;

/**
 * Returns the character groups of a text in lower case, as 32-bit integers. A text that contains
 * another one has all of its groups.
 *
 * A pair with a character beyond ASCII is a group, so that two characters of Chinese are found.
 * Within ASCII a group has three characters, because there are few pairs. Two characters on each
 * side of a blank are a group too, by which two frequent words in a row are found.
 */
export function gramsOf(lowerCase: string): number[] {
  seen ??= new Uint8Array(ASCII_GROUPS);
  const ascii: number[] = [];
  const phrases: number[] = [];
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
    if (third === BLANK) {
      const fourth = lowerCase.charCodeAt(index + 3);
      const fifth = lowerCase.charCodeAt(index + 4);
      const isAscii = fourth < FIRST_NON_ASCII && fifth < FIRST_NON_ASCII;
      if (isAscii) phrases.push(PHRASE | (first << 21) | (second << 14) | (fourth << 7) | fifth);
    }
    const gram = (first << 14) | (second << 7) | third;
    if (seen[gram] === 1) continue;
    seen[gram] = 1;
    ascii.push(gram);
  }
  for (const gram of ascii) seen[gram] = 0;
  return [...ascii, ...phrases, ...others];
}
