import type { SessionSnapshot } from "@mini-openclaw/client";
import type { ErrorItem } from "@mini-openclaw/protocol";
import { button, element } from "./elements.ts";
import type { Row, RowView } from "./row.ts";
import { createRowView, type RowParts } from "./row-view.ts";
import { rowsOf } from "./rows.ts";

/** The scrolling list of everything said and done. */
export interface Conversation {
  readonly root: HTMLElement;
  /** `problem`: what went wrong beside the session, if anything did. */
  render(snapshot: SessionSnapshot, problem: ErrorItem | undefined): void;
  /** Shows the end at the next `render`, wherever the reader is. */
  followNewest(): void;
}

export interface ConversationParts extends RowParts {
  onLoadEarlier: () => void;
  /** Shown while there is nothing else. */
  welcome: HTMLElement;
}

// Chosen: a reader this near the end, in CSS pixels, follows what comes; one further up is left in peace.
const nearEndPx = 80;

export function createConversation(parts: ConversationParts): Conversation {
  const { texts, welcome } = parts;
  const list = element("ol", "rows");
  const earlier = button("link earlier", texts.loadEarlier, parts.onLoadEarlier);
  const root = element("main", "conversation", earlier, welcome, list);
  root.tabIndex = 0;
  root.setAttribute("aria-label", texts.conversation);
  const newest = button("to-newest", "↓", toNewest);
  newest.setAttribute("aria-label", texts.toNewest);
  const frame = element("div", "frame", root, newest);
  const renderRows = createRowList(list, parts);
  let firstKey: string | undefined;
  let isFollowing = true;

  function isNearEnd(): boolean {
    return root.scrollHeight - root.scrollTop - root.clientHeight < nearEndPx;
  }
  function toNewest(): void {
    root.scrollTop = root.scrollHeight;
  }
  function showNewestButton(): void {
    newest.hidden = isNearEnd();
  }
  root.addEventListener("scroll", showNewestButton, { passive: true });

  return {
    root: frame,
    followNewest() {
      isFollowing = true;
    },
    render(snapshot, problem) {
      const wasNearEnd = isFollowing || isNearEnd();
      const fromEnd = root.scrollHeight - root.scrollTop;
      const rows = [...rowsOf(snapshot), ...(problem ? [problem] : [])];
      welcome.hidden = rows.length > 0 || snapshot.view.epoch === undefined;
      earlier.hidden = !snapshot.view.hasMore;
      renderRows(rows);
      const grewAbove = firstKey !== undefined && firstKey !== rows[0]?.key;
      firstKey = rows[0]?.key;
      isFollowing = rows.length === 0;
      if (wasNearEnd) toNewest();
      // Earlier messages push down what is being read; keep that where it was.
      else if (grewAbove) root.scrollTop = root.scrollHeight - fromEnd;
      showNewestButton();
    },
  };
}

/** Keeps one element per key, in order, and updates only those whose row changed. */
function createRowList(list: HTMLElement, parts: RowParts): (rows: readonly Row[]) => void {
  const shown = new Map<string, { row: Row; view: RowView }>();

  return (rows) => {
    const keys = new Set(rows.map(({ key }) => key));
    for (const [key, { view }] of shown) {
      if (keys.has(key)) continue;
      view.root.remove();
      shown.delete(key);
    }
    let place = list.firstElementChild;
    for (const row of rows) {
      const before = shown.get(row.key);
      const view = before?.view ?? createRowView(row.kind, parts);
      if (before?.row !== row) {
        view.update(row);
        shown.set(row.key, { row, view });
      }
      if (view.root === place) place = place.nextElementSibling;
      else list.insertBefore(view.root, place);
    }
  };
}
