import type { RunCost } from "@mini-openclaw/protocol";
import type { Formats } from "./formats.ts";
import type { Texts } from "./texts.ts";

interface Language {
  texts: Texts;
  formats: Formats;
}

/** Returns the parts of a cost as texts; none if no model was asked. */
export function costTexts({ usage, costUsd }: RunCost, { texts, formats }: Language): string[] {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  const counts = [
    [inputTokens, texts.tokens.input],
    [outputTokens, texts.tokens.output],
    [cacheReadTokens, texts.tokens.cacheRead],
    [cacheWriteTokens, texts.tokens.cacheWrite],
  ] as const;
  const shown = counts.flatMap(([count, toText]) => (count === 0 ? [] : [toText(formats.count(count))]));
  if (shown.length === 0) return [];
  return [...shown, costUsd === undefined ? texts.priceUnknown : formats.money(costUsd)];
}

/** Returns a cost in a few characters: the sum of the tokens, and the money. */
export function costInShort({ usage, costUsd }: RunCost, { texts, formats }: Language): string {
  const total = Object.values(usage).reduce((sum, count) => sum + count, 0);
  if (total === 0) return "";
  const tokens = texts.tokens.total(formats.count(total));
  return costUsd === undefined ? tokens : `${tokens} · ${formats.money(costUsd)}`;
}
