import { element } from "../dom/elements.ts";
import type { Block } from "./syntax/blocks.ts";

// The browser visits each element that it skips or lays out, at each frame.
const GROUP_SIZE = 32;

// More than a screen shows. What is before it is laid out when it comes near the screen.
const ALWAYS_LAID_OUT = 40;

/** The elements of a text's blocks: one frame a block, in groups that are laid out as a whole. */
export class BlockFrames {
  readonly #root: HTMLElement;
  /** The number of groups that are laid out only near the screen. */
  #skippedCount = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  at(index: number): Element | undefined {
    return this.#root.children[Math.floor(index / GROUP_SIZE)]?.children[index % GROUP_SIZE];
  }

  /** Adds the frame of the next block. */
  add(): Element {
    const last = this.#root.lastElementChild;
    const isFull = last === null || last.childElementCount === GROUP_SIZE;
    const group = isFull ? this.#root.appendChild(element("div", "")) : last;
    const frame = element("div", "");
    // A block's direction follows its own text, independent of the other blocks.
    frame.dir = "auto";
    return group.appendChild(frame);
  }

  /** Removes the frames from an index on. */
  truncate(count: number): void {
    for (;;) {
      const group = this.#root.lastElementChild;
      const before = (this.#root.childElementCount - 1) * GROUP_SIZE;
      if (!group || before + group.childElementCount <= count) break;
      if (group.childElementCount > 1) group.lastElementChild?.remove();
      else group.remove();
    }
    this.#skippedCount = Math.min(this.#skippedCount, this.#root.childElementCount);
  }

  /** Lets the browser skip the layout of frames that are far from the last one. */
  skipLayout(blocks: readonly Block[]): void {
    let index = blocks.length;
    for (let size = 0; index > 0 && size < ALWAYS_LAID_OUT; ) {
      index -= 1;
      size += Math.max(1, blocks[index]?.children.length ?? 0);
    }
    const groupCount = Math.floor(index / GROUP_SIZE);
    for (; this.#skippedCount < groupCount; this.#skippedCount += 1) {
      const group = this.#root.children[this.#skippedCount];
      group?.classList.add("off-screen");
      for (const frame of group?.children ?? []) frame.classList.remove("off-screen");
    }
    for (let at = groupCount * GROUP_SIZE; at < index; at += 1) this.at(at)?.classList.add("off-screen");
  }
}
