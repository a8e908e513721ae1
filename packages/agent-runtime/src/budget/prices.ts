import type { Usage } from "@mini-openclaw/protocol";
import { checkKnown, checkRecord, invalidOption } from "../shared/check-options.ts";

/** Rates of tokens, in US dollars per million. */
export interface TokenRates {
  input: number;
  output: number;
  /** Of tokens that come from the server's cache. @default as `input` */
  cacheRead?: number;
  /** Of tokens that go into it. @default as `input` */
  cacheWrite?: number;
}

/** The price of a model. */
export interface ModelPrice extends TokenRates {
  /**
   * Where long prompts cost more: the rates of every token of a request whose prompt is longer than
   * `overTokens`.
   */
  longPrompt?: TokenRates & { overTokens: number };
}

/** Prices by the name of the model. */
export type Prices = Readonly<Record<string, ModelPrice>>;

function rates(input: number, output: number, cacheRead: number, cacheWrite: number): TokenRates {
  return { input, output, cacheRead, cacheWrite };
}

const fable = rates(8, 40, 0.2, 10);
const fable51 = rates(10, 50, 0.25, 12.5);
const fable5 = rates(10, 50, 1, 12.5);
const opus = rates(5, 25, 0.5, 6.25);
const sonnet4 = rates(3, 15, 0.3, 3.75);

/**
 * Anthropic's prices for the models that its own API serves today. `cacheWrite` is the rate of the
 * five minutes that our requests ask for. Other hosts of the same models set their own prices.
 *
 * Source: https://platform.claude.com/docs/en/about-claude/pricing, November 2026.
 */
export const defaultPrices: Prices = {
  "claude-fable-5-2": fable,
  "claude-mythos-5-2": fable,
  "claude-fable-5-1": fable51,
  "claude-mythos-5-1": fable51,
  "claude-fable-5": fable5,
  "claude-mythos-5": fable5,
  "claude-opus-5-5": rates(4, 20, 0.2, 5),
  "claude-opus-5": opus,
  "claude-opus-4-8": opus,
  "claude-opus-4-7": opus,
  "claude-opus-4-6": opus,
  "claude-opus-4-5": opus,
  "claude-sonnet-5-5": rates(2, 10, 0.1, 2.5),
  "claude-sonnet-5": rates(2, 10, 0.2, 2.5),
  "claude-sonnet-4-6": sonnet4,
  "claude-sonnet-4-5": sonnet4,
  "claude-haiku-5-5": {
    ...rates(0.1, 0.5, 0.01, 0.125),
    longPrompt: { overTokens: 100_000, ...rates(0.5, 2.5, 0.05, 0.625) },
  },
  "claude-haiku-4-5": rates(1, 5, 0.1, 1.25),
};

/**
 * The price of a model, looked up in `prices` and then in {@link defaultPrices}, or `undefined` if
 * it is not known.
 *
 * The whole name counts, and after it the name without a date or `-latest` at its end:
 * `claude-haiku-4-5-20251001` costs what `claude-haiku-4-5` does. Nothing else is guessed. The same
 * model costs something else at another host.
 */
export function priceOf(model: string, prices: Prices = {}): ModelPrice | undefined {
  const names = [model, model.replace(/-(\d{8}|latest)$/, "")];
  for (const table of [prices, defaultPrices]) {
    for (const name of names) if (Object.hasOwn(table, name)) return table[name];
  }
  return undefined;
}

/** The rates of a request whose prompt is as long as this. */
export function ratesFor(
  { inputTokens, cacheReadTokens, cacheWriteTokens }: Usage,
  { longPrompt, ...rates }: ModelPrice,
): TokenRates {
  const isLong = longPrompt && inputTokens + cacheReadTokens + cacheWriteTokens > longPrompt.overTokens;
  return isLong ? longPrompt : rates;
}

/** Pure: what one request cost, in US dollars. */
export function costOf(usage: Usage, price: ModelPrice): number {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  const { input, output, cacheRead = input, cacheWrite = input } = ratesFor(usage, price);
  const millionths =
    inputTokens * input + outputTokens * output + cacheReadTokens * cacheRead + cacheWriteTokens * cacheWrite;
  return millionths / 1_000_000;
}

/** @throws AgentError `INVALID_OPTION` */
export function checkPrices(prices: Prices): Prices {
  checkRecord("prices", prices);
  for (const [model, price] of Object.entries(prices)) {
    const name = `prices["${model}"]`;
    checkRecord(name, price);
    // An unknown name would be ignored, and the costs would be wrong.
    checkKnown(name, price, priceNames);
    const { longPrompt, ...rates } = price;
    checkRates(name, rates, ["input", "output"]);
    if (longPrompt === undefined) continue;
    checkRecord(`${name}.longPrompt`, longPrompt);
    checkKnown(`${name}.longPrompt`, longPrompt, longPromptNames);
    checkRates(`${name}.longPrompt`, longPrompt, ["input", "output", "overTokens"]);
  }
  return prices;
}

const rateNames = { input: true, output: true, cacheRead: true, cacheWrite: true } as const;
const priceNames = { ...rateNames, longPrompt: true } as const;
const longPromptNames = { ...rateNames, overTokens: true } as const;

function checkRates(name: string, rates: object, required: readonly string[]): void {
  const fields: Readonly<Record<string, unknown>> = { ...rates };
  for (const field of new Set([...required, ...Object.keys(fields)])) {
    const value = fields[field];
    const isRate = typeof value === "number" && value >= 0 && value < Infinity;
    if (!isRate) throw invalidOption(`${name}.${field}`, "a number from 0 on", value);
  }
}
