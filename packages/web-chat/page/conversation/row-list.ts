import { RowGroups } from "./row-groups.ts";
import { createRowView, type RowParts } from "./row-view.ts";
import type { Row, RowView } from "./rows/row.ts";
import { countSame, countSameAtEnd } from "./rows/same-parts.ts";

/** The elements of a session's rows. */
export interface RowList {
  readonly root: HTMLElement;
  /** Keeps one element per key, in order, and updates only those whose row changed. */
  render(rows: readonly Row[]): void;
  /** Returns the element of a row. It is on the page, even far off-screen. */
  reveal(key: string): HTMLElement | undefined;
}

/** Creates the list. `scroller` is the element that scrolls. */
export function createRowList(scroller: HTMLElement, parts: RowParts): RowList {
  const groups = new RowGroups(scroller);
  const views = new Map<string, RowView>();
  let shown: readonly Row[] = [];

  return {
    root: groups.root,
    render(rows) {
      // Mostly the end or the beginning changed. Common rows are not visited.
      const startCount = countSame(shown, rows);
      const endCount = countSameAtEnd(shown, rows, startCount);
      const changed = rows.slice(startCount, rows.length - endCount);
      const before = new Map(shown.slice(startCount, shown.length - endCount).map((row) => [row.key, row]));
      const keys = new Set(changed.map(({ key }) => key));
      for (const key of before.keys()) {
        const view = keys.has(key) ? undefined : views.get(key);
        if (!view) continue;
        groups.remove(view.root);
        views.delete(key);
      }
      let previous = views.get(rows[startCount - 1]?.key ?? "")?.root;
      for (const row of changed) {
        const view = views.get(row.key) ?? createRowView(row.kind, parts);
        views.set(row.key, view);
        if (before.get(row.key) !== row) view.update(row);
        groups.place(view.root, previous);
        previous = view.root;
      }
      shown = rows;
    },
    reveal(key) {
      const root = views.get(key)?.root;
      if (root) groups.reveal(root);
      return root;
    },
  };
}
