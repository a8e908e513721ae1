import { element } from "../dom/elements.ts";
import { icon } from "../dom/icons.ts";
import { isComposing } from "../dom/keys.ts";
import type { Texts } from "../language/texts.ts";

/** The field for a search in the chats. */
export interface SearchBox {
  readonly root: HTMLElement;
  readonly focus: () => void;
}

// Shorter than the pause after a word, and longer than the one between two keys.
const PAUSE_MS = 200;
// The limit of the protocol.
const MAX_CHARS = 200;

/** Creates the field. It emits a text after a pause or with Enter, and the empty text at once. */
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
  field.maxLength = MAX_CHARS;
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
    else if (!(event instanceof InputEvent && event.isComposing)) timer = window.setTimeout(search, PAUSE_MS);
  });
  field.addEventListener("compositionend", search);
  field.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key === "Enter") search();
    if (event.key !== "Escape" || field.value === "") return;
    // Here Esc ends the search and does not stop a run.
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
