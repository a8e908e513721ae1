/** What was written and not sent, per session, over a reload of the page. */
export interface Drafts {
  /** Keeps the draft of the session that is open. */
  keep(text: string): void;
  /** Gives the draft of a session that was not open before; `undefined` if it was, and the text on the page stands. */
  open(sessionId: string | undefined, address: string): string | undefined;
}

const prefix = "mini-openclaw:draft:";

/** Drafts in the tab's own storage: another tab on the same session has its own. */
export function createDrafts(
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined,
): Drafts {
  let opened: { sessionId: string | undefined; address: string } | undefined;
  let written = "";

  function keep(text: string): void {
    written = text;
    if (!opened) return;
    const key = `${prefix}${opened.address}`;
    try {
      if (text === "") storage?.removeItem(key);
      else storage?.setItem(key, text);
    } catch {
      // It is full: then a reload forgets the draft, as pages do.
    }
  }

  return {
    keep,
    open(sessionId, address) {
      const before = opened;
      opened = { sessionId, address };
      if (before?.address === address && (before.sessionId ?? sessionId) === sessionId) return undefined;
      // A new session gets its address with its first message: what is being written goes along.
      if (before && before.sessionId === sessionId) {
        storage?.removeItem(`${prefix}${before.address}`);
        keep(written);
        return undefined;
      }
      written = storage?.getItem(`${prefix}${address}`) ?? "";
      return written;
    },
  };
}

/** Where a tab keeps what it has; absent where the reader forbids pages to keep anything. */
export function tabStorage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}
