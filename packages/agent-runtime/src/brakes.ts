import type { ModelToolCall, RunOutcome, Usage } from "@mini-openclaw/protocol";
import { AgentError } from "./errors.ts";
import { checkAmount, costOf, type ModelPrice, ratesFor } from "./prices.ts";
import { addedUp, repeatsOf, type Spending } from "./spending.ts";

/** What ends a run that would not end by itself. All are on; each is checked before what it limits is spent. */
export interface Brakes {
  /** Turns that may call tools. One more turn may only answer. Outcome `max_rounds`. */
  maxToolRounds: number;
  /** Tool calls of a run. The model is told, and one more turn may only answer. Outcome `budget`. */
  maxToolCalls: number;
  /** Tokens of a run, in and out, cached ones included. Outcome `budget`. */
  maxRunTokens: number;
  /**
   * What a run may cost, in US dollars. Before each request its prompt's cost is estimated, and its answer may have as many tokens
   * as the rest pays for. A model whose price is not known is held by `maxRunTokens` alone. Outcome `budget`.
   */
  maxRunCostUsd: number;
  /** How often the same call may give the same result. Outcome `loop_detected`. */
  maxRepeatedCalls: number;
  /** Duration of a run in milliseconds, waiting included. Outcome `budget`. */
  maxRunMs: number;
}

export const defaultBrakes: Readonly<Brakes> = {
  // The tutorial's number.
  maxToolRounds: 10,
  // Chosen: ten calls in every round.
  maxToolCalls: 100,
  // Chosen: ten rounds on a context of 200,000 tokens that is nearly full.
  maxRunTokens: 2_000_000,
  // Chosen: twice what ten rounds on a nearly full context cost with claude-opus-5-5 and its cache.
  maxRunCostUsd: 5,
  // Chosen: a model that polls gets three chances to see that nothing changes.
  maxRepeatedCalls: 3,
  // Chosen: 30 minutes.
  maxRunMs: 1_800_000,
};

/** A request that is about to be sent. */
export interface NextRequest {
  /** Roughly, of its prompt. */
  tokens: number;
  /** Of the model that is asked; `undefined` if it is not known. */
  price: ModelPrice | undefined;
}

/** How many tokens the run can still pay for in the answer to another request; 0 if it may not be sent. */
export function affordableAnswer(
  spending: Spending,
  { tokens, price }: NextRequest,
  { maxRunTokens, maxRunCostUsd }: Brakes,
): number {
  const prompt = estimatePrompt(tokens, spending.latest);
  const byTokens = maxRunTokens - addedUp(spending.usage) - addedUp(prompt);
  if (!price) return Math.max(0, byTokens);
  const leftUsd = maxRunCostUsd - spending.costUsd - costOf(prompt, price);
  if (leftUsd < 0) return 0;
  const { output } = ratesFor(prompt, price);
  return Math.max(
    0,
    Math.min(byTokens, output === 0 ? Infinity : Math.floor((leftUsd * 1_000_000) / output)),
  );
}

/** The next prompt is not smaller than the one before, as the server counted it; what was in its cache mostly still is. */
function estimatePrompt(tokens: number, latest: Usage): Usage {
  const inCache = latest.cacheReadTokens + latest.cacheWriteTokens;
  const inputTokens = Math.max(tokens - inCache, latest.inputTokens);
  return { inputTokens, outputTokens: 0, cacheReadTokens: inCache, cacheWriteTokens: 0 };
}

/** The outcome that ends the run instead of these tool calls, if any. */
export function stopBeforeTools(
  spending: Spending,
  calls: readonly ModelToolCall[],
  brakes: Brakes,
): RunOutcome | undefined {
  const repeated = calls.some((call) => repeatsOf(spending, call) >= brakes.maxRepeatedCalls);
  return repeated ? "loop_detected" : undefined;
}

/** Whether the run may make all of these tool calls. */
export function hasCallsLeft(
  { toolCalls }: Spending,
  calls: readonly ModelToolCall[],
  { maxToolCalls }: Brakes,
): boolean {
  return toolCalls + calls.length <= maxToolCalls;
}

/**
 * The defaults with what the caller set.
 *
 * @throws AgentError `INVALID_OPTIONS`
 */
export function resolveBrakes(options: Partial<Brakes>): Brakes {
  const { maxRunCostUsd = defaultBrakes.maxRunCostUsd } = options;
  const names = Object.keys(defaultBrakes) as (keyof Brakes)[];
  const counts = names
    .filter((name) => name !== "maxRunCostUsd")
    .map((name) => [name, checkCount(name, options[name] ?? defaultBrakes[name])]);
  return {
    ...(Object.fromEntries(counts) as unknown as Brakes),
    maxRunCostUsd: checkAmount("maxRunCostUsd", maxRunCostUsd),
  };
}

/** @throws AgentError `INVALID_OPTIONS` */
export function checkCount(name: string, value: number): number {
  if ((Number.isInteger(value) && value >= 0) || value === Infinity) return value;
  throw new AgentError(
    "INVALID_OPTIONS",
    `${name} is ${value}: a whole number from 0 on is allowed, or Infinity.`,
  );
}
