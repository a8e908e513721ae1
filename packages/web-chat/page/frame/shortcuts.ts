/** What keys do wherever the focus is. */
export interface Shortcuts {
  /** Esc. */
  stop: () => void;
  /** ⌘/Ctrl+K. */
  search: () => void;
  /** ⌘/Ctrl+Shift+O: what others have, because browsers keep ⌘/Ctrl+N for themselves. */
  newChat: () => void;
  /** ⌘/Ctrl+Z outside of a text; false if there is nothing to undo. */
  undo: () => boolean;
}

/** Whatever handles a key itself stops it from coming up to here. */
export function listenToKeys(target: Document, { stop, search, newChat, undo }: Shortcuts): void {
  target.addEventListener("keydown", (event) => {
    // While an input method composes (中文, 日本語), keys belong to it.
    if (event.isComposing) return;
    if (event.key === "Escape") return stop();
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "k" && !event.shiftKey) search();
    else if (key === "o" && event.shiftKey) newChat();
    else if (!(key === "z" && !event.shiftKey && !isText(event.target) && undo())) return;
    event.preventDefault();
  });
}

/** Whether keys write into it, and have their own undo. */
function isText(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return target.value !== "";
  return target instanceof HTMLInputElement && target.type !== "radio" && target.value !== "";
}
