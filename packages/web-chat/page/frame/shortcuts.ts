import { isComposing } from "../dom/keys.ts";
/** The actions of keys that work wherever the focus is. */
export interface Shortcuts {
  /** Esc. */
  stop: () => void;
  /** ⌘/Ctrl+K. */
  search: () => void;
  /** ⌘/Ctrl+Shift+O, as in other chats. Browsers keep ⌘/Ctrl+N for themselves. */
  newChat: () => void;
  /** ⌘/Ctrl+Z outside of a text. Returns false if there is nothing to undo. */
  undo: () => boolean;
}

/** Listens to the keys of a page. An element that handles a key itself stops its propagation. */
export function listenToKeys(target: Document, { stop, search, newChat, undo }: Shortcuts): void {
  target.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key === "Escape") return stop();
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "k" && !event.shiftKey) search();
    else if (key === "o" && event.shiftKey) newChat();
    else if (!(key === "z" && !event.shiftKey && !isText(event.target) && undo())) return;
    event.preventDefault();
  });
}

/** Returns true if keys write into the target, which has its own undo. */
function isText(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return target.value !== "";
  return target instanceof HTMLInputElement && target.type !== "radio" && target.value !== "";
}
