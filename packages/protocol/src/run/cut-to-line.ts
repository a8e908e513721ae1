import { cutText } from "../shared/text.ts";

// Three quarters of the longest line of a transcript, in characters of JSON.
const MAX_JSON_CHARS = 50_331_648;

// JSON has a control character as six characters.
const MAX_JSON_PER_CHAR = 6;

const CUT = "\n[cut: the rest was too long to be saved]";

/**
 * Returns a text that fits into a line of a transcript. A longer one is cut, with a note behind it,
 * because the end of every run must be recorded.
 */
export function cutToLine(text: string): string {
  if (text.length * MAX_JSON_PER_CHAR <= MAX_JSON_CHARS) return text;
  let kept = cutText(text, MAX_JSON_CHARS);
  while (JSON.stringify(kept).length > MAX_JSON_CHARS) kept = cutText(kept, Math.floor(kept.length * 0.75));
  return kept.length < text.length ? kept + CUT : text;
}
