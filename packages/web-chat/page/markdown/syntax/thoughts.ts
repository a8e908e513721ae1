/** An answer, and the thoughts that a model wrote in front of it. */
export interface SplitAnswer {
  readonly thoughts: string;
  readonly content: string;
}

const TAGS = ["think", "thinking"] as const;

/**
 * Separates `<think>…</think>` at the beginning of an answer from the answer.
 *
 * Models without thinking blocks of their own write their thoughts there. Elsewhere in a text the
 * tag is not special. While the answer streams, a closing tag may be missing.
 */
export function splitThoughts(text: string): SplitAnswer {
  const start = text.search(/\S/);
  if (start === -1 || text[start] !== "<") return { thoughts: "", content: text };
  for (const tag of TAGS) {
    const open = `<${tag}>`;
    const isOpen = text.startsWith(open, start);
    // Half a tag is not shown, because the other half arrives next.
    if (!isOpen && open.startsWith(text.slice(start))) return { thoughts: "", content: "" };
    if (!isOpen) continue;
    const close = `</${tag}>`;
    const end = text.indexOf(close, start);
    const thoughts = text.slice(start + open.length, end === -1 ? undefined : end).trim();
    return { thoughts, content: end === -1 ? "" : text.slice(end + close.length).trimStart() };
  }
  return { thoughts: "", content: text };
}
