import { button, setText } from "../dom/elements.ts";
import type { Texts } from "../language/texts.ts";

/** The parts of the page that a copy button uses. */
export interface CopyParts {
  texts: Texts;
  /** Announces a text to screen readers. */
  onAnnounce: (text: string) => void;
}

// Long enough to be read.
const SHOWN_MS = 2000;

/** Creates a button that copies the text which `read` returns, and shows whether that worked. */
export function createCopyButton(read: () => string, { texts, onAnnounce }: CopyParts): HTMLButtonElement {
  let timer = 0;
  function show(outcome: string): void {
    onAnnounce(outcome);
    setText(copy, outcome);
    clearTimeout(timer);
    timer = window.setTimeout(() => setText(copy, texts.copy), SHOWN_MS);
  }
  const copy = button("copy", texts.copy, () => {
    copyText(read()).then(
      () => show(texts.copied),
      () => show(texts.notCopied),
    );
  });
  return copy;
}

/**
 * Copies a text. Pages that came over plain HTTP from another machine have no clipboard, but an old
 * command.
 */
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
  if (!isDone) throw new Error("The browser did not copy the text.");
}
