import { button, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** What the page does for whoever copies. */
export interface CopyParts {
  texts: Texts;
  /** Tells screen readers. */
  onSay: (text: string) => void;
}

// Chosen: long enough to be read.
const shownForMs = 2000;

/** A button that copies the text that `read` gives when it is pressed, and says so. */
export function createCopyButton(read: () => string, { texts, onSay }: CopyParts): HTMLButtonElement {
  let timer = 0;
  function show(outcome: string): void {
    onSay(outcome);
    setText(copy, outcome);
    clearTimeout(timer);
    timer = window.setTimeout(() => setText(copy, texts.copy), shownForMs);
  }
  const copy = button("copy", texts.copy, () => {
    copyText(read()).then(
      () => show(texts.copied),
      () => show(texts.notCopied),
    );
  });
  return copy;
}

/** Browsers have no clipboard for pages that came over plain HTTP from another machine; the old command works there too. */
async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) return navigator.clipboard.writeText(text);
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.className = "sr-only";
  field.value = text;
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!isDone) throw new Error("the browser did not copy");
}
