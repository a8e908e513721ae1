import type { Env, Token } from "markdown-it";
import type { Block } from "./block.ts";
import { footnotesOf } from "./footnotes.ts";
import { type Context, columnWidths, continueBlock, findCuts } from "./long-blocks.ts";
import { MAX_FORMULA_LINES, opensFormula } from "./math.ts";
import type { MarkdownParser } from "./parser.ts";

/** A text that was split into blocks. */
export interface SplitText {
  readonly text: string;
  readonly blocks: readonly Block[];
  /** Index in `text` at which each block begins. */
  readonly starts: readonly number[];
  /** For each block that continues another one, what it is read with. */
  readonly contexts: readonly (Context | undefined)[];
  /** The targets of links and the footnotes that the text defines, as the parser collected them. */
  readonly definitions: Env;
}

export const emptyText: SplitText = { text: "", blocks: [], starts: [], contexts: [], definitions: {} };

/** Splits a whole text. */
export function splitText(text: string, parser: MarkdownParser): SplitText {
  return appendBlocks(emptyText, text, { parser, context: undefined });
}

/**
 * Splits a text that continues an earlier one. Only its tail is read: the blocks that appended text
 * can still change. Definitions in the tail apply to the tail only.
 */
export function splitAppended(text: string, before: SplitText, parser: MarkdownParser): SplitText {
  if (!text.startsWith(before.text)) return splitText(text, parser);
  const count = Math.max(0, before.blocks.length - tailCount(before));
  const kept = {
    text: text.slice(0, before.starts[count] ?? 0),
    blocks: before.blocks.slice(0, count),
    starts: before.starts.slice(0, count),
    contexts: before.contexts.slice(0, count),
    definitions: {},
  };
  return appendBlocks(kept, text, { parser, context: before.contexts[count] });
}

/** Returns true if two blocks look the same. */
export function isSameBlock(one: Block, other: Block): boolean {
  if (one === other) return true;
  return (
    one.kind === other.kind &&
    one.tag === other.tag &&
    one.detail === other.detail &&
    one.content === other.content &&
    one.isContinued === other.isContinued &&
    one.children.length === other.children.length &&
    one.children.every((child, index) => {
      const twin = other.children[index];
      return twin !== undefined && isSameBlock(child, twin);
    })
  );
}

/** Returns true if a text names targets of links or footnotes, which blocks above them may use. */
export function hasDefinitions({ definitions }: SplitText): boolean {
  return Object.keys(definitions.references ?? {}).length > 0 || footnotesOf(definitions).size > 0;
}

/**
 * The number of blocks at the end that appended text can change. The last one can grow. While its
 * only line is incomplete, it may turn out to belong to the block before it: `2` is a paragraph,
 * `2.` continues a list. A formula may end after several blocks.
 */
function tailCount({ text, starts, blocks }: SplitText): number {
  const last = text.includes("\n", starts.at(-1) ?? 0) ? 1 : 2;
  const near = blocks.slice(-MAX_FORMULA_LINES);
  const open = near.findIndex(({ kind, content }) => kind === "text" && opensFormula(content));
  return open === -1 ? last : Math.max(last, near.length - open);
}

interface Reading {
  readonly parser: MarkdownParser;
  /** The context of the first block, if that one continues the last block before it. */
  readonly context: Context | undefined;
}

/** Adds the blocks of a text after `kept`. */
function appendBlocks(kept: SplitText, text: string, { parser, context }: Reading): SplitText {
  const definitions: Env = {};
  const [blocks, starts, contexts] = [[...kept.blocks], [...kept.starts], [...kept.contexts]];
  /** Reads a part of the text. Each part of a long block is read alone, as it grows alone. */
  function read(from: number, to: number, first: Context | undefined, isCut: boolean): void {
    const before = first?.text ?? "";
    const tail = before + text.slice(from, to);
    const starting = lineStarts(tail);
    const tokens = parser.blocks(tail, definitions);
    const offsetOf = (line: number) => from + Math.max(0, (starting[line] ?? tail.length) - before.length);
    const lines = {
      at: (line: number) => tail.slice(starting[line], starting[line + 1]),
      first: starting.indexOf(before.length),
    };
    for (let index = 0; index < tokens.length; ) {
      const [start, end] = tokens[index]?.map ?? [0, 0];
      const within = index === 0 ? first : undefined;
      const cuts = isCut ? [] : findCuts(tokens, index, lines);
      const [block, next] = readBlock(tokens, index);
      index = next;
      if (cuts.length > 0) {
        const parts = [{ line: start, context: within }, ...cuts];
        for (const [at, part] of parts.entries()) {
          read(offsetOf(part.line), offsetOf(parts[at + 1]?.line ?? end), part.context, true);
        }
      } else if (block) {
        blocks.push(within ? continueBlock(block, blocks.at(-1), within.depth) : firstPart(block, isCut));
        starts.push(offsetOf(start));
        contexts.push(within);
      }
    }
  }
  read(kept.text.length, text.length, context, false);
  return { text, definitions, blocks, starts, contexts };
}

