import type { MarkdownIt, StateBlock, StateInline } from "markdown-it";

/**
 * The pairs of marks around a formula inside a line. The second pair and `$$` stand on a line of
 * their own.
 */
const PAIRS = [
  { open: "\\(", close: "\\)", isDisplay: false },
  { open: "\\[", close: "\\]", isDisplay: true },
  { open: "$$", close: "$$", isDisplay: true },
] as const;

interface Pair {
  readonly open: string;
  readonly close: string;
  readonly isDisplay: boolean;
}

/** The beginning of an environment of formulas, which models also write without other marks. */
const ENVIRONMENT =
  /^\\begin\{((?:equation|eqnarray|align(?:ed)?|gather(?:ed)?|split|multline|cases|array|[pbBvV]?matrix)\*?)\}/;

const LONGEST_BEGIN_CHARS = 18;

/** Returns the marks of a formula that begins at an index. */
function pairAt(text: string, index: number): Pair | undefined {
  const pair = PAIRS.find(({ open }) => text.startsWith(open, index));
  if (pair) return pair;
  const [open, name] = ENVIRONMENT.exec(text.slice(index, index + LONGEST_BEGIN_CHARS)) ?? [];
  return open === undefined ? undefined : { open, close: `\\end{${name}}`, isDisplay: true };
}

/**
 * Adds formulas to Markdown. Their source is kept with its delimiters, in `math` tokens.
 *
 * A formula needs its closing delimiter: without one the text stays as it is, backslash included.
 */
export function addMath(md: MarkdownIt): void {
  md.inline.ruler.before("escape", "math", readInline);
  md.block.ruler.before("fence", "math_block", readBlock, {
    alt: ["paragraph", "reference", "blockquote", "list"],
  });
}

function readInline(state: StateInline, silent: boolean): boolean {
  const pair = pairAt(state.src, state.pos);
  if (!pair) return state.src[state.pos] === "$" && readDollars(state, silent);
  const end = lastIndexOf(state, pair.close) > state.pos + 1 ? closeOf(state, pair) : -1;
  if (end >= 0) return pushFormula(state, end, { isDisplay: pair.isDisplay, silent });
  if (pair.open === "$$") return false;
  // Otherwise a backslash would escape the bracket and disappear.
  if (!silent) state.pending += pair.open;
  state.pos += pair.open.length;
  return true;
}

/** An index or an exponent alone, which models write inside of a word: `CO$_2$`. */
const SCRIPT = /^[_^]/;

/** A price and the words behind it. A formula has words in braces only, such as `\text{…}`. */
const PRICE = /^\d[^{]*[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}，。；：！？、]/u;

/** Reads `$x$`. Prices are no formulas: neither `$5 and $6` nor `US$5, $7`. */
function readDollars(state: StateInline, silent: boolean): boolean {
  const { src, pos, posMax } = state;
  const end = src.indexOf("$", pos + 1);
  const formula = src.slice(pos + 1, end);
  const isFormula =
    end > pos + 1 &&
    end < posMax &&
    !/^\s|\s$|\n/.test(formula) &&
    !PRICE.test(formula) &&
    isApart(src[pos - 1] ?? "", src[end + 1] ?? "", SCRIPT.test(formula));
  if (isFormula) return pushFormula(state, end + 1, { isDisplay: false, silent });
  if (!silent) state.pending += "$";
  state.pos += 1;
  return true;
}

/** Returns true if neither a dollar nor a word is beside a formula. A script may be in a word. */
function isApart(before: string, after: string, isScript: boolean): boolean {
  if (/[$\\]/.test(before) || after === "$") return false;
  return isScript || !(/[a-z0-9]/i.test(before) || /[a-z0-9]/i.test(after));
}

/** Returns the index after the closing delimiter; -1 if the formula is empty or has none. */
function closeOf({ src, pos, posMax }: StateInline, { open, close }: Pair): number {
  const start = pos + open.length;
  const at = src.indexOf(close, start);
  const end = at + close.length;
  return at > start && end <= posMax && src.slice(start, at).trim() !== "" ? end : -1;
}

const lastClosers = new WeakMap<StateInline, Map<string, number>>();

/** Remembers the last closing delimiter of a text, so that many open ones cost linear time. */
function lastIndexOf(state: StateInline, close: string): number {
  const known = lastClosers.get(state) ?? new Map<string, number>();
  lastClosers.set(state, known);
  const last = known.get(close) ?? state.src.lastIndexOf(close);
  known.set(close, last);
  return last;
}

function pushFormula(
  state: StateInline,
  end: number,
  { isDisplay, silent }: { isDisplay: boolean; silent: boolean },
): boolean {
  if (!silent) {
    const token = state.push(isDisplay ? "math_display" : "math_inline", "", 0);
    token.content = state.src.slice(state.pos, end);
  }
  state.pos = end;
  return true;
}

function readBlock(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if ((state.sCount[startLine] ?? 0) - state.blkIndent >= 4) return false;
  const first = lineAt(state, startLine);
  const pair = pairAt(first, 0);
  if (!pair?.isDisplay) return false;
  const isWhole = first.length > 3 && first.endsWith(pair.close);
  // `$$x$$ is a formula.` is a paragraph.
  const isText = !isWhole && first.includes(pair.close, 2);
  const last = isWhole ? startLine : isText ? undefined : closingLine(state, startLine, endLine, pair);
  if (last === undefined) return false;
  if (silent) return true;
  state.line = last + 1;
  const token = state.push("math_block", "", 0);
  token.map = [startLine, state.line];
  token.content = state.getLines(startLine, state.line, state.blkIndent, false).trim();
  return true;
}

/** The lines that a formula can have. A stray delimiter reaches no farther. */
export const MAX_FORMULA_LINES = 50;

/** A line that begins a formula. */
const OPENING_LINE = /^[ >]*(?:\$\$|\\\[|\\begin\{)/m;

/** A line that no formula has: a heading or fenced code. */
const NO_FORMULA = /^(?:#{1,6}\s|```|~~~)/;

/** Returns true if a formula begins in a paragraph, and may end in a later one. */
export function opensFormula(paragraph: string): boolean {
  return OPENING_LINE.test(paragraph);
}

const searchedLines = new WeakMap<StateBlock, Map<string, number>>();

/**
 * Finds the line that ends with the closing delimiter. A formula may contain empty lines, which
 * models write between its rows. Lines that were searched in vain are skipped, so that many open
 * delimiters cost linear time.
 */
function closingLine(
  state: StateBlock,
  startLine: number,
  endLine: number,
  { close }: Pair,
): number | undefined {
  const searched = searchedLines.get(state) ?? new Map<string, number>();
  searchedLines.set(state, searched);
  const limit = Math.min(endLine, startLine + MAX_FORMULA_LINES);
  let line = Math.max(startLine + 1, searched.get(close) ?? 0);
  for (; line < limit; line += 1) {
    if (state.isEmpty(line)) continue;
    const text = lineAt(state, line);
    if ((state.sCount[line] ?? 0) < state.blkIndent || NO_FORMULA.test(text)) break;
    if (text.endsWith(close)) return line;
    if (text.includes(close)) break;
  }
  searched.set(close, line);
  return undefined;
}

function lineAt(state: StateBlock, line: number): string {
  const start = (state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0);
  return state.src.slice(start, state.eMarks[line]).trimEnd();
}
