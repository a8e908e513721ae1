/** A limit on lines of the same kind. */
export interface RepeatLimit {
  /**
   * Returns true if a line of this kind may be written now. When the window ends, `onEnd` gets the
   * number of lines that were left out.
   */
  allow(kind: string, onEnd: (leftOut: number) => void): boolean;
  /** Ends all windows now, and reports the lines that were left out so far. */
  close(): void;
}

// Enough to see a pattern, too little to fill a disk.
const MAX_LINES = 10;
const WINDOW_MS = 10_000;

interface Window {
  count: number;
  end: () => void;
}

/**
 * Lets the first lines of each kind through in every window of time. The kinds are few: the
 * gateway's own messages.
 */
export function createRepeatLimit(): RepeatLimit {
  const windows = new Map<string, Window>();

  function open(kind: string, onEnd: (leftOut: number) => void): Window {
    const end = () => {
      clearTimeout(timer);
      windows.delete(kind);
      if (window.count > MAX_LINES) onEnd(window.count - MAX_LINES);
    };
    const timer = setTimeout(end, WINDOW_MS).unref();
    const window: Window = { count: 0, end };
    windows.set(kind, window);
    return window;
  }

  return {
    allow(kind, onEnd) {
      const window = windows.get(kind) ?? open(kind, onEnd);
      window.count += 1;
      return window.count <= MAX_LINES;
    },
    close() {
      for (const { end } of [...windows.values()]) end();
    },
  };
}
