// As the stores do, which name a session after its first message.
const maxChars = 60;

/** The first characters of a text, on one line, never half a character. */
export function startOf(text: string): string {
  const line = text
    .slice(0, 16 * maxChars)
    .replace(/\s+/g, " ")
    .trim();
  const characters = Array.from(new Intl.Segmenter().segment(line), ({ segment }) => segment);
  return characters.slice(0, maxChars).join("").trim();
}
