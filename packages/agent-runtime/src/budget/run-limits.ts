import type { ModelToolCall, RunOutcome } from "@mini-openclaw/protocol";
import { checkAmount, checkCount } from "../shared/check-options.ts";
import { repeatsOf, type Spending } from "./spending.ts";

/**
 * What ends a run that would not end by itself. Those of a run are on; each is checked before what it limits is spent.
 */
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
  /** The same of a session, by `sessionCostUsd` of the runs' input and what the run adds to it. Outcome `budget`. */
  maxSessionCostUsd: number;
  /**
   * The same of a day (UTC) and of all runs of this agent together, those that go on at once included: a request counts with
   * its prompt and with an answer of 8,192 tokens until it is over. Begins with `spentTodayUsd`. Outcome `budget`.
   */
  maxDayCostUsd: number;
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
  // A session may last for years, and a day has as many users as there are: no number would fit.
  maxSessionCostUsd: Infinity,
  maxDayCostUsd: Infinity,
  // Chosen: a model that polls gets three chances to see that nothing changes.
  maxRepeatedCalls: 3,
  // Chosen: 30 minutes.
  maxRunMs: 1_800_000,
};

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
  const names = Object.keys(defaultBrakes) as (keyof Brakes)[];
  const checked = names.map((name) => {
    const check = name.endsWith("Usd") ? checkAmount : checkCount;
    return [name, check(name, options[name] ?? defaultBrakes[name])];
  });
  return Object.fromEntries(checked) as Brakes;
}
