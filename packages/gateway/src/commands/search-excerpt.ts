// With the text itself, about two lines of a list.
const CHARS_BEFORE = 40;
const CHARS_AFTER = 120;

/**
 * Returns the text around the first occurrence of `text` in `content`, in one line, with "…" for
 * omitted parts. Returns the beginning if there is no occurrence, because a custom store may search
 * by other rules.
 */
export function excerptOf(content: string, text: string): string {
  const at = indexIn(content, text);
  const from = boundary(content, Math.max(0, at - CHARS_BEFORE));
  const to = boundary(content, Math.min(content.length, at + text.length + CHARS_AFTER));
  const line = content.slice(from, to).replace(/\s+/g, " ").trim();
  return `${from > 0 ? "…" : ""}${line}${to < content.length ? "…" : ""}`;
}

/** Returns the position, or the one before it if the position would split a character. */
function boundary(content: string, at: number): number {
  const code = content.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

/** Returns the index of the first occurrence in any case; 0 if there is none. */
function indexIn(content: string, text: string): number {
  const lower = content.toLowerCase();
  const at = Math.max(0, lower.indexOf(text.toLowerCase()));
  if (lower.length === content.length) return at;
  // A letter such as `İ` is longer in lower case.
  let index = 0;
  let passed = 0;
  for (const letter of content) {
    passed += letter.toLowerCase().length;
    if (passed > at) break;
    index += letter.length;
  }
  return index;
}
