import {
  type AgentInput,
  beginRun,
  closeRun,
  errorCodes,
  type Message,
  type ModelToolCall,
  nextRun,
  type RunEnding,
  type RunEvent,
  type RunOutcome,
} from "@mini-openclaw/protocol";
import { Budget, limitReached } from "../budget/budget.ts";
import { priceOf } from "../budget/prices.ts";
import { buildContext } from "../context/context.ts";
import { RunContext } from "../context/run-context.ts";
import { checkModelOptions, invalidOption } from "../shared/check-options.ts";
import { untilAborted } from "../shared/child-signal.ts";
import { type Emit, emitEvents } from "../shared/emit-events.ts";
import { fieldOf, swallowRejection } from "../shared/errors.ts";
import { callTools } from "../tool-calls/call-tools.ts";
import { askTurn } from "./ask-turn.ts";
import { CallIds } from "./call-ids.ts";
import { compactIfDue } from "./compact.ts";
import { LoopGuard } from "./loop-guard.ts";
import { startDeadline, toEnding } from "./run-deadline.ts";
import type { RunSettings } from "./run-settings.ts";
import type { Run, Turn } from "./stream-turn.ts";
import {
  continueNote,
  executableCalls,
  hasText,
  isCut,
  modelTools,
  offeredTools,
  type ToolUse,
  toFields,
  toModelRequest,
  withUniqueCallIds,
} from "./turn-state.ts";

type Ending = Pick<RunEnding, "outcome" | "error">;

/**
 * Turns of one run in which the model continues an answer that was cut, or answers after an empty
 * turn.
 */
const MAX_CONTINUATIONS = 1;

/** Turns in which the model may only answer. In the last of them it is offered no tools. */
const MAX_CLOSING_TURNS = 2;

/**
 * Returns the events of one run: `run_start` first, `message_done` and exactly one `run_end` last.
 * Between them, each turn has its chunks, one `assistant_message` and its tool calls. Never throws:
 * a failure becomes the outcome.
 */
export function runLoop(
  input: AgentInput,
  settings: RunSettings,
): AsyncIterableIterator<RunEvent, void, void> {
  return emitEvents((emit, left) => emitRun(input, settings, emit, left));
}

async function emitRun(
  input: AgentInput,
  settings: RunSettings,
  emitEvent: Emit<RunEvent>,
  left: AbortSignal,
): Promise<void> {
  const { runId, sessionCostUsd = 0, parentRunId } = input;
  const { prices, dailySpend, budgets, createId, now } = settings;
  const deadline = startDeadline([input.signal, left], settings.maxRunMs);
  const { signal } = deadline;
  const parent = parentRunId === undefined ? undefined : budgets.get(parentRunId);
  const budget = new Budget({ limits: settings, prices, dailySpend, sessionCostUsd, parent });
  budgets.set(runId, budget);
  let progress = beginRun(runId);
  const emit: Emit<RunEvent> = (event) => {
    progress = nextRun(progress, event);
    return emitEvent(event);
  };
  const { remainingMs } = deadline;
  let ending: Ending;
  try {
    ending = await runTurns({ input, runId, signal, remainingMs, budget, emit, modelIndex: 0 }, settings);
  } catch (error) {
    ending = toEnding(error, signal);
    if (ending.outcome === "failed") settings.onError(error);
  } finally {
    deadline.dispose();
    budgets.delete(runId);
  }
  const end = { ...ending, ...budget.total(), createId, timestamp: now() };
  for (const event of closeRun(progress, end)) await emitEvent(event);
}

