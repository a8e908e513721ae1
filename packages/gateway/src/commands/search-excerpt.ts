// With the text itself, about two lines of a list.
const CHARS_BEFORE = 40;
const CHARS_AFTER = 120;

/**
 * Returns the text around the first occurrence of `text` in `content`, in one line, with "…" for
 * omitted parts. Returns the beginning if there is no occurrence, because a custom store may search
 * by other rules.
 */
export function excerptOf(content: string, text: string): string {
  const at = Math.max(0, content.toLowerCase().indexOf(text.toLowerCase()));
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
