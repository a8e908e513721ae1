import { errorCodes, type RunEnding, type Usage } from "@mini-openclaw/protocol";
import { costOf, type ModelPrice, ratesFor } from "./prices.ts";
import type { Brakes } from "./run-limits.ts";
import { addedUp, type Spending } from "./spending.ts";

/** A limit on tokens or money, by the name of the option that sets it. */
export type BudgetLimit = "maxRunTokens" | (typeof moneyLimits)[number];

const moneyLimits = ["maxRunCostUsd", "maxSessionCostUsd", "maxDayCostUsd"] as const;

const units: Readonly<Record<BudgetLimit, string>> = {
  maxRunTokens: "tokens a run",
  maxRunCostUsd: "US dollars a run",
  maxSessionCostUsd: "US dollars a session",
  maxDayCostUsd: "US dollars a day, UTC",
};

/**
 * Tokens of an answer that count as spent today until it is there; fewer, where it may not have so many. Chosen: what
 * Anthropic's provider lets an answer have by default. To count all that it may have would leave runs beside it nothing.
 */
const EXPECTED_ANSWER_TOKENS = 8192;

/** A request that is about to be sent. */
export interface NextRequest {
  /** Roughly, of its prompt. */
  tokens: number;
  /** Of the model that is asked; `undefined` if it is not known. */
  price: ModelPrice | undefined;
}

/** What counts so far, in US dollars besides the run's own spending. */
export interface SpentSoFar {
  run: Spending;
  /** By the session's earlier runs. */
  sessionUsd: number;
  /** By all runs of the day, this one included, with what requests under way may cost. */
  todayUsd: number;
}

/** What may be spent on a request. */
export interface Allowance {
  /** Tokens that its answer may have; 0: it may not be sent. */
  answerTokens: number;
  /** The limit that allows no more. */
  limit: BudgetLimit;
  /** What it is expected to cost at most, in US dollars; 0 where its price is not known. */
  expectedUsd: number;
}

/** Pure: what the lowest of all limits leaves for a request. */
export function allowanceOf(
  { tokens, price }: NextRequest,
  { run, sessionUsd, todayUsd }: SpentSoFar,
  brakes: Brakes,
): Allowance {
  const prompt = estimatePrompt(tokens, run.latest);
  const leftTokens = brakes.maxRunTokens - addedUp(run.usage) - addedUp(prompt);
  const byTokens = { limit: "maxRunTokens" as const, answerTokens: Math.max(0, leftTokens) };
  if (!price) return { ...byTokens, expectedUsd: 0 };
  const promptUsd = costOf(prompt, price);
  const { output } = ratesFor(prompt, price);
  const spentUsd = {
    maxRunCostUsd: run.costUsd,
    maxSessionCostUsd: sessionUsd + run.costUsd,
    maxDayCostUsd: todayUsd,
  };
  const byMoney = moneyLimits.map((limit) => ({
    limit,
    answerTokens: tokensFor(brakes[limit] - spentUsd[limit] - promptUsd, output),
  }));
  const lowest = byMoney.reduce<Omit<Allowance, "expectedUsd">>(
    (least, one) => (one.answerTokens < least.answerTokens ? one : least),
    byTokens,
  );
  const expectedTokens = Math.min(lowest.answerTokens, EXPECTED_ANSWER_TOKENS);
  return { ...lowest, expectedUsd: promptUsd + (expectedTokens * output) / 1_000_000 };
}

/** How many tokens an amount pays for at so many dollars a million. What is no number pays for none. */
function tokensFor(leftUsd: number, rate: number): number {
  if (!(leftUsd >= 0)) return 0;
  return rate === 0 ? Infinity : Math.floor((leftUsd * 1_000_000) / rate);
}

/** The next prompt is not smaller than the one before, as the server counted it; what was in its cache mostly still is. */
function estimatePrompt(tokens: number, latest: Usage): Usage {
  const inCache = latest.cacheReadTokens + latest.cacheWriteTokens;
  const inputTokens = Math.max(tokens - inCache, latest.inputTokens);
  return { inputTokens, outputTokens: 0, cacheReadTokens: inCache, cacheWriteTokens: 0 };
}

/** How a run ends that a limit allows no more, and which one it was. */
export function limitReached(limit: BudgetLimit, brakes: Brakes): Pick<RunEnding, "outcome" | "error"> {
  const message = `This would go beyond what may be spent: ${brakes[limit]} ${units[limit]} (${limit}).`;
  const retryable = limit === "maxDayCostUsd";
  return { outcome: "budget", error: { code: errorCodes.BUDGET_REACHED, message, retryable } };
}
