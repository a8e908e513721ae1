import type { RunCost } from "./session-view.ts";
import type { MessageEntry } from "./transcript.ts";
import { addUsage } from "./usage.ts";

/** Pure: the costs by run, with those of one more message. */
export function addCosts(
  costs: ReadonlyMap<string, RunCost>,
  entry: MessageEntry,
): ReadonlyMap<string, RunCost> {
  const { runId } = entry;
  if (entry.role !== "assistant" || !entry.usage || runId === undefined) return costs;
  const { usage, costUsd } = entry;
  const before = costs.get(runId);
  if (!before) return new Map(costs).set(runId, { usage, costUsd });
  const isKnown = before.costUsd !== undefined && costUsd !== undefined;
  return new Map(costs).set(runId, {
    usage: addUsage(before.usage, usage),
    costUsd: isKnown ? before.costUsd + costUsd : undefined,
  });
}
