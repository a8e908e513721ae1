/** The texts that were written and not sent, per session. They survive a reload of the page. */
export interface Drafts {
  /** Saves the draft of the open session. */
  keep(text: string): void;
  /**
   * Opens a session and returns its draft. Returns `undefined` if the session was open already, and
   * the text on the page stays.
   */
  open(sessionId: string | undefined, address: string): string | undefined;
}

const KEY_PREFIX = "mini-openclaw:draft:";

/** Creates drafts in the tab's own storage. Another tab on the same session has its own. */
export function createDrafts(
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined,
): Drafts {
  let opened: { sessionId: string | undefined; address: string } | undefined;
  let written = "";

  function keep(text: string): void {
    written = text;
    if (!opened) return;
    const key = `${KEY_PREFIX}${opened.address}`;
    try {
      if (text === "") storage?.removeItem(key);
      else storage?.setItem(key, text);
    } catch {
      // The storage is full. A reload forgets the draft then, as pages do.
    }
  }

  return {
    keep,
    open(sessionId, address) {
      const before = opened;
      opened = { sessionId, address };
      if (before?.address === address && (before.sessionId ?? sessionId) === sessionId) return undefined;
      // A new session gets its address with its first message. The draft moves along.
      if (before && before.sessionId === sessionId) {
        storage?.removeItem(`${KEY_PREFIX}${before.address}`);
        keep(written);
        return undefined;
      }
      written = storage?.getItem(`${KEY_PREFIX}${address}`) ?? "";
      return written;
    },
  };
}

/** Returns the storage of the tab; `undefined` if the browser forbids pages to store anything. */
export function tabStorage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}
