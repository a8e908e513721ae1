/**
 * The text, or its beginning and end around a mark with the number of characters that were left
 * out.
 *
 * `maxChars` counts UTF-16 units of what is kept. The mark comes on top. Never cuts a character in
 * two.
 */
export function cutMiddle(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const head = wholeHead(text, Math.ceil(maxChars / 2));
  const tail = wholeTail(text, Math.floor(maxChars / 2));
  return head + omissionMark(text.length - head.length - tail.length) + tail;
}

/**
 * The text, or whole lines of its beginning and end around a mark that names how much was left out.
 * Cuts within a line only where the line is too long by itself.
 */
export function cutMiddleLines(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const half = Math.floor(maxChars / 2);
  const headEnd = text.lastIndexOf("\n", half - 1) + 1;
  const tailStart = text.indexOf("\n", text.length - half - 1) + 1;
  if (headEnd === 0 || tailStart === 0 || tailStart <= headEnd) return cutMiddle(text, maxChars);
  const middle = text.slice(headEnd, tailStart);
  const lines = middle.split("\n").length - 1;
  return `${text.slice(0, headEnd)}[… ${middle.length} characters, ${lines} lines left out …]\n${text.slice(tailStart)}`;
}

/** Stands where text was left out. */
export function omissionMark(chars: number): string {
  return `\n[… ${chars} characters left out …]\n`;
}

/** The first `maxChars` UTF-16 units, one less where that would cut a character in two. */
export function wholeHead(text: string, maxChars: number): string {
  return text.slice(0, isHighSurrogate(text.charCodeAt(maxChars - 1)) ? maxChars - 1 : maxChars);
}

/** The last `maxChars` UTF-16 units, one less where that would cut a character in two. */
export function wholeTail(text: string, maxChars: number): string {
  const start = text.length - maxChars;
  return text.slice(isHighSurrogate(text.charCodeAt(start - 1)) ? start + 1 : start);
}

/** Returns true for a text without halves of a character. */
export function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
