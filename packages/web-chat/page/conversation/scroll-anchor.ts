/** Keeps the reader's position in a list that grows. */
export interface ScrollAnchor {
  isAtEnd(): boolean;
  readonly toEnd: () => void;
  /** Scrolls to the end with the next change, wherever the reader is. */
  readonly follow: () => void;
  /** Lets the reader stay where they are when the list grows next. */
  readonly stay: () => void;
  /** Makes a change. A reader who was at the end is there afterwards. */
  keepEnd(change: () => void): void;
  /** Makes a change above the message that the reader sees, which keeps its position. */
  keepReading(change: () => void): void;
}

// A reader this near the end follows new messages.
const NEAR_END_PX = 80;

// Several distances from the upper edge, because one may meet the gap between two rows.
const PROBES_PX = [4, 24, 60, 120];

/** Creates the anchor of `root`, which scrolls `list`. */
export function createScrollAnchor(root: HTMLElement, list: HTMLElement): ScrollAnchor {
  let mustFollow = true;
  /** The position of a reader who was at the end. */
  let endTop: number | undefined = 0;

  const isAtEnd = () => root.scrollHeight - root.scrollTop - root.clientHeight < NEAR_END_PX;
  /** Returns true if only the list has moved its end away from the reader. */
  const isFollowing = () => (endTop !== undefined && root.scrollTop >= endTop) || isAtEnd();
  const toEnd = () => {
    root.scrollTop = root.scrollHeight;
    endTop = root.scrollTop;
  };
  const stay = () => {
    endTop = undefined;
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

  root.addEventListener("scroll", () => {
    if (!isFollowing()) stay();
    else if (isAtEnd()) endTop = root.scrollTop;
  });
  // A click can open a part. The reader wants to see it, and not the end.
  root.addEventListener("click", stay, true);
  // Images and formulas get their heights late, and the composer below grows while an answer runs.
  const observer = new ResizeObserver(() => {
    if (isFollowing()) toEnd();
  });
  observer.observe(root);
  observer.observe(list);

  return {
    isAtEnd,
    toEnd,
    stay,
    follow() {
      mustFollow = true;
    },
    keepEnd(change) {
      const isKept = mustFollow || isFollowing();
      mustFollow = false;
      change();
      if (isKept) toEnd();
      else stay();
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
