/** A part of a text that matches a search. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

// The accents of European scripts, which a reader may leave out. Marks of other scripts make other
// letters.
const ACCENTS = /[\u0300-\u036f]/g;

/**
 * Finds every match of a search in a text, whatever the case, the width and the accents of its
 * letters.
 *
 * Both are folded letter by letter, because a folded letter can have another length: `İ` becomes
 * `i` and a dot. The indexes are those of the text as it is.
 */
export function findMatches(text: string, searched: string): Match[] {
  const wanted = fold(searched);
  if (wanted === "") return [];
  const { folded, starts, ends } = foldWithIndexes(text);
  const matches: Match[] = [];
  let next = 0;
  for (let at = folded.indexOf(wanted); at !== -1; at = folded.indexOf(wanted, next)) {
    const after = at + wanted.length;
    const [start, end] = [starts[at] ?? 0, ends[after - 1] ?? text.length];
    // A part of a letter is another letter: `か` in `が`, `가` in `각`.
    const isPart = starts[at - 1] === start || starts[after] === starts[after - 1];
    next = isPart ? at + 1 : after;
    if (!isPart) matches.push({ start, end });
  }
  return matches;
}

function fold(text: string): string {
  return text.toLowerCase().normalize("NFKD").replace(ACCENTS, "").replaceAll("ς", "σ");
}

/** A folded text, with the range of the letter that each of its units comes from. */
function foldWithIndexes(text: string) {
  const parts: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const foldedLetters = new Map<string, string>();
  let index = 0;
  for (const letter of text) {
    const folded = foldedLetters.get(letter) ?? fold(letter);
    foldedLetters.set(letter, folded);
    const end = index + letter.length;
    // An accent of its own belongs to the letter before it.
    if (folded === "" && ends.length > 0) ends[ends.length - 1] = end;
    for (let unit = 0; unit < folded.length; unit += 1) {
      starts.push(index);
      ends.push(end);
    }
    parts.push(folded);
    index = end;
  }
  return { folded: parts.join(""), starts, ends };
}
