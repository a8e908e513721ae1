import { element } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";
import type { Texts } from "../language/texts.ts";

/** Where the reader writes what to search for. */
export interface SearchBox {
  readonly root: HTMLElement;
  readonly focus: () => void;
}

// Chosen: shorter than the pause after a word, longer than the one between two keys.
const pauseMs = 200;
// What the protocol allows.
const maxChars = 200;

/** `onSearch` hears of a text when the reader pauses, or presses Enter; of the empty one at once. */
export function createSearchBox({
  texts,
  onSearch,
}: {
  texts: Texts;
  onSearch: (text: string) => void;
}): SearchBox {
  const field = element("input", "");
  field.type = "search";
  field.placeholder = texts.searchHint;
  field.maxLength = maxChars;
  field.setAttribute("aria-label", texts.search);
  field.setAttribute("aria-keyshortcuts", "Control+K Meta+K");
  const keys = element("kbd", "", isApple() ? "⌘K" : "Ctrl K");
  keys.setAttribute("aria-hidden", "true");
  const root = element("div", "search", icon("search"), field, keys);
  root.setAttribute("role", "search");
  let timer = 0;
  let searched = "";

  function search(): void {
    clearTimeout(timer);
    const text = field.value.trim();
    if (text === searched) return;
    searched = text;
    onSearch(text);
  }
  field.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (field.value.trim() === "") search();
    else if (!(event instanceof InputEvent && event.isComposing)) timer = window.setTimeout(search, pauseMs);
  });
  field.addEventListener("compositionend", search);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") search();
    if (event.key !== "Escape" || field.value === "") return;
    // Here Esc ends the search; it does not stop a run.
    event.stopPropagation();
    field.value = "";
    search();
  });

  return {
    root,
    focus() {
      field.focus();
      field.select();
    },
  };
}

function isApple(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.platform);
}
