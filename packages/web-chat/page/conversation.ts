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
  let shown: readonly Row[] = [];
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
      const rows = [...rowsOf(snapshot, shown), ...(problem ? [problem] : [])];
      welcome.hidden = rows.length > 0 || snapshot.view.epoch === undefined;
      earlier.hidden = !snapshot.view.hasMore;
      renderRows(rows);
      const [first] = shown;
      const grewAbove = first !== undefined && first.key !== rows[0]?.key;
      shown = rows;
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
  const views = new Map<string, RowView>();
  let shown: readonly Row[] = [];

  return (rows) => {
    // Mostly only the end changed: a long conversation should not be gone through for each chunk.
    const sameCount = countSame(shown, rows);
    const keys = new Set(rows.slice(sameCount).map(({ key }) => key));
    const before = new Map(shown.slice(sameCount).map((row) => [row.key, row]));
    for (const key of before.keys()) {
      if (keys.has(key)) continue;
      views.get(key)?.root.remove();
      views.delete(key);
    }
    let place = list.children[sameCount] ?? null;
    for (const row of rows.slice(sameCount)) {
      const view = views.get(row.key) ?? createRowView(row.kind, parts);
      views.set(row.key, view);
      if (before.get(row.key) !== row) view.update(row);
      if (view.root === place) place = place.nextElementSibling;
      else list.insertBefore(view.root, place);
    }
    shown = rows;
  };
}

/** How many rows at the beginning are the same in both. */
function countSame(one: readonly Row[], other: readonly Row[]): number {
  const different = other.findIndex((row, index) => row !== one[index]);
  return different < 0 ? other.length : different;
}
