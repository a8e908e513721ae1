import { button, element, growText, setText } from "../../dom/elements.ts";
import type { Texts } from "../../language/texts.ts";

/**
 * A text that may be long. A part of a long text is shown and scrolls, until the reader unfolds it.
 */
export interface FoldedText {
  readonly root: HTMLElement;
  /** The element of the text. */
  readonly text: HTMLElement;
  /** Shows a text. A growing text scrolls along while the reader is near its end. */
  show(text: string, isGrowing: boolean): void;
}

// Read at a glance. The height of a folded text in CSS holds about as many.
const MAX_LINES = 16;

// A reader this near the end follows the text.
const NEAR_END_PX = 40;

export function createFoldedText(label: string, texts: Texts): FoldedText {
  const text = element("pre", "folded-text");
  text.tabIndex = 0;
  text.setAttribute("role", "group");
  text.setAttribute("aria-label", label);
  let isOpen = false;
  let lineCount = 0;
  const unfold = button("link unfold", "", () => {
    isOpen = !isOpen;
    mark();
  });
  function mark(): void {
    const isLong = lineCount > MAX_LINES;
    text.classList.toggle("folded", isLong && !isOpen);
    unfold.hidden = !isLong;
    unfold.setAttribute("aria-expanded", String(isOpen));
    setText(unfold, isOpen ? texts.showLess : texts.showAll(lineCount));
  }

  return {
    root: element("div", "", text, unfold),
    text,
    show(next, isGrowing) {
      const isNearEnd = text.scrollHeight - text.scrollTop - text.clientHeight < NEAR_END_PX;
      growText(text, next);
      lineCount = next.split("\n").length;
      mark();
      if (isGrowing && isNearEnd) text.scrollTop = text.scrollHeight;
    },
  };
}
