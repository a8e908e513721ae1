// Chosen: with the text itself, two lines of a list.
const CHARS_BEFORE = 40;
const CHARS_AFTER = 120;

/**
 * What stands around the first place of `text` in `content`, in one line; "…" where something is left out. The beginning, if it
 * is nowhere: a store of one's own may search by other rules.
 */
export function excerptOf(content: string, text: string): string {
  const at = Math.max(0, content.toLowerCase().indexOf(text.toLowerCase()));
  const from = boundary(content, Math.max(0, at - CHARS_BEFORE));
  const to = boundary(content, Math.min(content.length, at + text.length + CHARS_AFTER));
  const line = content.slice(from, to).replace(/\s+/g, " ").trim();
  return `${from > 0 ? "…" : ""}${line}${to < content.length ? "…" : ""}`;
}

/** The place itself, or the one before it where it would cut a character in two. */
function boundary(content: string, at: number): number {
  const code = content.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}
