import { addUsage, type ModelToolCall, noUsage, type ToolMessage, type Usage } from "@mini-openclaw/protocol";
import { costOf, type ModelPrice } from "./prices.ts";

/** What a run has spent. */
export interface Spending {
  /** Of every request to a model, also those that showed nothing. */
  readonly usage: Usage;
  /** In US dollars, as far as prices are known. */
  readonly costUsd: number;
  /** Whether `costUsd` is all of it: no model was asked whose price is not known. */
  readonly isCostKnown: boolean;
  readonly toolCalls: number;
  /** Of the latest request. */
  readonly latest: Usage;
  /** By call: its latest result, and how often in a row it gave that. */
  readonly repeats: ReadonlyMap<string, { readonly output: string | undefined; readonly count: number }>;
}

export const nothingSpent: Spending = {
  usage: noUsage,
  costUsd: 0,
  isCostKnown: true,
  toolCalls: 0,
  latest: noUsage,
  repeats: new Map(),
};

/** All tokens, in and out, cached or not. */
export function addedUp({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number {
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
}

/** Pure: the spending after one more request to a model, however it ended. */
export function addModelCall(spending: Spending, usage: Usage, price: ModelPrice | undefined): Spending {
  return {
    ...spending,
    usage: addUsage(spending.usage, usage),
    costUsd: spending.costUsd + (price ? costOf(usage, price) : 0),
    isCostKnown: spending.isCostKnown && price !== undefined,
    latest: usage,
  };
}

/** Pure: the spending before a request that has little in common with the latest. */
export function forgetLatest(spending: Spending): Spending {
  return { ...spending, latest: noUsage };
}

/** The totals that a run's end tells. */
export function totalOf({ usage, costUsd, isCostKnown }: Spending): { usage: Usage; costUsd?: number } {
  return { usage, ...(isCostKnown && { costUsd }) };
}

/** Pure: the spending after the tool calls of one turn. */
export function addToolCalls(
  spending: Spending,
  calls: readonly ModelToolCall[],
  results: readonly ToolMessage[],
): Spending {
  const repeats = new Map(spending.repeats);
  const outputs = new Map(results.map(({ callId, content }) => [callId, content]));
  for (const call of calls) {
    const key = callKey(call);
    const output = outputs.get(call.callId);
    const before = repeats.get(key);
    repeats.set(key, { output, count: before && before.output === output ? before.count + 1 : 1 });
  }
  return { ...spending, repeats, toolCalls: spending.toolCalls + calls.length };
}

/** How often in a row the call gave its latest result. */
export function repeatsOf({ repeats }: Spending, call: ModelToolCall): number {
  return repeats.get(callKey(call))?.count ?? 0;
}

function callKey({ toolName, input, invalidInput }: ModelToolCall): string {
  return JSON.stringify([toolName, input, invalidInput]);
}
