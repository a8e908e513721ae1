/** Where a reader is in something that scrolls and grows. */
export interface ScrollAnchor {
  isAtEnd(): boolean;
  readonly toEnd: () => void;
  /** The next change shows the end, wherever the reader is. */
  readonly follow: () => void;
  /** Makes a change; who was at the end is at the end after it. */
  keepEnd(change: () => void): void;
  /** Makes a change above what is being read, which stays where it was. */
  keepReading(change: () => void): void;
}

// Chosen: a reader this near the end, in CSS pixels, follows what comes; one further up is left in peace.
const nearEndPx = 80;

// Chosen: below the upper edge, to meet a row and not the gap between two.
const probesPx = [4, 24, 60, 120];

export function createScrollAnchor(root: HTMLElement): ScrollAnchor {
  let isFollowing = true;

  const isAtEnd = () => root.scrollHeight - root.scrollTop - root.clientHeight < nearEndPx;
  const toEnd = () => {
    root.scrollTop = root.scrollHeight;
  };
  /** The row at the upper edge. */
  function firstSeen(): Element | undefined {
    const { left, top, width } = root.getBoundingClientRect();
    for (const probe of probesPx) {
      const row = document.elementFromPoint(left + width / 2, top + probe)?.closest(".row");
      if (row && root.contains(row)) return row;
    }
    return undefined;
  }

  // What stands below it grows while an answer goes on: who was at the end stays there.
  let stoodAtEnd = true;
  root.addEventListener("scroll", () => {
    stoodAtEnd = isAtEnd();
  });
  new ResizeObserver(() => {
    if (stoodAtEnd) toEnd();
  }).observe(root);

  return {
    isAtEnd,
    toEnd,
    follow() {
      isFollowing = true;
    },
    keepEnd(change) {
      const wasAtEnd = isFollowing || isAtEnd();
      isFollowing = false;
      change();
      if (wasAtEnd) toEnd();
      stoodAtEnd = wasAtEnd;
    },
    keepReading(change) {
      const row = firstSeen();
      const [fromEnd, before] = [root.scrollHeight - root.scrollTop, row?.getBoundingClientRect().top];
      change();
      if (row?.isConnected && before !== undefined)
        root.scrollTop += row.getBoundingClientRect().top - before;
      else root.scrollTop = root.scrollHeight - fromEnd;
    },
  };
}
