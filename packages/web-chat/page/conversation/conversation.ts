import type { SessionSnapshot } from "@mini-openclaw/client";
import type { ErrorItem } from "@mini-openclaw/protocol";
import { button, element } from "../dom/elements.ts";
import type { Row } from "../rows/row.ts";
import { rowsOf, type SessionRows } from "../rows/rows.ts";
import { createRowList } from "./row-list.ts";
import type { RowParts } from "./row-view.ts";
import { createScrollAnchor } from "./scroll-anchor.ts";

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

// Chosen: a few screens. Of a conversation of which more is loaded already, this is what is made at once.
const rowsAtOnce = 120;

export function createConversation(parts: ConversationParts): Conversation {
  const { texts, welcome, onLoadEarlier } = parts;
  const root = element("main", "conversation");
  const list = createRowList(root, parts);
  const earlier = button("link earlier", texts.loadEarlier, showEarlier);
  root.append(earlier, welcome, list.root);
  root.tabIndex = 0;
  root.setAttribute("aria-label", texts.conversation);
  const place = createScrollAnchor(root);
  const newest = button("to-newest", "↓", place.toEnd);
  newest.setAttribute("aria-label", texts.toNewest);
  let snapshot: SessionSnapshot | undefined;
  let problem: ErrorItem | undefined;
  let session: SessionRows | undefined;
  let shown: readonly Row[] = [];
  /** So many of the rows, the first ones, were not wanted yet. */
  let unseenCount = 0;

  function showNewestButton(): void {
    newest.hidden = place.isAtEnd();
  }
  function change(show: () => void): void {
    place.keepEnd(show);
    showNewestButton();
  }
  function showEarlier(): void {
    if (unseenCount === 0) return onLoadEarlier();
    unseenCount = Math.max(0, unseenCount - rowsAtOnce);
    if (snapshot) render(snapshot, problem);
  }
  root.addEventListener("scroll", showNewestButton, { passive: true });
  const nearTop = new IntersectionObserver(
    ([entry]) => {
      if (entry?.isIntersecting) showEarlier();
    },
    { root, rootMargin: earlierMargin },
  );
  nearTop.observe(earlier);

  function render(next: SessionSnapshot, nextProblem: ErrorItem | undefined): void {
    const isOther = snapshot?.sessionId !== next.sessionId;
    [snapshot, problem] = [next, nextProblem];
    const { view } = snapshot;
    session = rowsOf(snapshot, isOther ? undefined : session);
    const rows = [...session.rows, ...(problem ? [problem] : [])];
    const newestRows = Math.max(0, rows.length - rowsAtOnce);
    unseenCount = isOther ? newestRows : Math.min(unseenCount, newestRows);
    const [first, before] = [rows[unseenCount], shown[0]];
    if (isOther || !before) place.follow();
    shown = unseenCount === 0 ? rows : rows.slice(unseenCount);
    const show = () => {
      earlier.hidden = !view.hasMore && unseenCount === 0;
      list.render(shown);
    };
    change(() => {
      welcome.hidden = rows.length > 0 || view.epoch === undefined;
      // Earlier messages push down what is being read; it stays where it was.
      if (!isOther && before && before.key !== first?.key) place.keepReading(show);
      else show();
    });
    if (before?.key === first?.key) return;
    // Told again if the reader is still near.
    nearTop.unobserve(earlier);
    nearTop.observe(earlier);
  }

  return { root: element("div", "frame", root, newest), followNewest: place.follow, change, render };
}
