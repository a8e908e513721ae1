import { BlockFrames, isCutTable } from "./block-frames.ts";
import { type CodeBlockParts, highlightCode } from "./code-block.ts";
import { drawFormulas } from "./formula.ts";
import { renderBlocks } from "./render-blocks.ts";
import type { ImageParts } from "./render-inline.ts";
import {
  emptyText,
  hasDefinitions,
  isSameBlock,
  type SplitText,
  splitAppended,
  splitText,
} from "./syntax/blocks.ts";
import { createParser, type MarkdownParser } from "./syntax/parser.ts";
import { createThrottle, type Throttle } from "./throttle.ts";

/** Shows Markdown in an element. */
export interface MarkdownView {
  /** Shows a text. Until it is complete, only the tail that can still change is read again. */
  update(text: string, isComplete: boolean): void;
}

/**
 * Turns Markdown of a model, which nobody vouches for, into nodes that run nothing and load
 * nothing.
 */
export interface MarkdownRenderer {
  attach(root: HTMLElement): MarkdownView;
}

export interface MarkdownParts extends CodeBlockParts, ImageParts {
  /** Runs an update that was postponed because the text arrived faster than it could be shown. */
  onLate: (update: () => void) => void;
}

// Some screens, read in a few milliseconds.
const SHORT_CHARS = 8000;

// Read and laid out in a few milliseconds, which a key can wait. Models write less in that time.
const STEP_CHARS = 1000;

/** A line that defines the target of a link or a footnote. */
const DEFINITION = /^[ >]{0,9}\[[^\]\n]{1,999}\]:/m;

/** Creates the renderer of a page. */
export function createMarkdownRenderer(parts: MarkdownParts): MarkdownRenderer {
  const parser = createParser();
  return { attach: (root) => new IncrementalView(root, parser, parts) };
}

/** Shows a growing text: one frame a block, and a finished block is not touched again. */
class IncrementalView implements MarkdownView {
  readonly #frames: BlockFrames;
  readonly #parser: MarkdownParser;
  readonly #parts: MarkdownParts;
  readonly #throttle: Throttle;
  #shown: SplitText = emptyText;
  /** The number of blocks that are finished, highlighted and drawn. */
  #settledCount = 0;

  constructor(root: HTMLElement, parser: MarkdownParser, parts: MarkdownParts) {
    this.#frames = new BlockFrames(root, parts.texts);
    this.#parser = parser;
    this.#parts = parts;
    this.#throttle = createThrottle(parts.onLate, () => {
      // The reader's position needs the layout in a moment anyway.
      void root.offsetHeight;
    });
  }

  update(text: string, isComplete: boolean): void {
    const next = normalized(text);
    const isNew = this.#shown.text === "";
    if (isComplete && (isNew || this.#isNearlyShown(next))) {
      this.#throttle.runNow(() => this.#showComplete(next));
    } else this.#throttle.schedule(() => this.#showMore(next, isComplete));
  }

  #isNearlyShown(text: string): boolean {
    return text.length <= this.#shown.text.length + STEP_CHARS;
  }

  /** Adds a part of a text to what is shown. Returns true if more is left. */
  #showMore(text: string, isComplete: boolean): boolean {
    if (isComplete && this.#isNearlyShown(text)) {
      this.#showComplete(text);
      return false;
    }
    const shownChars = this.#shown.text.length;
    const part = shownChars === 0 ? text : text.slice(0, shownChars + STEP_CHARS);
    this.#show(splitAppended(part, this.#shown, this.#parser));
    return part.length < text.length;
  }

  /**
   * Reads the whole text if a block can use a definition below it. A short text is read whole,
   * because blocks can join in ways that no rule foresees.
   */
  #showComplete(text: string): void {
    const isWhole = text.length <= SHORT_CHARS || DEFINITION.test(text);
    const next = isWhole ? splitText(text, this.#parser) : splitAppended(text, this.#shown, this.#parser);
    if (hasDefinitions(next)) this.#clear();
    this.#show(next);
    this.#settle(next.blocks.length);
  }

  #show(next: SplitText): void {
    const [before, after] = [this.#shown.blocks, next.blocks];
    const { definitions } = next;
    const parts = { ...this.#parts, parser: this.#parser, definitions };
    for (const [index, block] of after.entries()) {
      const shown = this.#frames.at(index);
      const old = shown && before[index];
      if (old === block || (old && isSameBlock(old, block))) continue;
      // The frames of a table that is cut have a group of their own.
      const isMoved = old && isCutTable(old) !== isCutTable(block);
      if (isMoved) this.#frames.truncate(index);
      const frame = this.#frames.at(index) ?? this.#frames.add(block);
      frame.classList.toggle("continued", block.isContinued);
      renderBlocks(frame, { before: old && !isMoved ? [old] : [], after: [block] }, parts);
      this.#settledCount = Math.min(this.#settledCount, index);
    }
    this.#frames.truncate(after.length);
    this.#shown = next;
    this.#settle(after.length - 1);
    this.#frames.skipLayout(after);
  }

  #settle(count: number): void {
    for (; this.#settledCount < count; this.#settledCount += 1) {
      const block = this.#frames.at(this.#settledCount);
      if (!block) return;
      highlightCode(block, this.#parts);
      void drawFormulas(block).catch(() => {
        // The library could not be loaded. The formula's source stays readable.
      });
    }
  }

  #clear(): void {
    this.#frames.truncate(0);
    this.#shown = emptyText;
    this.#settledCount = 0;
  }
}

function normalized(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll("\r", "\n").replaceAll("\0", "\ufffd");
}
