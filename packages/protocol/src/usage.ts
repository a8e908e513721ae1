import type { Usage } from "./messages.ts";

/** Of something that asked no model. */
export const noUsage: Readonly<Usage> = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
};

/** Pure: the sum of two usages. */
export function addUsage(one: Usage, other: Usage): Usage {
  const sum = (tokens: keyof Usage) => one[tokens] + other[tokens];
  return {
    inputTokens: sum("inputTokens"),
    outputTokens: sum("outputTokens"),
    cacheReadTokens: sum("cacheReadTokens"),
    cacheWriteTokens: sum("cacheWriteTokens"),
  };
}
