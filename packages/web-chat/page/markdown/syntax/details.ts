import type { MarkdownIt, StateBlock } from "markdown-it";

/** The beginning of a folded part. Its attributes are dropped, except for `open`. */
const OPEN = /^<details((?:\s[^<>]*)?)>/i;

/** A summary that ends, or the rest of its line while it does not. */
const SUMMARY = /^\s*<summary(?:\s[^<>]*)?>(?:([^]{0,500}?)<\/summary\s*>|([^\n]*))/i;

/** Tags of a summary that change nothing, because its text is a heading. */
const STRESS = /<\/?(?:b|strong|i|em|h[1-6])>/gi;

const OPENINGS = /<details[\s>]/gi;
const CLOSINGS = /<\/details\s*>/gi;

/** The beginning and the end of fenced code, in which tags mean nothing. */
const FENCE = /^\s*(`{3,}|~{3,})/;

// Deeper parts are shown as text. Nobody unfolds so many.
const MAX_LEVEL = 20;

/**
 * Adds `<details>` with a `<summary>`, which models write to fold a part of an answer. What is
 * inside is Markdown. While the closing tag is missing, the rest of the text is inside.
 */
export function addDetails(md: MarkdownIt): void {
  md.block.ruler.before("html_block", "details", readDetails, {
    alt: ["paragraph", "reference", "blockquote"],
  });
}

function readDetails(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4 || state.level >= MAX_LEVEL) return false;
  const start = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0);
  if (!OPEN.test(state.src.slice(start, state.eMarks[startLine]))) return false;
  if (silent) return true;
  const { nextLine, isClosed } = findEnd(state, startLine, endLine);
  const text = state.getLines(startLine, nextLine, state.blkIndent, false).trimStart();
  state.line = nextLine;
  pushDetails(state, text, { map: [startLine, nextLine], isClosed });
  return true;
}

/** Finds the line after the closing tag, or the end of the block that the part is in. */
function findEnd(state: StateBlock, startLine: number, endLine: number) {
  let depth = 0;
  let fence = "";
  let line = startLine;
  for (; line < endLine; line += 1) {
    if (!state.isEmpty(line) && (state.sCount[line] ?? 0) < state.blkIndent) break;
    const text = state.src.slice(state.bMarks[line], state.eMarks[line]);
    const mark = FENCE.exec(text)?.[1];
    if (fence === "") fence = mark ?? "";
    else if (mark?.startsWith(fence)) fence = "";
    if (fence !== "" || mark !== undefined) continue;
    const tags = text.replaceAll(/`[^`]*`/g, "");
    depth += (tags.match(OPENINGS)?.length ?? 0) - (tags.match(CLOSINGS)?.length ?? 0);
    if (depth <= 0) return { nextLine: line + 1, isClosed: true };
  }
  return { nextLine: line, isClosed: false };
}

function pushDetails(
  state: StateBlock,
  text: string,
  { map, isClosed }: { map: [number, number]; isClosed: boolean },
): void {
  const [opening = "", attributes = ""] = OPEN.exec(text) ?? [];
  const end = (isClosed ? [...text.matchAll(CLOSINGS)].at(-1)?.index : undefined) ?? text.length;
  const inside = text.slice(opening.length, end);
  const [heading = "", summary, unfinished] = SUMMARY.exec(inside) ?? [];
  const open = state.push("details_open", "details", 1);
  open.map = map;
  open.info = /\sopen\b/i.test(attributes) ? "open" : "";
  if (heading !== "") pushText(state, "summary", (summary ?? unfinished ?? "").replaceAll(STRESS, ""));
  const inner = new state.md.block.State(inside.slice(heading.length), state.md, state.env, state.tokens);
  inner.level = state.level;
  state.md.block.tokenize(inner, inner.line, inner.lineMax);
  const after = text
    .slice(end)
    .replace(/^<\/details\s*>/i, "")
    .trim();
  if (after !== "") pushText(state, "paragraph", after);
  state.push("details_close", "details", -1);
}

function pushText(state: StateBlock, type: "summary" | "paragraph", text: string): void {
  const tag = type === "summary" ? type : "p";
  state.push(`${type}_open`, tag, 1);
  const inline = state.push("inline", "", 0);
  inline.content = text.replaceAll(/\s+/g, " ").trim();
  inline.children = [];
  state.push(`${type}_close`, tag, -1);
}
