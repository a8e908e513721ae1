import type { Usage } from "./messages.ts";

/** Of something that asked no model. */
export const noUsage: Readonly<Usage> = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

/** Pure: the sum of two usages, kind of token by kind. */
export function addUsage(one: Usage, other: Usage): Usage {
  const sum = { ...one };
  for (const kind of Object.keys(sum) as (keyof Usage)[]) sum[kind] += other[kind];
  return sum;
}
