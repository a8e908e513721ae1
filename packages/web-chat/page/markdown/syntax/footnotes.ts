import type { Env, MarkdownIt, StateBlock, StateInline } from "markdown-it";

/**
 * A label in brackets, `[^1]`, at the beginning of a text. Its length is limited to stay linear.
 */
const LABEL = /^\[\^([^\]\s[]{1,64})\]/;

const LONGEST_LABEL_CHARS = 67;

/** Adds footnotes to Markdown: `[^1]` in a text, and `[^1]: explanation` as a block of its own. */
export function addFootnotes(md: MarkdownIt): void {
  md.block.ruler.before("reference", "footnote", readDefinition, { alt: ["paragraph", "reference"] });
  md.inline.ruler.before("link", "footnote_ref", readReference);
}

/** The labels of the footnotes that a text defines. */
export function footnotesOf(env: Env): Set<string> {
  const known = env["footnotes"];
  if (known instanceof Set) return known as Set<string>;
  const labels = new Set<string>();
  env["footnotes"] = labels;
  return labels;
}

function readDefinition(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  const start = (state.bMarks[startLine] ?? 0) + (state.tShift[startLine] ?? 0);
  const label = LABEL.exec(state.src.slice(start, start + LONGEST_LABEL_CHARS))?.[1];
  if (label === undefined) return false;
  const colon = start + label.length + 3;
  if (state.src[colon] !== ":") return false;
  if (silent) return true;
  let nextLine = startLine + 1;
  while (nextLine < endLine && !endsParagraph(state, nextLine, endLine)) nextLine += 1;
  state.line = nextLine;
  footnotesOf(state.env).add(label);
  const token = state.push("footnote", "p", 0);
  token.map = [startLine, nextLine];
  token.info = label;
  const first = state.src.slice(colon + 1, state.eMarks[startLine]);
  const others = state.getLines(startLine + 1, nextLine, state.blkIndent + 4, false);
  token.content = `${first}\n${others}`.trim();
  return true;
}

function endsParagraph(state: StateBlock, line: number, endLine: number): boolean {
  if (state.isEmpty(line) || (state.sCount[line] ?? 0) < state.blkIndent) return true;
  return state.md.block.ruler.getRules("paragraph").some((rule) => rule(state, line, endLine, true));
}

function readReference(state: StateInline, silent: boolean): boolean {
  if (!state.src.startsWith("[^", state.pos)) return false;
  const { src, pos, posMax } = state;
  const match = LABEL.exec(src.slice(pos, Math.min(posMax, pos + LONGEST_LABEL_CHARS)));
  if (!match?.[1] || !footnotesOf(state.env).has(match[1])) return false;
  if (!silent) state.push("footnote_ref", "", 0).content = match[1];
  state.pos += match[0].length;
  return true;
}
