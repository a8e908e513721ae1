import { checkAmount, checkCount } from "../shared/check-options.ts";

/**
 * Limits that end a run which would not end by itself. Each is checked before what it limits is
 * spent.
 */
export interface RunLimits {
  /** Turns that may call tools. One more turn may only answer. Outcome `max_rounds`. */
  maxToolRounds: number;
  /**
   * Tool calls of a run. The model gets a note, and one more turn may only answer. Outcome
   * `budget`.
   */
  maxToolCalls: number;
  /** Tokens of a run, in and out, cached ones included. Outcome `budget`. */
  maxRunTokens: number;
  /**
   * Costs of a run, in US dollars. Before each request its prompt's cost is estimated, and its
   * answer may have as many tokens as the rest pays for. A model whose price is not known is
   * limited by `maxRunTokens` alone. Outcome `budget`.
   */
  maxRunCostUsd: number;
  /**
   * Costs of a session: `sessionCostUsd` of the run's input, and what the run adds. Outcome
   * `budget`.
   */
  maxSessionCostUsd: number;
  /**
   * Costs of a day (UTC), of all runs of this agent together. A request counts with its prompt and
   * with an answer of 8,192 tokens until it is over. Begins with `spentTodayUsd`. Outcome `budget`.
   */
  maxDayCostUsd: number;
  /**
   * Calls in a row that may give the same result while nothing else changes. After that the
   * call is refused with a note. If the model repeats it again, the run ends with an answer.
   * Outcome `loop_detected`.
   */
  maxRepeatedCalls: number;
  /** Duration of a run in milliseconds, waiting included. Outcome `budget`. */
  maxRunMs: number;
}

export const defaultRunLimits: Readonly<RunLimits> = {
  // The tutorial's number.
  maxToolRounds: 10,
  // Ten calls in every round.
  maxToolCalls: 100,
  // Ten rounds on a context of 200,000 tokens that is nearly full.
  maxRunTokens: 2_000_000,
  // Twice what ten rounds on a nearly full context cost with claude-opus-5-5 and its cache.
  maxRunCostUsd: 5,
  // A session may last for years, and a day has as many users as there are: no number would fit.
  maxSessionCostUsd: Infinity,
  maxDayCostUsd: Infinity,
  // A model that polls gets three chances to notice that nothing changes.
  maxRepeatedCalls: 3,
  // 30 minutes.
  maxRunMs: 1_800_000,
};

/**
 * Returns the defaults with what the caller set.
 *
 * @throws AgentError `INVALID_OPTION`
 */
export function resolveRunLimits(options: Partial<RunLimits>): RunLimits {
  const names = Object.keys(defaultRunLimits) as (keyof RunLimits)[];
  const checked = names.map((name) => {
    const check = name.endsWith("Usd") ? checkAmount : checkCount;
    return [name, check(name, options[name] ?? defaultRunLimits[name])];
  });
  return Object.fromEntries(checked) as RunLimits;
}
