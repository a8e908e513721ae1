/** The text with every CRLF as LF, and a way back from its offsets. */
export interface LevelText {
  text: string;
  /** Returns the offset in the original of an offset here. Ask for ascending offsets only. */
  toOriginal(offset: number): number;
}

/** Makes line ends alike, so that text matches as `read_file` returned it. */
export function levelLineEnds(original: string): LevelText {
  if (!original.includes("\r\n")) return { text: original, toOriginal: (offset) => offset };
  let next = original.indexOf("\r\n");
  let removed = 0;
  const toOriginal = (offset: number) => {
    // An LF here stands where its CR stood.
    while (next !== -1 && next - removed < offset) {
      next = original.indexOf("\r\n", next + 2);
      removed += 1;
    }
    return offset + removed;
  };
  return { text: original.replaceAll("\r\n", "\n"), toOriginal };
}

/** Returns the line end that most lines of a text have. */
export function commonLineEnd(text: string): "\n" | "\r\n" {
  if (!text.includes("\r\n")) return "\n";
  let crlf = 0;
  let all = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
    all += 1;
    if (text[at - 1] === "\r") crlf += 1;
  }
  return crlf * 2 > all ? "\r\n" : "\n";
}

/** Returns the text with all its line ends as given. */
export function withLineEnds(text: string, lineEnd: "\n" | "\r\n"): string {
  const level = text.replaceAll("\r\n", "\n");
  return lineEnd === "\n" ? level : level.replaceAll("\n", "\r\n");
}
