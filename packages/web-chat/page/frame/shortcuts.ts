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
  /** `?` outside of a text, or Ctrl+/ anywhere. */
  showKeys: () => void;
  /** Alt+A. */
  showApproval: () => void;
}

/** Listens to the keys of a page. An element that handles a key itself stops its propagation. */
export function listenToKeys(target: Document, shortcuts: Shortcuts): void {
  const { stop, search, newChat, undo, showKeys, showApproval } = shortcuts;
  target.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key === "Escape") return stop();
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    // A Mac writes another letter with its Alt key.
    if (event.altKey && !isCommand && event.code === "KeyA") showApproval();
    else if (event.altKey) return;
    else if (!isCommand && key === "?" && !isField(event.target)) showKeys();
    else if (!isCommand) return;
    else if (key === "/") showKeys();
    else if (key === "k" && !event.shiftKey) search();
    else if (key === "o" && event.shiftKey) newChat();
    else if (!(key === "z" && !event.shiftKey && !isText(event.target) && undo())) return;
    event.preventDefault();
  });
}

/** Returns true if keys write into the target. */
function isField(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && target.type !== "radio";
}

/** Returns true if the target has a text, which has its own undo. */
function isText(target: EventTarget | null): boolean {
  return isField(target) && (target as HTMLInputElement | HTMLTextAreaElement).value !== "";
}
