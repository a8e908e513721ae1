import type { SessionView, ToolItem, ViewItem } from "@mini-openclaw/protocol";
import { changedAnswers, isLastOfAnswer } from "./changed-answers.ts";
import type { AnswerEndRow, Row, ToolsRow } from "./row.ts";
import { type AnswerVersions, createVersionFinder } from "./versions.ts";

/** The rows of a view's items. */
export interface ItemRows {
  readonly rows: readonly Row[];
  readonly view: SessionView;
  /** The number of rows up to the end of each item. */
  readonly counts: readonly number[];
}

const NO_ROWS = { rows: [], counts: [] };

/**
 * Returns the rows of a view. Consecutive tool calls are one row, and an answer has an end below
 * it. Rows that did not change are the same objects as in `before`, and unchanged items are not
 * visited.
 */
export function itemRows(view: SessionView, before?: ItemRows): ItemRows {
  const { rows, counts } = before ?? NO_ROWS;
  const whole = { start: 0, end: view.items.length, oldEnd: 0 };
  const { start, end, oldEnd } = before ? changedAnswers(view, before.view) : whole;
  const [from, to] = [counts[start - 1] ?? 0, counts[oldEnd - 1] ?? 0];
  const between = answerRows(view, { start, end, before: rows.slice(from, to) });
  const moved = from + between.rows.length - to;
  return {
    view,
    rows: [...rows.slice(0, from), ...between.rows, ...rows.slice(to)],
    counts: [
      ...counts.slice(0, start),
      ...between.counts.map((count) => from + count),
      ...counts.slice(oldEnd).map((count) => count + moved),
    ],
  };
}

/** Returns true if a call has its result. */
export function isOver({ phase }: ToolItem): boolean {
  return phase === "done" || phase === "failed";
}

/** Returns the rows of whole answers, from the item at `start` to the one before `end`. */
function answerRows(
  view: SessionView,
  { start, end, before }: { start: number; end: number; before: readonly Row[] },
): Pick<ItemRows, "rows" | "counts"> {
  const { items } = view;
  const findVersions = createVersionFinder(view);
  const known = new Map(before.map((row) => [row.key, row]));
  const keep = <New extends ToolsRow | AnswerEndRow>(row: New): Row => {
    const old = known.get(row.key);
    return old && isSame(old, row) ? old : row;
  };
  const rows: Row[] = [];
  const counts: number[] = [];
  let first = start;
  for (const [offset, item] of items.slice(start, end).entries()) {
    const index = start + offset;
    const next = items[index + 1];
    if (item.kind !== "tool") rows.push(item);
    else if (next?.kind !== "tool" || next.runId !== item.runId) rows.push(keep(toolsRow(items, index)));
    if (isLastOfAnswer(item, next)) {
      const versions = item.runId === undefined ? undefined : findVersions(item.runId);
      const answer = answerEnd(view, items.slice(first, index + 1), {
        versions,
        isNewest: next === undefined,
      });
      if (answer) rows.push(keep(answer));
      first = index + 1;
    }
    counts.push(rows.length);
  }
  return { rows, counts };
}

/** Returns the row of the calls that end with the one at `last`. */
function toolsRow(items: readonly ViewItem[], last: number): ToolsRow {
  const tools: ToolItem[] = [];
  for (let index = last; index >= 0; index -= 1) {
    const tool = items[index];
    if (tool?.kind !== "tool" || tool.runId !== items[last]?.runId) break;
    tools.unshift(tool);
  }
  return { kind: "tools", key: `tools:${tools[0]?.key}`, tools };
}

function answerEnd(
  { activeRuns, queued, costs }: SessionView,
  answer: readonly ViewItem[],
  { versions, isNewest }: { versions: AnswerVersions | undefined; isNewest: boolean },
): AnswerEndRow | undefined {
  const last = answer.at(-1);
  if (!last || last.kind === "compaction") return undefined;
  const { runId: shownRun } = last;
  const runId = versions?.newest ?? shownRun;
  if (runId !== undefined && activeRuns.includes(runId)) return undefined;
  const mayRetry = isNewest && runId !== undefined && activeRuns.length === 0 && queued.length === 0;
  if (last.kind === "user" && !mayRetry) return undefined;
  const isWhole = last.kind === "assistant" && last.partial === undefined;
  const canContinue = mayRetry && shownRun === runId && !isWhole && isCut(last);
  const texts = answer.flatMap((item) => (item.kind === "assistant" && item.content !== "" ? [item] : []));
  return {
    kind: "answer_end",
    key: `answer_end:${runId ?? last.key}`,
    runId,
    texts,
    timestamp: texts.at(-1)?.timestamp,
    cost: shownRun === undefined ? undefined : costs.get(shownRun),
    retry: mayRetry ? (isWhole ? "again" : "failed") : undefined,
    canContinue,
    versions: versions?.runIds ?? [],
    shownRun,
  };
}

/** The errors of answers that were cut by a limit. */
const LIMIT_CODES: ReadonlySet<string> = new Set(["ANSWER_CUT", "BUDGET_REACHED"]);

/** Returns true if an answer ended before its time, and the model can continue it. */
function isCut(last: ViewItem): boolean {
  if (last.kind === "error") return LIMIT_CODES.has(last.code);
  if (last.kind === "assistant") return last.partial !== undefined;
  return last.kind === "outcome" && ["aborted", "interrupted", "max_rounds", "budget"].includes(last.outcome);
}

/** Returns true if two rows have the same values, and lists of the same items. */
function isSame(one: object, other: object): boolean {
  const fields = Object.entries(other);
  const before = new Map<string, unknown>(Object.entries(one));
  return fields.every(([field, value]) => {
    const old = before.get(field);
    if (!Array.isArray(value) || !Array.isArray(old)) return old === value;
    return old.length === value.length && value.every((item, index) => item === old[index]);
  });
}
