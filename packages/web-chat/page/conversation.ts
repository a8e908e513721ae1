import type { SessionSnapshot } from "@mini-openclaw/client";
import type { ErrorItem } from "@mini-openclaw/protocol";
import { button, element } from "./elements.ts";
import type { Row } from "./row.ts";
import { createRowList } from "./row-list.ts";
import type { RowParts } from "./row-view.ts";
import { rowsOf } from "./rows.ts";
import { createScrollPlace } from "./scroll-place.ts";

/** The scrolling list of everything said and done. */
export interface Conversation {
  readonly root: HTMLElement;
  /** `problem`: what went wrong beside the session, if anything did. */
  render(snapshot: SessionSnapshot, problem: ErrorItem | undefined): void;
  /** Shows the end at the next `render`, wherever the reader is. */
  followNewest(): void;
  /** Changes something in the list; who reads the end goes on reading the end. */
  readonly change: (show: () => void) => void;
}

export interface ConversationParts extends RowParts {
  onLoadEarlier: () => void;
  /** Shown while there is nothing else. */
  welcome: HTMLElement;
}

// Chosen: earlier messages are asked for when the reader is two screens away from where they belong.
const earlierMargin = "200% 0px 0px";

export function createConversation(parts: ConversationParts): Conversation {
  const { texts, welcome, onLoadEarlier } = parts;
  const list = element("ol", "rows");
  const earlier = button("link earlier", texts.loadEarlier, onLoadEarlier);
  const root = element("main", "conversation", earlier, welcome, list);
  root.tabIndex = 0;
  root.setAttribute("aria-label", texts.conversation);
  const place = createScrollPlace(root);
  const newest = button("to-newest", "↓", place.toEnd);
  newest.setAttribute("aria-label", texts.toNewest);
  const renderRows = createRowList(list, parts);
  let shown: readonly Row[] = [];
  let shownId: string | undefined;
  let oldestSeq: number | undefined;

  function showNewestButton(): void {
    newest.hidden = place.isAtEnd();
  }
  function change(show: () => void): void {
    place.keepEnd(show);
    showNewestButton();
  }
  root.addEventListener("scroll", showNewestButton, { passive: true });
  const nearTop = new IntersectionObserver(
    ([entry]) => {
      if (entry?.isIntersecting) onLoadEarlier();
    },
    { root, rootMargin: earlierMargin },
  );
  nearTop.observe(earlier);

  return {
    root: element("div", "frame", root, newest),
    followNewest: place.follow,
    change,
    render(snapshot, problem) {
      const { sessionId, view } = snapshot;
      const rows = [...rowsOf(snapshot, shown), ...(problem ? [problem] : [])];
      const [first] = shown;
      const isOther = shownId !== sessionId;
      const grewAbove = !isOther && first !== undefined && first.key !== rows[0]?.key;
      if (isOther || shown.length === 0) place.follow();
      shown = rows;
      shownId = sessionId;
      change(() => {
        welcome.hidden = rows.length > 0 || view.epoch === undefined;
        earlier.hidden = !view.hasMore;
        // Earlier messages push down what is being read; it stays where it was.
        if (grewAbove) place.keepReading(() => renderRows(rows));
        else renderRows(rows);
      });
      if (oldestSeq === view.oldestSeq) return;
      oldestSeq = view.oldestSeq;
      // Told again if the reader is still near.
      nearTop.unobserve(earlier);
      nearTop.observe(earlier);
    },
  };
}
