import type { Env } from "markdown-it";
import { element } from "../dom/elements.ts";
import { appendCode, type CodeBlockParts, createCodeBlock } from "./code-block.ts";
import { createFormula } from "./formula.ts";
import { type ImageParts, renderInline } from "./render-inline.ts";
import type { Block } from "./syntax/block.ts";
import { isSameBlock } from "./syntax/blocks.ts";
import type { MarkdownParser } from "./syntax/parser.ts";

// A digit is as wide in the font of a table.
const DIGIT_REM = 0.55;

// A wider column shrinks to this before the table scrolls.
const READABLE_DIGITS = 15;

const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);
const toRem = (digits: number) => `${(digits * DIGIT_REM).toFixed(2)}rem`;
const numbersIn = (widths: string) => widths.split(" ").map(Number);

/** Everything that a block needs to become an element. */
export interface BlockParts extends CodeBlockParts, ImageParts {
  parser: MarkdownParser;
  /** The targets of links and the footnotes of the text. */
  definitions: Env;
}

/**
 * Makes the children of `parent` show `after` where they showed `before`: one element a block.
 *
 * Elements of blocks that look the same stay. A list that grows gets its new items, and code gets
 * its new text, so the cost follows the change and not the length of the block.
 */
export function renderBlocks(
  parent: Element,
  { before, after }: { before: readonly Block[]; after: readonly Block[] },
  parts: BlockParts,
): void {
  for (const [index, block] of after.entries()) {
    const [old, shown] = [before[index], parent.children[index]];
    if (!old || !shown) parent.append(createElement(block, parts));
    else if (!isSameBlock(old, block) && !changeElement(shown, { old, block }, parts)) {
      shown.replaceWith(createElement(block, parts));
    }
  }
  for (let extra = parent.children.length - after.length; extra > 0; extra -= 1) {
    parent.lastElementChild?.remove();
  }
}

/** Changes an element instead of making a new one. Returns false if that is not possible. */
function changeElement(
  shown: Element,
  { old, block }: { old: Block; block: Block },
  parts: BlockParts,
): boolean {
  if (old.kind !== block.kind || old.tag !== block.tag || old.detail !== block.detail) return false;
  if (block.kind === "code") {
    // Each block ends with exactly one line break, before which code is added.
    const [text, next] = [old.content.slice(0, -1), block.content.slice(0, -1)];
    const code = shown.querySelector("code");
    return code !== null && next.startsWith(text) && appendCode(code, next.slice(text.length));
  }
  if (block.kind !== "container") return false;
  const container = shown.matches(".table") ? (shown.firstElementChild ?? shown) : shown;
  renderBlocks(container, { before: old.children, after: block.children }, parts);
  return true;
}

function createElement(block: Block, parts: BlockParts): HTMLElement {
  const { kind, detail, content } = block;
  switch (kind) {
    case "code":
      return createCodeBlock(content, detail, parts);
    case "html":
      return element("p", "", content);
    case "math":
      return element("p", "", createFormula(content));
    case "rule":
      return element("hr", "");
    case "footnote": {
      const note = element("p", "footnote", element("sup", "", detail), " ", inlineOf(content, parts));
      note.dataset["label"] = detail;
      return note;
    }
    case "text": {
      const text = document.createElement(block.tag);
      if (detail !== "") text.setAttribute("align", detail);
      text.append(inlineOf(content, parts));
      return text;
    }
    case "container":
      return createContainer(block, parts);
  }
}

function createContainer({ tag, detail, children }: Block, parts: BlockParts): HTMLElement {
  const container = document.createElement(tag);
  if (container instanceof HTMLOListElement && detail !== "1") container.start = Number(detail);
  if (container instanceof HTMLDetailsElement) container.open = detail === "open";
  if (tag === "li" && /^[a-z]/.test(detail)) container.className = detail;
  for (const child of children) container.append(createElement(child, parts));
  if (tag !== "table") return container;
  if (detail === "") return createTableScroller(parts, container);
  // The parts of a table that is cut scroll as one.
  setColumnWidths(container, detail);
  return container;
}

/** Returns the width of a table with columns of some widths, which are numbers of digits. */
export function tableWidth(widths: string): string {
  const all = numbersIn(widths);
  const least = sum(all.map((width) => Math.min(width, READABLE_DIGITS)));
  return `clamp(${toRem(least)}, 100%, ${toRem(sum(all))})`;
}

/** Sets the widths of the columns of a table. Only wide columns shrink with the table. */
function setColumnWidths(table: HTMLElement, widths: string): void {
  const all = numbersIn(widths);
  const heads = table.querySelectorAll("th");
  for (const [index, width] of all.entries()) {
    const head = heads[index];
    const share = `${((100 * width) / sum(all)).toFixed(1)}%`;
    if (head) head.style.width = width > READABLE_DIGITS ? share : toRem(width);
  }
}

/** Creates an element that scrolls a table. Without a mouse that needs the focus. */
export function createTableScroller(
  { texts }: Pick<BlockParts, "texts">,
  ...tables: HTMLElement[]
): HTMLElement {
  const scroller = element("div", "table", ...tables);
  scroller.tabIndex = 0;
  scroller.setAttribute("role", "group");
  scroller.setAttribute("aria-label", texts.table);
  return scroller;
}

function inlineOf(content: string, parts: BlockParts): DocumentFragment {
  return renderInline(parts.parser.inline(content, parts.definitions), parts);
}
