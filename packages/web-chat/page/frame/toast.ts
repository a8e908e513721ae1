import { ClientError } from "@mini-openclaw/client";
import { button, element } from "../dom/elements.ts";
import type { Notice } from "../dom/notice.ts";
import { startOf } from "../dom/start-of.ts";
import { errorText } from "../language/error-text.ts";
import type { Texts } from "../language/texts.ts";

/** Shows one notice at a time, with a button that undoes its action. */
export interface Toast {
  readonly root: HTMLElement;
  readonly show: (notice: Notice) => void;
  /** Undoes the action of the notice. Returns false if there is nothing to undo. */
  readonly undo: () => boolean;
}

// Long enough to read the notice and to reach its button. It stays under the pointer and with the
// focus.
const SHOWN_MS = 10_000;

export function createToast(texts: Texts): Toast {
  const words = element("span", "");
  const undoButton = button("link", texts.undo, undo);
  const box = element("div", "toast", words, undoButton);
  const root = element("div", "toasts", box);
  // Screen readers announce a text only in a region that exists before it.
  root.setAttribute("role", "status");
  box.hidden = true;
  let timer = 0;
  let undoAction: (() => void) | undefined;

  function hide(): void {
    clearTimeout(timer);
    box.hidden = true;
    words.textContent = "";
    undoAction = undefined;
  }
  function wait(): void {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (box.matches(":hover, :focus-within")) wait();
      else hide();
    }, SHOWN_MS);
  }
  function undo(): boolean {
    const chosen = undoAction;
    if (!chosen) return false;
    hide();
    chosen();
    return true;
  }

  return {
    root,
    undo,
    show(notice) {
      hide();
      undoAction = "undo" in notice ? notice.undo : undefined;
      undoButton.hidden = undoAction === undefined;
      box.classList.toggle("failed", notice.kind === "failed");
      box.hidden = false;
      words.textContent = wordsOf(notice, texts);
      wait();
    },
  };
}

/** Returns the beginning of a title. A title may have 200 characters. */
function shortened(title: string): string {
  const start = startOf(title);
  return start === title ? title : `${start}…`;
}

function wordsOf(notice: Notice, texts: Texts): string {
  if (notice.kind !== "failed") {
    const title = "title" in notice ? shortened(notice.title) || texts.newChat : "";
    return texts.notices[notice.kind](title);
  }
  const { error } = notice;
  if (!ClientError.is(error)) throw error;
  return `${texts.notDone} ${errorText(error, texts)}`;
}
