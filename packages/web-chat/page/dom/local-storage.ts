/** One text that the browser keeps for this site. */
export interface StoredText {
  /** `undefined` if there is none, or the browser keeps nothing for the page. */
  readonly read: () => string | undefined;
  readonly write: (text: string) => void;
}

/** What is kept under `key` in the browser's storage; pages of one origin share it. */
export function storedText(key: string): StoredText {
  return {
    read() {
      try {
        return localStorage.getItem(key) ?? undefined;
      } catch {
        // Storage is switched off: the page works without it.
        return undefined;
      }
    },
    write(text) {
      try {
        localStorage.setItem(key, text);
      } catch {
        // Switched off, or full: it holds until the page is closed.
      }
    },
  };
}
