import type { RunCost } from "@mini-openclaw/protocol";
import type { Formats } from "./formats.ts";
import type { Texts } from "./texts.ts";

interface Language {
  texts: Texts;
  formats: Formats;
}

/** What something cost, in words, piece by piece; nothing if it asked no model. */
export function costTexts({ usage, costUsd }: RunCost, { texts, formats }: Language): string[] {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  const counts = [
    [inputTokens, texts.tokens.input],
    [outputTokens, texts.tokens.output],
    [cacheReadTokens, texts.tokens.cacheRead],
    [cacheWriteTokens, texts.tokens.cacheWrite],
  ] as const;
  const told = counts.flatMap(([count, tell]) => (count === 0 ? [] : [tell(formats.count(count))]));
  if (told.length === 0) return [];
  return [...told, costUsd === undefined ? texts.priceUnknown : formats.money(costUsd)];
}

/** {@link costTexts} in a few characters: the sum of the tokens, and the money. */
export function costInShort({ usage, costUsd }: RunCost, { texts, formats }: Language): string {
  const total = Object.values(usage).reduce((sum, count) => sum + count, 0);
  if (total === 0) return "";
  const tokens = texts.tokens.total(formats.count(total));
  return costUsd === undefined ? tokens : `${tokens} · ${formats.money(costUsd)}`;
}
