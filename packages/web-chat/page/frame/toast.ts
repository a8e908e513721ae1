import { ClientError } from "@mini-openclaw/client";
import { button, element } from "../dom/elements.ts";
import type { Notice } from "../dom/notice.ts";
import { startOf } from "../dom/start-of.ts";
import type { Texts } from "../language/texts.ts";

/** Shows one notice at a time, and offers to take back what was done. */
export interface Toast {
  readonly root: HTMLElement;
  readonly show: (notice: Notice) => void;
  /** Takes back what the notice tells of; false if there is nothing to take back. */
  readonly undo: () => boolean;
}

// Chosen: long enough to read it and to reach its button by keyboard. It stays while it is pointed at, or has the focus.
const shownMs = 10_000;

export function createToast(texts: Texts): Toast {
  const words = element("span", "");
  const undoButton = button("link", texts.undo, undo);
  const box = element("div", "toast", words, undoButton);
  const root = element("div", "toasts", box);
  // The region must be there before its text, or it is not read out.
  root.setAttribute("role", "status");
  box.hidden = true;
  let timer = 0;
  let takeBack: (() => void) | undefined;

  function hide(): void {
    clearTimeout(timer);
    box.hidden = true;
    words.textContent = "";
    takeBack = undefined;
  }
  function wait(): void {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (box.matches(":hover, :focus-within")) wait();
      else hide();
    }, shownMs);
  }
  function undo(): boolean {
    const chosen = takeBack;
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
      takeBack = "undo" in notice ? notice.undo : undefined;
      undoButton.hidden = takeBack === undefined;
      box.classList.toggle("failed", notice.kind === "failed");
      box.hidden = false;
      words.textContent = wordsOf(notice, texts);
      wait();
    },
  };
}

/** A title that was given may have 200 characters; so many of them say which session it is. */
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
  return `${texts.notDone} ${texts.errors[error.code] ?? error.message}`;
}
