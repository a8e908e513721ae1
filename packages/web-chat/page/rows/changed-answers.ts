import type { SessionView, ViewItem } from "@mini-openclaw/protocol";
import { countSame, countSameAtEnd } from "./same-parts.ts";

/** Items of a view that may be shown otherwise than in the one before it: from `start` to before `end`. */
export interface ChangedItems {
  readonly start: number;
  readonly end: number;
  /** Where `end` was in the view before. */
  readonly oldEnd: number;
}

/** Whether what a run answered, or one user message without one, ends with this item. */
export function isLastOfAnswer(item: ViewItem, next: ViewItem | undefined): boolean {
  if (next === undefined) return true;
  return item.runId === undefined ? next.kind === "user" : next.runId !== item.runId;
}

/** Which whole answers have changed: mostly the newest, or the oldest ones when there are earlier ones now. */
export function changedAnswers(view: SessionView, before: SessionView): ChangedItems {
  const { items } = view;
  const shift = before.items.length - items.length;
  const runs = changedRuns(view, before);
  const isChanged = ({ runId }: ViewItem) => runId !== undefined && runs.has(runId);

  // The last of the same items had another one after it, or none.
  let start = Math.max(0, countSame(before.items, items) - 1);
  const first = runs.size === 0 ? -1 : items.findIndex(isChanged);
  if (first >= 0) start = Math.min(start, first);
  while (!isBoundary(items, start)) start -= 1;

  // How the newest answer is shown depends on whether the session is at rest.
  const isSameLane = view.activeRuns === before.activeRuns && view.queued === before.queued;
  let end = items.length - (isSameLane ? countSameAtEnd(before.items, items, start) : 0);
  if (runs.size > 0) end = Math.max(end, items.findLastIndex(isChanged) + 1);
  while (!isBoundary(items, end) || !isBoundary(before.items, end + shift)) end += 1;
  return { start, end, oldEnd: end + shift };
}

function isBoundary(items: readonly ViewItem[], index: number): boolean {
  const [last, next] = [items[index - 1], items[index]];
  return last === undefined || isLastOfAnswer(last, next);
}

/** Runs that began or ended, or of which more is known of what they cost. */
function changedRuns(view: SessionView, before: SessionView): Set<string> {
  const changed = new Set<string>();
  if (view.activeRuns !== before.activeRuns) {
    for (const runId of [...view.activeRuns, ...before.activeRuns]) changed.add(runId);
  }
  if (view.costs === before.costs) return changed;
  for (const [runId, cost] of view.costs) if (before.costs.get(runId) !== cost) changed.add(runId);
  return changed;
}
