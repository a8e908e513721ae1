import type { ModelToolCall, RunOutcome, ToolMessage, Usage } from "@mini-openclaw/protocol";
import { AgentError } from "./errors.ts";

/** What ends a run that would not end by itself. All are on; each is checked before what it limits is spent. */
export interface Brakes {
  /** Turns that may call tools. One more turn may only answer. Outcome `max_rounds`. */
  maxToolRounds: number;
  /** Tool calls of a run. Outcome `budget`. */
  maxToolCalls: number;
  /** Tokens of a run, in and out, cached ones included. Outcome `budget`. */
  maxRunTokens: number;
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
  // Chosen: a model that polls gets three chances to see that nothing changes.
  maxRepeatedCalls: 3,
  // Chosen: 30 minutes.
  maxRunMs: 1_800_000,
};

/** What a run has spent. */
export interface Spending {
  readonly usage: Usage;
  readonly toolCalls: number;
  /** Tokens of the latest request; the next one is not smaller. */
  readonly lastInputTokens: number;
  /** By call: its latest result, and how often in a row it gave that. */
  readonly repeats: ReadonlyMap<string, { readonly output: string; readonly count: number }>;
}

export const nothingSpent: Spending = {
  usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
  toolCalls: 0,
  lastInputTokens: 0,
  repeats: new Map(),
};

/** Pure: the spending after one more turn of the model. */
export function addTurn(spending: Spending, turn: Usage): Spending {
  const { usage } = spending;
  return {
    ...spending,
    lastInputTokens: turn.inputTokens + turn.cacheReadTokens + turn.cacheWriteTokens,
    usage: {
      inputTokens: usage.inputTokens + turn.inputTokens,
      outputTokens: usage.outputTokens + turn.outputTokens,
      cacheReadTokens: usage.cacheReadTokens + turn.cacheReadTokens,
      cacheWriteTokens: usage.cacheWriteTokens + turn.cacheWriteTokens,
    },
  };
}

/** Pure: the spending after the tool calls of one turn. */
export function addToolCalls(
  spending: Spending,
  calls: readonly ModelToolCall[],
  results: readonly ToolMessage[],
): Spending {
  const repeats = new Map(spending.repeats);
  const outputs = new Map(results.map(({ callId, content }) => [callId, content]));
  for (const call of calls) {
    const key = callKey(call);
    const output = outputs.get(call.callId) ?? "";
    const before = repeats.get(key);
    repeats.set(key, { output, count: before?.output === output ? before.count + 1 : 1 });
  }
  return { ...spending, repeats, toolCalls: spending.toolCalls + calls.length };
}

/** The outcome that ends the run instead of another request to the model, if any. */
export function stopBeforeModel(
  { usage, lastInputTokens }: Spending,
  brakes: Brakes,
): RunOutcome | undefined {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  const spent = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
  return spent + lastInputTokens >= brakes.maxRunTokens ? "budget" : undefined;
}

/** The outcome that ends the run instead of these tool calls, if any. */
export function stopBeforeTools(
  { toolCalls, repeats }: Spending,
  calls: readonly ModelToolCall[],
  brakes: Brakes,
): RunOutcome | undefined {
  if (toolCalls + calls.length > brakes.maxToolCalls) return "budget";
  const repeated = calls.some((call) => (repeats.get(callKey(call))?.count ?? 0) >= brakes.maxRepeatedCalls);
  return repeated ? "loop_detected" : undefined;
}

function callKey({ toolName, input, invalidInput }: ModelToolCall): string {
  return JSON.stringify([toolName, input, invalidInput]);
}

/**
 * The defaults with what the caller set.
 *
 * @throws AgentError `INVALID_OPTIONS`
 */
export function resolveBrakes(options: Partial<Brakes>): Brakes {
  const names = Object.keys(defaultBrakes) as (keyof Brakes)[];
  return Object.fromEntries(
    names.map((name) => [name, checkCount(name, options[name] ?? defaultBrakes[name])]),
  ) as unknown as Brakes;
}

/** @throws AgentError `INVALID_OPTIONS` */
export function checkCount(name: string, value: number): number {
  if ((Number.isInteger(value) && value >= 0) || value === Infinity) return value;
  throw new AgentError(
    "INVALID_OPTIONS",
    `${name} is ${value}: a whole number from 0 on is allowed, or Infinity.`,
  );
}