/** Returns a block that continues no other one. A table that is cut has columns of fixed widths. */
function firstPart(block: Block, isCut: boolean): Block {
  return isCut && block.tag === "table" ? { ...block, detail: columnWidths(block) } : block;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Reads the block that begins at `index`, and returns the index of the token after it. */
function readBlock(tokens: readonly Token[], index: number): [Block | undefined, number] {
  const token = tokens[index];
  if (!token) return [undefined, index + 1];
  const leaf = toLeaf(token, tokens[index + 1]);
  if (leaf || token.nesting !== 1) return [leaf, index + (token.nesting === 1 ? 3 : 1)];
  const children: Block[] = [];
  let next = index + 1;
  while (next < tokens.length && tokens[next]?.nesting !== -1) {
    const [child, after] = readBlock(tokens, next);
    if (child) children.push(child);
    next = after;
  }
  return [toContainer(token, children), next + 1];
}

/** The block of a token that has no blocks in it; `inline` is the token after it. */
function toLeaf(token: Token, inline: Token | undefined): Block | undefined {
  const { type, tag, content, info } = token;
  const leaf = { detail: "", content, children: [], isContinued: false };
  const text = { ...leaf, kind: "text", content: inline?.content ?? "" } as const;
  switch (type) {
    case "fence":
      return { ...leaf, kind: "code", tag: "pre", detail: languageOf(info), content: codeOf(content) };
    case "code_block":
      return { ...leaf, kind: "code", tag: "pre", content: codeOf(content) };
    case "html_block":
      return { ...leaf, kind: "html", tag: "p", content: content.trimEnd() };
    case "math_block":
      return { ...leaf, kind: "math", tag: "p" };
    case "footnote":
      return { ...leaf, kind: "footnote", tag, detail: info };
    case "hr":
      return { ...leaf, kind: "rule", tag };
    case "paragraph_open":
      // The paragraphs of a list without empty lines have no space around them.
      return { ...text, tag: token.hidden ? "span" : tag };
    case "heading_open":
    case "summary_open":
      return { ...text, tag };
    case "th_open":
    case "td_open":
      return { ...text, tag, detail: alignmentOf(token) };
    default:
      return undefined;
  }
}

function toContainer(token: Token, children: readonly Block[]): Block {
  // The info of `details` is `open` if its reader need not unfold it.
  const detail = token.type === "ordered_list_open" ? String(token.attrGet("start") ?? 1) : token.info;
  const block = {
    kind: "container",
    tag: token.tag,
    detail,
    content: "",
    children,
    isContinued: false,
  } as const;
  return token.type === "list_item_open" ? toTask(block) : block;
}

/** An item that begins with `[ ]` or `[x]` is a task, and shows a box in front of its text. */
function toTask(item: Block): Block {
  const [first, ...others] = item.children;
  const match = first?.kind === "text" ? /^\[([ xX])\](?=\s)/.exec(first.content) : null;
  if (!first || !match) return item;
  const box = match[1] === " " ? "☐" : "☑";
  const text = { ...first, content: `${box}${first.content.slice(match[0].length)}` };
  return { ...item, detail: "task", children: [text, ...others] };
}

/** Code ends with exactly one line break, so that text can be added in front of it. */
function codeOf(content: string): string {
  return content.endsWith("\n") ? content : `${content}\n`;
}

function languageOf(info: string): string {
  return /^\s*([^\s{]*)/.exec(info)?.[1] ?? "";
}

function alignmentOf(token: Token): string {
  return /^text-align:(\w+)$/.exec(String(token.attrGet("style") ?? ""))?.[1] ?? "";
}
