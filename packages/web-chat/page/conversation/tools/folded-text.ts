import { button, element, growText, setText } from "../../dom/elements.ts";
import type { Texts } from "../../language/texts.ts";
import { hasControls, type OutputPiece, outputPieces, pieceNodes } from "./terminal-output.ts";

/**
 * A text that may be long. A part of a long text is shown and scrolls, until the reader unfolds it.
 */
export interface FoldedText {
  readonly root: HTMLElement;
  /** The element of the text. */
  readonly text: HTMLElement;
  /**
   * Shows a text. A growing text scrolls along while the reader is near its end. Colours of a
   * program's output stay when the same text comes without them.
   */
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
  let styled: { pieces: readonly OutputPiece[]; plain: string } | undefined;
  const unfold = button("link unfold", "", () => {
    isOpen = !isOpen;
    mark();
  });
  function showText(next: string): void {
    if (hasControls(next)) {
      const pieces = outputPieces(next);
      styled = { pieces, plain: pieces.map((piece) => piece.text).join("") };
      text.replaceChildren(...pieceNodes(pieces));
    } else if (!styled) growText(text, next);
    else if (text.textContent !== next) {
      const { pieces, plain } = next.startsWith(styled.plain) ? styled : { pieces: [], plain: "" };
      text.replaceChildren(...pieceNodes(pieces), next.slice(plain.length));
    }
  }
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
      showText(next);
      lineCount = next.split("\n").length;
      mark();
      if (isGrowing && isNearEnd) text.scrollTop = text.scrollHeight;
    },
  };
}
