/** The texts that were written and not sent, per session. They survive a reload and a crash. */
export interface Drafts {
  /** Saves the draft of the open session. */
  keep(text: string): void;
  /**
   * Opens a session and returns its draft. Returns `undefined` if the session was open already, and
   * the text on the page stays.
   */
  open(sessionId: string | undefined, address: string): string | undefined;
  /** Adds a text to the draft of a session that is not open. */
  add(address: string, text: string): void;
}

type DraftStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY_PREFIX = "mini-openclaw:draft:";

/**
 * Creates drafts. The tab's own storage comes first, so that two tabs on one session have their
 * own. `lasting` has the newest draft of all tabs, for a tab that was closed or has crashed.
 */
export function createDrafts(tab: DraftStorage | undefined, lasting?: DraftStorage): Drafts {
  const storages = [tab, lasting].filter((storage) => storage !== undefined);
  let opened: { sessionId: string | undefined; address: string } | undefined;
  let written = "";

  function write(address: string, text: string): void {
    const key = `${KEY_PREFIX}${address}`;
    for (const storage of storages) {
      try {
        if (text === "") storage.removeItem(key);
        else storage.setItem(key, text);
      } catch {
        // The storage is full. A reload forgets the draft then, as pages do.
      }
    }
  }
  function read(address: string): string {
    const key = `${KEY_PREFIX}${address}`;
    return tab?.getItem(key) ?? lasting?.getItem(key) ?? "";
  }
  function keep(text: string): void {
    written = text;
    if (opened) write(opened.address, text);
  }

  return {
    keep,
    open(sessionId, address) {
      const before = opened;
      opened = { sessionId, address };
      if (before?.address === address && (before.sessionId ?? sessionId) === sessionId) return undefined;
      // A new session gets its address with its first message. The draft moves along.
      if (before && before.sessionId === sessionId) {
        write(before.address, "");
        keep(written);
        return undefined;
      }
      written = read(address);
      return written;
    },
    add(address, text) {
      const before = read(address);
      if (before !== text) write(address, before === "" ? text : `${before}\n\n${text}`);
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

/** Returns the storage that outlasts the tab, or `undefined` as {@link tabStorage} does. */
export function lastingStorage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
