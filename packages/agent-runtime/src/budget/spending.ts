import { addUsage, noUsage, type Usage } from "@mini-openclaw/protocol";
import { costOf, type ModelPrice } from "./prices.ts";

/** The tokens and the money that a run has spent. */
export interface Spending {
  /** Of every request to a model, also of those that showed nothing. */
  readonly usage: Usage;
  /** In US dollars, as far as prices are known. */
  readonly costUsd: number;
  /** True while every model that was asked has a known price. */
  readonly isCostKnown: boolean;
  /** Of the latest request. */
  readonly latest: Usage;
}

export const nothingSpent: Spending = { usage: noUsage, costUsd: 0, isCostKnown: true, latest: noUsage };

/** Returns all tokens, in and out, cached or not. */
export function totalTokens({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number {
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
}

/** Pure: the spending after one more request to a model, however it ended. */
export function addModelCall(spending: Spending, usage: Usage, price: ModelPrice | undefined): Spending {
  return {
    usage: addUsage(spending.usage, usage),
    costUsd: spending.costUsd + (price ? costOf(usage, price) : 0),
    isCostKnown: spending.isCostKnown && price !== undefined,
    latest: usage,
  };
}

/** Returns the totals for a run's end. */
export function totalOf({ usage, costUsd, isCostKnown }: Spending): { usage: Usage; costUsd?: number } {
  return { usage, ...(isCostKnown && { costUsd }) };
}
