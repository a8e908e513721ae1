/** A CR alone is the line end of a text without LF, as on old Macs. */
export type LineEnd = "\n" | "\r\n" | "\r";

/** The line end of most lines of a text. */
export interface LineEnds {
  common: LineEnd;
  /** True if some lines end with CRLF and others with LF. */
  isMixed: boolean;
}

/** A range of a text, its end not included. */
export interface TextRange {
  start: number;
  end: number;
}

/** Returns the line ends of a text. */
export function lineEndsOf(text: string): LineEnds {
  if (!text.includes("\r")) return { common: "\n", isMixed: false };
  let crlf = 0;
  let all = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
    all += 1;
    if (text[at - 1] === "\r") crlf += 1;
  }
  if (all === 0) return { common: "\r", isMixed: false };
  return { common: crlf * 2 > all ? "\r\n" : "\n", isMixed: crlf > 0 && crlf < all };
}

/** Returns the line end that most lines of a text have. */
export function commonLineEnd(text: string): LineEnd {
  return lineEndsOf(text).common;
}

/** Finds a text in another one, whatever line ends both have. */
export function findText(original: string, { common, isMixed }: LineEnds, text: string): TextRange[] {
  const wanted = withLineEnds(text, common);
  // A CR that ends no line must not match the CR of a CRLF.
  const isHalf = common === "\r\n" && wanted.endsWith("\r");
  if (!isMixed && !isHalf) return rangesOf(original, wanted);
  const level = levelLineEnds(original);
  const ranges = rangesOf(level.text, withLineEnds(text, "\n"));
  return ranges.map(({ start, end }) => ({ start: level.toOriginal(start), end: level.toOriginal(end) }));
}

function rangesOf(text: string, wanted: string): TextRange[] {
  const ranges: TextRange[] = [];
  let end = 0;
  for (let start = text.indexOf(wanted); start !== -1; start = text.indexOf(wanted, end)) {
    end = start + wanted.length;
    ranges.push({ start, end });
  }
  return ranges;
}

/** The text with every line end as LF, and a way back from its offsets. */
interface LevelText {
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

/** Returns the text with all its line ends as given. */
export function withLineEnds(text: string, lineEnd: LineEnd): string {
  const level = text.replaceAll("\r\n", "\n");
  return lineEnd === "\n" ? level : level.replaceAll("\n", lineEnd);
}

/** Returns true for a text whose lines end with a CR alone. */
export function hasOnlyCr(text: string): boolean {
  return text.includes("\r") && !text.includes("\n");
}
