import { element } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";
import { createTableScroller, tableWidth } from "./render-blocks.ts";
import type { Block } from "./syntax/block.ts";

// The browser visits each element that it skips or lays out, at each frame.
const GROUP_SIZE = 32;

// More than a screen shows. What is before it is laid out when it comes near the screen.
const ALWAYS_LAID_OUT = 40;

/** The elements of a text's blocks: one frame a block, in groups that are laid out as a whole. */
export class BlockFrames {
  readonly #root: HTMLElement;
  readonly #texts: Texts;
  readonly #frames: HTMLElement[] = [];

  constructor(root: HTMLElement, texts: Texts) {
    this.#root = root;
    this.#texts = texts;
  }

  at(index: number): HTMLElement | undefined {
    return this.#frames[index];
  }

  /** Adds the frame of the next block. */
  add(block: Block): HTMLElement {
    const frame = element("div", "");
    // A block's direction follows its own text, independent of the other blocks.
    frame.dir = "auto";
    if (isCutTable(block)) frame.style.width = tableWidth(block.detail);
    this.#groupFor(block).append(frame);
    this.#frames.push(frame);
    return frame;
  }

  /** Returns the group of the next block. The parts of a table that is cut are one. */
  #groupFor(block: Block): Element {
    const last = this.#root.lastElementChild;
    if (isCutTable(block)) {
      return last && block.isContinued
        ? last
        : this.#root.appendChild(createTableScroller({ texts: this.#texts }));
    }
    const hasRoom = last && !last.classList.contains("table") && last.childElementCount < GROUP_SIZE;
    return hasRoom ? last : this.#root.appendChild(element("div", ""));
  }

  /** Removes the frames from an index on. */
  truncate(count: number): void {
    for (const frame of this.#frames.splice(count)) {
      const group = frame.parentElement;
      frame.remove();
      if (group?.childElementCount === 0) group.remove();
    }
  }

  /** Lets the browser skip the layout of frames that are far from the last one. */
  skipLayout(blocks: readonly Block[]): void {
    let index = blocks.length;
    for (let size = 0; index > 0 && size < ALWAYS_LAID_OUT; ) {
      index -= 1;
      size += countParts(blocks[index]);
    }
    let end = 0;
    for (const group of this.#root.children) {
      const start = end;
      end += group.childElementCount;
      if (start >= index) return;
      if (group.classList.contains("off-screen")) continue;
      const isFar = end <= index;
      group.classList.toggle("off-screen", isFar);
      for (const frame of this.#frames.slice(start, Math.min(end, index))) {
        frame.classList.toggle("off-screen", !isFar);
      }
    }
  }
}

/** Returns true if a block is a part of a table that is cut. */
export function isCutTable({ tag, detail }: Block): boolean {
  return tag === "table" && detail !== "";
}

/** Returns the number of lines that a block has at least. */
function countParts(block: Block | undefined): number {
  if (!block || block.tag === "tr" || block.children.length === 0) return 1;
  return block.children.reduce((count, child) => count + countParts(child), 0);
}
