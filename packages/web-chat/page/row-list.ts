import type { Row, RowView } from "./row.ts";
import { createRowView, type RowParts } from "./row-view.ts";

// Chosen: more than a screen shows. Those before them are laid out when they come near the screen.
const alwaysLaidOut = 40;

/** Keeps one element per key, in order, and updates only those whose row changed. */
export function createRowList(list: HTMLElement, parts: RowParts): (rows: readonly Row[]) => void {
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
    const firstNew = Math.max(0, Math.min(sameCount, shown.length - alwaysLaidOut));
    for (const { key } of rows.slice(firstNew, Math.max(firstNew, rows.length - alwaysLaidOut))) {
      views.get(key)?.root.classList.add("far");
    }
    shown = rows;
  };
}

/** How many rows at the beginning are the same in both. */
function countSame(one: readonly Row[], other: readonly Row[]): number {
  const different = other.findIndex((row, index) => row !== one[index]);
  return different < 0 ? other.length : different;
}
