import type { RunCost } from "./session-view.ts";
import type { MessageEntry } from "./transcript.ts";
import { addUsage } from "./usage.ts";

/** Pure: the costs by run, with those of more messages. */
export function addCosts(
  costs: ReadonlyMap<string, RunCost>,
  entries: readonly MessageEntry[],
): ReadonlyMap<string, RunCost> {
  let sum: Map<string, RunCost> | undefined;
  for (const entry of entries) {
    if (entry.role !== "assistant" || !entry.usage || entry.runId === undefined) continue;
    const { runId, usage, costUsd } = entry;
    sum ??= new Map(costs);
    sum.set(runId, addCost(sum.get(runId), { usage, costUsd }));
  }
  return sum ?? costs;
}

function addCost(before: RunCost | undefined, turn: RunCost): RunCost {
  if (!before) return turn;
  const isKnown = before.costUsd !== undefined && turn.costUsd !== undefined;
  return {
    usage: addUsage(before.usage, turn.usage),
    costUsd: isKnown ? before.costUsd + turn.costUsd : undefined,
  };
}
