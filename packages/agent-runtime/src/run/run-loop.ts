import {
  type AgentInput,
  beginRun,
  closeRun,
  type Message,
  nextRun,
  type RunEnding,
  type RunEvent,
  type RunOutcome,
} from "@mini-openclaw/protocol";
import { limitReached } from "../budget/budget.ts";
import { priceOf } from "../budget/prices.ts";
import { hasCallsLeft, stopBeforeTools } from "../budget/run-limits.ts";
import { addToolCalls, nothingSpent, totalOf } from "../budget/spending.ts";
import { buildContext } from "../context/context.ts";
import { fitContext } from "../context/fit-context.ts";
import { NotAllowed } from "../tool-calls/approvals.ts";
import { callTools } from "../tool-calls/call-tools.ts";
import { askWithinBudget, type Run } from "./ask-within-budget.ts";
import { compactIfDue } from "./compact.ts";
import { startClock, toEnding } from "./run-deadline.ts";
import type { RunSettings } from "./run-settings.ts";
import type { Turn } from "./stream-turn.ts";
import { callableOf, toFields, toRequest, withOwnIds } from "./turn-state.ts";

type Ending = Pick<RunEnding, "outcome" | "error">;

/**
 * One run: `run_start` first; per turn its chunks, one `assistant_message`, its tool calls; `message_done` and exactly
 * one `run_end` last. Never throws: what goes wrong becomes the outcome.
 */
export async function* runLoop(input: AgentInput, settings: RunSettings): AsyncGenerator<RunEvent> {
  const clock = startClock(input.signal, settings.maxRunMs);
  const run: Run = { input, signal: clock.signal, spending: nothingSpent, modelPlace: 0 };
  let progress = beginRun(input.runId);
  let ending: Ending;
  const turns = runTurns(run, settings);
  try {
    for (;;) {
      const step = await turns.next();
      if (step.done) {
        ending = step.value;
        break;
      }
      progress = nextRun(progress, step.value);
      yield step.value;
    }
  } catch (error) {
    ending = toEnding(error, clock.signal);
    if (ending.outcome === "failed") settings.onError(error);
  } finally {
    clock.dispose();
    // Runs when the reader went away in the middle: closes the model's request and ends the tools.
    await turns.return({ outcome: "aborted" });
  }
  const { createId, now } = settings;
  yield* closeRun(progress, { ...ending, ...totalOf(run.spending), createId, timestamp: now() });
}

/** The loop itself: ask the model, run the tools it asks for, until it asks for none. */
async function* runTurns(run: Run, settings: RunSettings): AsyncGenerator<RunEvent, Ending> {
  const { input, signal } = run;
  const { sessionId, runId, decision } = input;
  yield { type: "run_start", runId, timestamp: settings.now() };
  signal.throwIfAborted();
  const conversation = yield* compactIfDue(run, settings);
  const { system } = await settings.readPrompt(input.sessionId);
  const messages = buildContext(conversation, settings.maxContextMessages);
  // Before a run, something always changes: memory, time, what is left out.
  let thinkingFrom = messages.length;
  // One run, one prompt: what stands before a model's thinking must stay as it was.
  const tools = new Map(settings.tools);
  // How the run ends once the model has been told to answer.
  let last: RunOutcome | undefined;
  for (let rounds = 0; ; ) {
    if (rounds >= settings.maxToolRounds) last ??= "max_rounds";
    const messageId = settings.createId();
    const context = fitContext(messages, settings.maxContextTokens);
    // Behind what was trimmed, no thinking stands behind what it was about.
    const from = context === messages ? thinkingFrom : context.length;
    const request = toRequest(system, context, tools, last === undefined, from);
    const answer = yield* askWithinBudget(run, request, messageId, settings);
    if ("stopped" in answer) return answer.stopped;
    const turn = withOwnIds(answer.turn, messages, settings.createId);
    const said = toFields(turn, priceOf(turn.model, settings.prices), settings.now());
    yield { type: "assistant_message", runId, id: messageId, ...said };
    messages.push({ role: "assistant", ...said });

    if (turn.cutBy) return limitReached(turn.cutBy, settings);
    const outcome = outcomeOf(turn, last) ?? stopBeforeTools(run.spending, turn.toolCalls, settings);
    if (outcome === "completed" && (yield* takeSteering(input, messages, settings))) {
      thinkingFrom = messages.length;
      continue;
    }
    if (outcome) return { outcome };
    if (!hasCallsLeft(run.spending, turn.toolCalls, settings)) last = "budget";
    const calling = { ...settings, tools, sessionId, runId, signal, decision, ...(last && noCallsLeft) };
    const results = yield* callTools(callableOf(turn), calling);
    signal.throwIfAborted();
    rounds += 1;
    run.spending = addToolCalls(run.spending, turn.toolCalls, results);
    messages.push(...results);
    yield* takeSteering(input, messages, settings);
  }
}

/** Lets what users said meanwhile into the run; says whether there was any. */
async function* takeSteering(
  { runId, takeSteering: take }: AgentInput,
  messages: Message[],
  { createId }: RunSettings,
): AsyncGenerator<RunEvent, boolean> {
  const steering = take?.() ?? [];
  for (const message of steering) {
    const { role: _, ...said } = message;
    yield { type: "user_message", runId, id: createId(), ...said };
    messages.push(message);
  }
  return steering.length > 0;
}

/** The calls of a turn that go beyond what a run may make: none is made, and the model is told. */
const noCallsLeft = {
  approval: (): never => {
    throw new NotAllowed("Not allowed: this run has no more tool calls.");
  },
};

/** How the run ends with this turn; `undefined` if it goes on. */
function outcomeOf({ stopReason, toolCalls }: Turn, last: RunOutcome | undefined): RunOutcome | undefined {
  if (stopReason === "refusal") return "refused";
  if (last) return last;
  // `pause_turn`: the model's server asks to be sent the turn back, to go on with it.
  return toolCalls.length > 0 || stopReason === "pause_turn" ? undefined : "completed";
}
