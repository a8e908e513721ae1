import type { SessionView, ViewItem } from "@mini-openclaw/protocol";
import { countSame, countSameAtEnd } from "./same-parts.ts";
import { createVersionFinder } from "./versions.ts";

/** The items of a view that may look different than before: from `start` to before `end`. */
export interface ChangedItems {
  readonly start: number;
  readonly end: number;
  /** The index of `end` in the view before. */
  readonly oldEnd: number;
}

/** Returns true if an answer, or a user message without one, ends with this item. */
export function isLastOfAnswer(item: ViewItem, next: ViewItem | undefined): boolean {
  if (next === undefined) return true;
  return item.runId === undefined ? next.kind === "user" : next.runId !== item.runId;
}

/** Finds the whole answers that changed: mostly the newest, or the oldest after loading more. */
export function changedAnswers(view: SessionView, before: SessionView): ChangedItems {
  const { items } = view;
  const shift = before.items.length - items.length;
  const runs = changedRuns(view, before);
  const isChanged = ({ runId }: ViewItem) => runId !== undefined && runs.has(runId);

  // The last common item may have another neighbor now.
  let start = Math.max(0, countSame(before.items, items) - 1);
  const first = runs.size === 0 ? -1 : items.findIndex(isChanged);
  if (first >= 0) start = Math.min(start, first);
  while (!isBoundary(items, start)) start -= 1;

  // The newest answer looks different while the session is busy.
  const isSameQueue = view.activeRuns === before.activeRuns && view.queued === before.queued;
  let end = items.length - (isSameQueue ? countSameAtEnd(before.items, items, start) : 0);
  if (runs.size > 0) end = Math.max(end, items.findLastIndex(isChanged) + 1);
  while (!isBoundary(items, end) || !isBoundary(before.items, end + shift)) end += 1;
  return { start, end, oldEnd: end + shift };
}

function isBoundary(items: readonly ViewItem[], index: number): boolean {
  const [last, next] = [items[index - 1], items[index]];
  return last === undefined || isLastOfAnswer(last, next);
}

/** Returns the runs that began, ended, or have a new cost or version. */
function changedRuns(view: SessionView, before: SessionView): Set<string> {
  const changed = new Set<string>();
  if (view.activeRuns !== before.activeRuns) {
    for (const runId of [...view.activeRuns, ...before.activeRuns]) changed.add(runId);
  }
  for (const runId of runsWithNewVersions(view, before)) changed.add(runId);
  if (view.costs === before.costs) return changed;
  for (const [runId, cost] of view.costs) if (before.costs.get(runId) !== cost) changed.add(runId);
  return changed;
}

/** Returns the runs whose answers have other versions, as after loading earlier messages. */
function runsWithNewVersions(view: SessionView, before: SessionView): readonly string[] {
  if (view.replaced === before.replaced || view.retries.size === 0) return [];
  const find = createVersionFinder(view);
  const start = countSame(before.replaced, view.replaced);
  const end = view.replaced.length - countSameAtEnd(before.replaced, view.replaced, start);
  return view.replaced.slice(start, end).flatMap(({ runId = "" }) => find(runId)?.runIds ?? []);
}
