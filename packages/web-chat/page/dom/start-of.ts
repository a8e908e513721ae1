// The length of titles that the stores take from the first message.
const MAX_CHARS = 60;

/** Returns the first characters of a text on one line. No character is cut in two. */
export function startOf(text: string): string {
  const line = text
    .slice(0, 16 * MAX_CHARS)
    .replace(/\s+/g, " ")
    .trim();
  const characters = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  return characters.slice(0, MAX_CHARS).join("").trim();
}