/** The loop itself: ask the model, run the tools it asks for, until it asks for none. */
async function runTurns(run: Run, settings: RunSettings): Promise<Ending> {
  const { input, signal, runId, emit } = run;
  await emit({ type: "run_start", runId, timestamp: settings.now() });
  signal.throwIfAborted();
  checkModelOptions(input.options);
  const conversation = await compactIfDue(run, settings);
  const { maxContextMessages, windowStarts } = settings;
  const start = windowStarts.move(input.sessionId, conversation);
  const context = new RunContext(buildContext(conversation, maxContextMessages, start));
  // One run, one prompt: what stands before a model's thinking must stay as it was.
  const tools = offeredTools(settings.tools, input);
  const offered = modelTools(tools);
  const { system } = await untilAborted(settings.readPrompt({ ...input, tools }), signal);
  const guard = new LoopGuard(settings);
  const closing = new Closing();
  let continuations = 0;
  for (let rounds = 0; ; ) {
    if (rounds >= settings.maxToolRounds) closing.begin("max_rounds");
    const messageId = settings.createId();
    const request = (maxTokens: number) => {
      const { messages, thinkingFrom } = context.fit(maxTokens);
      return toModelRequest(system, messages, offered, closing.toolUse, thinkingFrom);
    };
    const callIds = new CallIds(context.messages, settings.createId);
    const answer = await askTurn(request, { messageId, callIds, emit }, run, settings);
    if ("is" in answer) return limitReached(answer.limit, settings);
    const turn = withUniqueCallIds(answer, callIds);
    const fields = toFields(turn, priceOf(turn.model, settings.prices), settings.now());
    await emit({ type: "assistant_message", runId, id: messageId, ...fields });
    if (hasText(turn) || turn.toolCalls.length > 0) context.add({ role: "assistant", ...fields });

    if (turn.cutBy) return limitReached(turn.cutBy, settings);
    if (turn.stopReason === "refusal") return refused(turn);
    if (turn.toolCalls.length === 0) {
      // `pause_turn`: the model's server asks to be sent the turn back, to go on with it.
      if (turn.stopReason === "pause_turn" && !closing.outcome) {
        rounds += 1;
        continue;
      }
      if (isCut(turn) || !hasText(turn)) {
        if (continuations === MAX_CONTINUATIONS) return incomplete(turn, closing.outcome);
        continuations += 1;
        context.add(note(continueNote(turn)));
        continue;
      }
      if (closing.outcome) return { outcome: closing.outcome };
      if (!(await takeSteering(run, context, settings))) return { outcome: "completed" };
      context.endAnswer();
      continue;
    }
    if (closing.outcome && closing.isOver(turn)) return { outcome: closing.outcome };
    const calls = guard.refuseRepeated(executableCalls(turn));
    if (guard.isLooping) closing.begin("loop_detected");
    if (!guard.hasCallsLeft(turn.toolCalls)) closing.begin("budget");
    const allowed = closing.outcome ? calls.map(refuseCall) : calls;
    const { sessionId, decision, startTask } = input;
    const calling = { ...settings, tools, sessionId, runId, signal, decision, startTask };
    const results = await callTools(allowed, calling, emit);
    signal.throwIfAborted();
    rounds += 1;
    guard.add(allowed, results);
    context.add(...results);
    await takeSteering(run, context, settings);
  }
}

/** The last turns of a run, in which the model may only answer. */
class Closing {
  #outcome: RunOutcome | undefined;
  #turns = 0;

  /** The outcome that the run will have, or `undefined` before its last turns. */
  get outcome(): RunOutcome | undefined {
    return this.#outcome;
  }

  /** A server may not know that a model must not call tools: the second time, there are none. */
  get toolUse(): ToolUse {
    if (!this.#outcome) return "allowed";
    return this.#turns === 0 ? "refused" : "absent";
  }

  begin(outcome: RunOutcome): void {
    this.#outcome ??= outcome;
  }

  /**
   * Returns true if a turn with tool calls is the last one: it has words, or the model had its
   * chances.
   */
  isOver(turn: Turn): boolean {
    this.#turns += 1;
    return hasText(turn) || this.#turns >= MAX_CLOSING_TURNS;
  }
}

/** Adds what users wrote meanwhile to the run. Returns true if there was anything. */
async function takeSteering(
  { runId, input, emit }: Run,
  context: RunContext,
  { createId, onError }: RunSettings,
): Promise<boolean> {
  const steering = input.takeSteering?.() ?? [];
  if (!Array.isArray(steering)) {
    swallowRejection(steering, onError);
    throw invalidOption("takeSteering", "a function that returns an array of messages", steering);
  }
  for (const [index, message] of steering.entries()) {
    if (fieldOf(message, "role") === "user" && typeof fieldOf(message, "content") === "string") continue;
    swallowRejection(message, onError);
    throw invalidOption(`takeSteering()[${index}]`, "a message of a user with a text as `content`", message);
  }
  for (const message of steering) {
    const { role: _, ...fields } = message;
    await emit({ type: "user_message", runId, id: createId(), ...fields });
    context.add(message);
  }
  return steering.length > 0;
}

function refuseCall(call: ModelToolCall): ModelToolCall {
  return { ...call, refusal: call.refusal ?? "Not allowed: this run has no more tool calls." };
}

function note(content: string): Message {
  return { role: "system", content, timestamp: 0 };
}

function refused({ stopMessage }: Turn): Ending {
  if (stopMessage === undefined) return { outcome: "refused" };
  const message = `The model declined to answer: ${stopMessage}`;
  return { outcome: "refused", error: { code: errorCodes.MODEL_REJECTED, message, retryable: false } };
}

/** The ending of a run whose last turn was cut, or answered nothing. */
function incomplete(turn: Turn, outcome: RunOutcome | undefined): Ending {
  const code = errorCodes.ANSWER_CUT;
  if (!isCut(turn)) {
    const message = "The model gave no answer, also when it was asked again.";
    return { outcome: outcome ?? "failed", error: { code, message, retryable: true } };
  }
  const limit =
    turn.stopReason === "max_tokens"
      ? `its limit of ${turn.usage.outputTokens} tokens`
      : "the end of the model's context window";
  const message = `The answer was cut at ${limit}. Ask the model to go on.`;
  return { outcome: outcome ?? "budget", error: { code, message, retryable: true } };
}
