// Controls (C0 and C1), and characters that change the direction of text.
const DANGEROUS = /[\p{Cc}\p{Bidi_Control}]/gu;

/** Returns text that cannot move the cursor, change colors or turn text around. */
export function safe(text: string): string {
  return text.replace(DANGEROUS, (character) =>
    character === "\t" || character === "\n"
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Returns the beginning of a text in one line. */
export function oneLine(text: string, maxChars = 120): string {
  const line = safe(text).replaceAll(/\s+/g, " ").trim();
  return line.length > maxChars ? `${line.slice(0, maxChars)}…` : line;
}
