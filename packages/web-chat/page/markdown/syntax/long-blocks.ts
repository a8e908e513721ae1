import type { Token } from "markdown-it";
import type { Block } from "./block.ts";

/** Everything that a part of a long block needs, so that it is read as inside of that block. */
export interface Context {
  /** Lines to read before the part: the items around it without their text, or its table's head. */
  readonly text: string;
  /** The number of lists, items and quotes that continue. A table is one, too. */
  readonly depth: number;
}

/** A line at which a long block is cut. */
export interface Cut {
  readonly line: number;
  readonly context: Context;
}

// More than a screen shows. A longer list, quote or table is several blocks, so that a growing one
// costs as much as its last part.
const MAX_PARTS = 50;

// Each part of a table is read after its head. A longer head would make a text slow to read.
const MAX_HEAD_CHARS = 2000;

const CAN_BE_CUT = ["ul", "ol", "li", "blockquote"];

const PARENTS_OF_PARTS = ["blockquote", "tbody"];

/** An empty heading. It stands for the text of an item around a part. Any block may follow it. */
const NO_TEXT = "#";

/** The lines of a text that was read as tokens. */
interface Lines {
  readonly at: (line: number) => string;
  /** The first line after the context. */
  readonly first: number;
}

/** Returns the lines at which the block at `index` is cut. */
export function findCuts(tokens: readonly Token[], index: number, lines: Lines): Cut[] {
  const block = tokens[index];
  if (block?.nesting !== 1) return [];
  const cuts: Cut[] = [];
  const around: Token[] = [block];
  let count = 0;
  for (let at = index + 1; (tokens[at]?.level ?? 0) > block.level; at += 1) {
    const [before, token] = [tokens[at - 1], tokens[at]];
    const parent = around.at(-1);
    if (!token || !parent) break;
    if (token.nesting === -1) {
      around.pop();
      continue;
    }
    const line = token.map?.[0] ?? 0;
    const isPart = line >= lines.first && (token.tag === "li" || PARENTS_OF_PARTS.includes(parent.tag));
    // The first part of a list stays with the item around it.
    if (isPart && count >= MAX_PARTS && before !== parent) {
      const context = contextOf(around, lines.at);
      if (context) {
        cuts.push({ line, context });
        count = 0;
      }
    }
    // The items of a list in a quote are counted, and not the list.
    if (isPart && (token.tag === "li" || !CAN_BE_CUT.includes(token.tag))) count += 1;
    if (token.nesting === 1) around.push(token);
  }
  return cuts;
}

/** Returns the context of a part in some open blocks; `undefined` if they cannot be cut there. */
function contextOf(around: readonly Token[], lineAt: (line: number) => string): Context | undefined {
  const [block] = around;
  if (block?.type === "table_open") {
    const line = block.map?.[0] ?? 0;
    const text = lineAt(line) + lineAt(line + 1);
    return text.length <= MAX_HEAD_CHARS ? { text, depth: 1 } : undefined;
  }
  if (!around.every(({ tag }) => CAN_BE_CUT.includes(tag))) return undefined;
  const items = itemLines(around).map(([line, signCount]) => emptyItem(lineAt(line), signCount));
  return { text: items.join(""), depth: around.length };
}

/** Returns the lines on which some open items begin, with the number of signs before their text. */
function itemLines(around: readonly Token[]): [number, number][] {
  const signCounts = new Map<number, number>();
  let [quoteCount, itemCount, lastLine] = [0, 0, -1];
  for (const { tag, map } of around) {
    if (tag === "blockquote") quoteCount += 1;
    if (tag !== "li" || !map) continue;
    itemCount = map[0] === lastLine ? itemCount + 1 : 1;
    lastLine = map[0];
    signCounts.set(lastLine, quoteCount + itemCount);
  }
  return [...signCounts];
}

/** Returns the line of an item without its text. What follows is as deep as before. */
function emptyItem(line: string, signCount: number): string {
  const signs = new RegExp(`^(?:[ \\t]*(?:>|[-*+]|\\d{1,9}[.)])){${signCount}}`);
  const [before = ""] = signs.exec(line) ?? [];
  const [space = " "] = /^(?: {1,4}|\t)(?=\S)/.exec(line.slice(before.length)) ?? [];
  return `${before}${space}${NO_TEXT}\n`;
}

/**
 * Returns a block as the next part of the one before it. Numbers continue, and so do the widths of
 * a table's columns. The items around the part have no text and no marker.
 */
export function continueBlock(block: Block, before: Block | undefined, depth: number): Block {
  if (block.kind !== "container" || before?.tag !== block.tag || depth === 0) return block;
  const children = isEmptyItem(block) ? block.children.slice(1) : block.children;
  const [first, ...others] = children;
  const last = before.children.at(-1);
  const isCutInside = depth > 1 && first !== undefined && last !== undefined;
  return {
    ...block,
    isContinued: true,
    detail: continuedDetail(block, before, isCutInside),
    children: isCutInside ? [continueBlock(first, last, depth - 1), ...others] : children,
  };
}

function isEmptyItem({ tag, children }: Block): boolean {
  return tag === "li" && children[0]?.tag === "h1" && children[0].content === "";
}

function continuedDetail({ tag, detail }: Block, before: Block, isCutInside: boolean): string {
  if (tag === "ol") return String(Number(before.detail) + before.children.length - (isCutInside ? 1 : 0));
  if (tag === "li") return before.detail.startsWith("task") ? "task resumed" : "resumed";
  return tag === "table" ? before.detail : detail;
}

// Of a table's columns, in the width of a digit.
const COLUMN = { least: 3, most: 32 };

/** The sides of a cell have about this width. */
const SIDES = 3;

/**
 * Returns the widths of a table's columns, in digits. They follow the first part of a long table,
 * so that each part has the same.
 */
export function columnWidths({ children }: Block): string {
  const widths: number[] = [];
  for (const { children: rows } of children) {
    for (const { children: cells } of rows) {
      for (const [index, { content }] of cells.entries()) {
        widths[index] = Math.max(widths[index] ?? COLUMN.least, widthOf(content));
      }
    }
  }
  return widths.map((width) => Math.min(width, COLUMN.most) + SIDES).join(" ");
}

/** Returns about how many digits are as wide as the text of a cell. */
function widthOf(content: string): number {
  const text = content.slice(0, 10 * COLUMN.most).replace(/\]\([^)]*\)|[*`~[\]]/g, "");
  return text.length + (text.match(/[\u2e80-\ud7ff\uf900-\uffef]/g)?.length ?? 0);
}
