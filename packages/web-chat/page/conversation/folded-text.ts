import { button, element, growText, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** A text that may be long: of a long one a part is shown, which scrolls, until the reader wants all of it. */
export interface FoldedText {
  readonly root: HTMLElement;
  /** What holds the text. */
  readonly text: HTMLElement;
  /** `isGrowing`: what comes last is shown, as long as the reader does not look elsewhere. */
  show(text: string, isGrowing: boolean): void;
}

// Chosen: as much as is read at a glance. The height that CSS gives a folded text holds about as many.
const maxLines = 16;

// Chosen: a reader this near the end, in CSS pixels, follows what comes.
const nearEndPx = 40;

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
    const isLong = lineCount > maxLines;
    text.classList.toggle("folded", isLong && !isOpen);
    unfold.hidden = !isLong;
    unfold.setAttribute("aria-expanded", String(isOpen));
    setText(unfold, isOpen ? texts.showLess : texts.showAll(lineCount));
  }

  return {
    root: element("div", "", text, unfold),
    text,
    show(next, isGrowing) {
      const isNearEnd = text.scrollHeight - text.scrollTop - text.clientHeight < nearEndPx;
      growText(text, next);
      lineCount = next.split("\n").length;
      mark();
      if (isGrowing && isNearEnd) text.scrollTop = text.scrollHeight;
    },
  };
}
