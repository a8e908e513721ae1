import {
  addUsage,
  type BegunTurn,
  errorCodes,
  noUsage,
  type RunEnding,
  type Usage,
} from "@mini-openclaw/protocol";
import { untilAborted } from "../shared/child-signal.ts";
import type { DailySpend } from "./daily-spend.ts";
import { costOf, type ModelPrice, type Prices, priceOf, ratesFor } from "./prices.ts";
import type { RunLimits } from "./run-limits.ts";
import { addModelCall, nothingSpent, type Spending, totalOf, totalTokens } from "./spending.ts";

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
 * Tokens of an answer that count as spent today until it is there, or fewer where it may not have
 * so many. To count all that it may have would leave runs beside it nothing.
 */
const EXPECTED_ANSWER_TOKENS = 8192;

/** The tokens and money that one request may cost, reserved until it is settled. */
export interface Reservation {
  readonly is: "reserved";
  /** Tokens that the answer may have. */
  readonly maxAnswerTokens: number;
  /** The limit that allows no more. */
  readonly limit: BudgetLimit;
  /**
   * Counts the usage of the request, estimated where its server reported none. `undefined`: its
   * server did not answer.
   */
  settle(usage: Usage | undefined): void;
}

/** The request may not be sent. */
export interface LimitReached {
  readonly is: "reached";
  readonly limit: BudgetLimit;
}

export interface BudgetOptions {
  limits: RunLimits;
  prices: Prices;
  dailySpend: DailySpend;
  /** Costs of the session's earlier runs. */
  sessionCostUsd: number;
  /** The budget of the run whose sub-agent this run is. It pays too. */
  parent?: Budget | undefined;
}

/** The tokens and the money of one run: what it has spent, and what the limits leave it. */
export class Budget {
  readonly #options: BudgetOptions;
  /** Requests of sub-agents that are not settled. */
  readonly #underWay = new Set<Expected>();
  #spending: Spending = nothingSpent;

  constructor(options: BudgetOptions) {
    this.#options = options;
  }

  /**
   * Counts what other processes spent today, if costs are shared. Rejects if theirs are not known,
   * or with the signal's reason.
   */
  async refresh(signal: AbortSignal): Promise<void> {
    const shared = this.#options.dailySpend.share();
    if (shared) await untilAborted(shared, signal);
  }

