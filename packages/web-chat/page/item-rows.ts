import type { SessionView, ToolItem, ViewItem } from "@mini-openclaw/protocol";
import type { AnswerEndRow, Row, ToolsRow } from "./row.ts";

/**
 * The rows of what was said and done: tool calls that follow each other are one row, and below what a run answered stands
 * its end. Given the rows before, what did not change is the same row.
 */
export function itemRows(view: SessionView, before: readonly Row[]): Row[] {
  const { items } = view;
  const known = new Map(before.map((row) => [row.key, row]));
  const keep = <New extends ToolsRow | AnswerEndRow>(row: New): Row => {
    const old = known.get(row.key);
    return old && isSame(old, row) ? old : row;
  };
  const rows: Row[] = [];
  let start = 0;
  for (const [index, item] of items.entries()) {
    const next = items[index + 1];
    if (item.kind !== "tool") rows.push(item);
    else if (next?.kind !== "tool" || next.runId !== item.runId) rows.push(keep(toolsRow(items, index)));
    if (!isLastOfAnswer(item, next)) continue;
    const end = answerEnd(view, items.slice(start, index + 1), next === undefined);
    if (end) rows.push(keep(end));
    start = index + 1;
  }
  return rows;
}

/** Whether a call has its result. */
export function isOver({ phase }: ToolItem): boolean {
  return phase === "done" || phase === "failed";
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

function isLastOfAnswer(item: ViewItem, next: ViewItem | undefined): boolean {
  if (next === undefined) return true;
  return item.runId === undefined ? next.kind === "user" : next.runId !== item.runId;
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
