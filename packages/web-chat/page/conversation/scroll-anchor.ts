/** Keeps the reader's position in a list that grows. */
export interface ScrollAnchor {
  isAtEnd(): boolean;
  readonly toEnd: () => void;
  /** Scrolls to the end with the next change, wherever the reader is. */
  readonly follow: () => void;
  /** Makes a change. A reader who was at the end is there afterwards. */
  keepEnd(change: () => void): void;
  /** Makes a change above the message that the reader sees, which keeps its position. */
  keepReading(change: () => void): void;
}

// A reader this near the end follows new messages.
const NEAR_END_PX = 80;

// Several distances from the upper edge, because one may meet the gap between two rows.
const PROBES_PX = [4, 24, 60, 120];

export function createScrollAnchor(root: HTMLElement): ScrollAnchor {
  let isFollowing = true;

  const isAtEnd = () => root.scrollHeight - root.scrollTop - root.clientHeight < NEAR_END_PX;
  const toEnd = () => {
    root.scrollTop = root.scrollHeight;
  };
  /** Returns the row at the upper edge. */
  function firstSeen(): Element | undefined {
    const { left, top, width } = root.getBoundingClientRect();
    for (const probe of PROBES_PX) {
      const row = (root.getRootNode() as Document | ShadowRoot)
        .elementFromPoint(left + width / 2, top + probe)
        ?.closest(".row");
      if (row && root.contains(row)) return row;
    }
    return undefined;
  }

  // The composer below grows while an answer runs. A reader at the end stays there.
  let wasAtEndBefore = true;
  root.addEventListener("scroll", () => {
    wasAtEndBefore = isAtEnd();
  });
  new ResizeObserver(() => {
    if (wasAtEndBefore) toEnd();
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
      wasAtEndBefore = wasAtEnd;
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