  /** Reserves what may be spent on one more request. Every reservation must be settled. */
  reserve(model: string, promptTokens: number): Reservation | LimitReached {
    const { prices, dailySpend } = this.#options;
    const price = priceOf(model, prices);
    const payers = this.#payers();
    const { answerTokens, limit, expected } = payers
      .map((payer) => payer.#allow({ tokens: promptTokens, price }, this.#spending.latest))
      .reduce((least, one) => (one.answerTokens < least.answerTokens ? one : least));
    if (answerTokens === 0) return { is: "reached", limit };
    const settleDay = dailySpend.reserve(expected.usd);
    const parents = payers.slice(1);
    for (const parent of parents) parent.#underWay.add(expected);
    let isSettled = false;
    return {
      is: "reserved",
      maxAnswerTokens: answerTokens,
      limit,
      settle: (usage) => {
        if (isSettled) return;
        isSettled = true;
        settleDay(usage && price ? costOf(usage, price) : 0);
        for (const parent of parents) parent.#underWay.delete(expected);
        if (!usage) return;
        this.#spending = addModelCall(this.#spending, usage, price);
        for (const parent of parents) parent.#addOfTask(usage, price);
      },
    };
  }

  /** Returns this budget, and those of the runs above it. */
  #payers(): [Budget, ...Budget[]] {
    const { parent } = this.#options;
    return [this, ...(parent ? parent.#payers() : [])];
  }

  /** `latest` is the usage of the asking run's request before. */
  #allow(request: Request, latest: Usage): Allowance {
    const { dailySpend, limits, sessionCostUsd } = this.#options;
    let { usage, costUsd } = this.#spending;
    for (const { tokens, usd } of this.#underWay) {
      usage = addUsage(usage, { ...noUsage, inputTokens: tokens });
      costUsd += usd;
    }
    const run = { ...this.#spending, usage, costUsd, latest };
    const spent = { run, sessionUsd: sessionCostUsd, todayUsd: dailySpend.todayUsd() };
    return allowanceOf(request, spent, limits);
  }

  /** Counts a request of a sub-agent. The size of this run's next prompt does not depend on it. */
  #addOfTask(usage: Usage, price: ModelPrice | undefined): void {
    const { latest } = this.#spending;
    this.#spending = { ...addModelCall(this.#spending, usage, price), latest };
  }

  /** Returns true if one more request to the model may be sent. */
  allows(model: string, promptTokens: number): boolean {
    const reservation = this.reserve(model, promptTokens);
    if (reservation.is === "reached") return false;
    reservation.settle(undefined);
    return true;
  }

  /** Returns the cost of a part of a request, for the event that records it. */
  costOf(model: string, usage: Usage): BegunTurn {
    const price = priceOf(model, this.#options.prices);
    return price ? { usage, costUsd: costOf(usage, price) } : { usage };
  }

  /** Forgets the latest request, because the next one has little in common with it. */
  forgetLatest(): void {
    this.#spending = { ...this.#spending, latest: noUsage };
  }

  /** Returns the totals for a run's end. */
  total(): { usage: Usage; costUsd?: number } {
    return totalOf(this.#spending);
  }
}

interface Allowance {
  /** Tokens that an answer may have. 0: the request may not be sent. */
  answerTokens: number;
  limit: BudgetLimit;
  expected: Expected;
}

/** A request that is about to be sent. */
interface Request {
  tokens: number;
  price: ModelPrice | undefined;
}

/** The most that a request is expected to cost. */
interface Expected {
  tokens: number;
  /** In US dollars, or 0 where its price is not known. */
  usd: number;
}

/** Pure: what the lowest of all limits leaves for a request. */
function allowanceOf(
  { tokens, price }: Request,
  { run, sessionUsd, todayUsd }: { run: Spending; sessionUsd: number; todayUsd: number },
  limits: RunLimits,
): Allowance {
  const prompt = estimatePrompt(tokens, run.latest);
  const leftTokens = limits.maxRunTokens - totalTokens(run.usage) - totalTokens(prompt);
  const byTokens = { limit: "maxRunTokens" as const, answerTokens: Math.max(0, leftTokens) };
  const promptTokens = totalTokens(prompt);
  if (!price) {
    const expectedTokens = promptTokens + Math.min(byTokens.answerTokens, EXPECTED_ANSWER_TOKENS);
    return { ...byTokens, expected: { tokens: expectedTokens, usd: 0 } };
  }
  const promptUsd = costOf(prompt, price);
  const { output } = ratesFor(prompt, price);
  const spentUsd = {
    maxRunCostUsd: run.costUsd,
    maxSessionCostUsd: sessionUsd + run.costUsd,
    maxDayCostUsd: todayUsd,
  };
  const byMoney = moneyLimits.map((limit) => ({
    limit,
    answerTokens: tokensFor(limits[limit] - spentUsd[limit] - promptUsd, output),
  }));
  const lowest = byMoney.reduce<Omit<Allowance, "expected">>(
    (least, one) => (one.answerTokens < least.answerTokens ? one : least),
    byTokens,
  );
  const expectedTokens = Math.min(lowest.answerTokens, EXPECTED_ANSWER_TOKENS);
  const usd = promptUsd + (expectedTokens * output) / 1_000_000;
  return { ...lowest, expected: { tokens: promptTokens + expectedTokens, usd } };
}

/**
 * Returns how many tokens an amount pays for at so many dollars a million. An amount that is no
 * number pays for none.
 */
function tokensFor(leftUsd: number, rate: number): number {
  if (!(leftUsd >= 0)) return 0;
  return rate === 0 ? Infinity : Math.floor((leftUsd * 1_000_000) / rate);
}

/**
 * The next prompt is not smaller than the one before, as its server counted it. What was in the
 * cache mostly still is.
 */
function estimatePrompt(tokens: number, latest: Usage): Usage {
  const inCache = latest.cacheReadTokens + latest.cacheWriteTokens;
  const inputTokens = Math.max(tokens - inCache, latest.inputTokens);
  return { inputTokens, outputTokens: 0, cacheReadTokens: inCache, cacheWriteTokens: 0 };
}

/** Returns the ending of a run that a limit allows no more. The error names the limit. */
export function limitReached(limit: BudgetLimit, limits: RunLimits): Pick<RunEnding, "outcome" | "error"> {
  const message = `This would go beyond what may be spent: ${limits[limit]} ${units[limit]} (${limit}).`;
  const retryable = limit === "maxDayCostUsd";
  return { outcome: "budget", error: { code: errorCodes.BUDGET_REACHED, message, retryable } };
}
