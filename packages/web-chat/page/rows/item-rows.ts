import type { SessionView, ToolItem, ViewItem } from "@mini-openclaw/protocol";
import { changedAnswers, isLastOfAnswer } from "./changed-answers.ts";
import type { AnswerEndRow, Row, ToolsRow } from "./row.ts";

/** The rows of what was said and done. */
export interface ItemRows {
  readonly rows: readonly Row[];
  readonly view: SessionView;
  /** For each item of the view, how many rows there are up to its end. */
  readonly counts: readonly number[];
}

const noRows = { rows: [], counts: [] };

/**
 * The rows of what was said and done: tool calls that follow each other are one row, and below what a run answered stands
 * its end. Given the rows before, what did not change is the same row; a long conversation is not gone through for that.
 */
export function itemRows(view: SessionView, before?: ItemRows): ItemRows {
  const { rows, counts } = before ?? noRows;
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

/** Whether a call has its result. */
export function isOver({ phase }: ToolItem): boolean {
  return phase === "done" || phase === "failed";
}

/** The rows of whole answers, from the item at `start` to the one before `end`. */
function answerRows(
  view: SessionView,
  { start, end, before }: { start: number; end: number; before: readonly Row[] },
): Pick<ItemRows, "rows" | "counts"> {
  const { items } = view;
  const known = new Map(before.map((row) => [row.key, row]));
  const keep = <New extends ToolsRow | AnswerEndRow>(row: New): Row => {
    const old = known.get(row.key);
    return old && isSame(old, row) ? old : row;
  };
  const rows: Row[] = [];
  const counts: number[] = [];
  let first = start;
  for (const [place, item] of items.slice(start, end).entries()) {
    const index = start + place;
    const next = items[index + 1];
    if (item.kind !== "tool") rows.push(item);
    else if (next?.kind !== "tool" || next.runId !== item.runId) rows.push(keep(toolsRow(items, index)));
    if (isLastOfAnswer(item, next)) {
      const answer = answerEnd(view, items.slice(first, index + 1), next === undefined);
      if (answer) rows.push(keep(answer));
      first = index + 1;
    }
    counts.push(rows.length);
  }
  return { rows, counts };
}

/** The calls of one run that end with this one. */
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
  isNewest: boolean,
): AnswerEndRow | undefined {
  const last = answer.at(-1);
  if (!last || last.kind === "compaction") return undefined;
  const { runId } = last;
  if (runId !== undefined && activeRuns.includes(runId)) return undefined;
  const mayRetry = isNewest && runId !== undefined && activeRuns.length === 0 && queued.length === 0;
  if (last.kind === "user" && !mayRetry) return undefined;
  const isWhole = last.kind === "assistant" && last.partial === undefined;
  return {
    kind: "answer_end",
    key: `answer_end:${runId ?? last.key}`,
    runId,
    texts: answer.flatMap((item) => (item.kind === "assistant" && item.content !== "" ? [item] : [])),
    cost: runId === undefined ? undefined : costs.get(runId),
    retry: mayRetry ? (isWhole ? "again" : "failed") : undefined,
  };
}

/** Whether two rows hold the same values; of lists, the same ones in the same order. */
function isSame(one: object, other: object): boolean {
  const fields = Object.entries(other);
  const before = new Map<string, unknown>(Object.entries(one));
  return fields.every(([field, value]) => {
    const old = before.get(field);
    if (!Array.isArray(value) || !Array.isArray(old)) return old === value;
    return old.length === value.length && value.every((item, index) => item === old[index]);
  });
}
