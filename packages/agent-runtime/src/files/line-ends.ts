/** A CR alone is the line end of a text without LF, as on old Macs. */
export type LineEnd = "\n" | "\r\n" | "\r";

/** The text with every line end as LF, and a way back from its offsets. */
export interface LevelText {
  text: string;
  /** Returns the offset in the original of an offset here. Ask for ascending offsets only. */
  toOriginal(offset: number): number;
}

/** Makes line ends alike, so that text matches as `read_file` returned it. */
export function levelLineEnds(original: string): LevelText {
  if (!original.includes("\r\n")) {
    const text = hasOnlyCr(original) ? original.replaceAll("\r", "\n") : original;
    return { text, toOriginal: (offset) => offset };
  }
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
export function commonLineEnd(text: string): LineEnd {
  if (!text.includes("\r\n")) return hasOnlyCr(text) ? "\r" : "\n";
  let crlf = 0;
  let all = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
    all += 1;
    if (text[at - 1] === "\r") crlf += 1;
  }
  return crlf * 2 > all ? "\r\n" : "\n";
}

/** Returns the text with all its line ends as given. */
export function withLineEnds(text: string, lineEnd: LineEnd): string {
  const level = text.replaceAll("\r\n", "\n");
  return lineEnd === "\n" ? level : level.replaceAll("\n", lineEnd);
}

/** Returns true for a text whose lines end with a CR alone. */
export function hasOnlyCr(text: string): boolean {
  return text.includes("\r") && !text.includes("\n");
}
