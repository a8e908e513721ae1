/** A text that the browser stores for this site. */
export interface StoredText {
  /** Returns the text; `undefined` if there is none, or the browser stores nothing. */
  readonly read: () => string | undefined;
  readonly write: (text: string) => void;
}

/** Returns the text under `key`. All pages of an origin share it. */
export function storedText(key: string): StoredText {
  return {
    read() {
      try {
        return localStorage.getItem(key) ?? undefined;
      } catch {
        // Storage is disabled. The page works without it.
        return undefined;
      }
    },
    write(text) {
      try {
        localStorage.setItem(key, text);
      } catch {
        // Storage is disabled or full. The value lasts until the page is closed.
      }
    },
  };
}
