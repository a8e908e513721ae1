import type {
  AgentInput,
  BegunTurn,
  ModelEvent,
  ModelProvider,
  ModelRequest,
  RunEvent,
  Usage,
} from "@mini-openclaw/protocol";
import type { Budget, BudgetLimit, LimitReached, Reservation } from "../budget/budget.ts";
import { UsageMeter } from "../budget/usage-meter.ts";
import type { Emit } from "../shared/emit-events.ts";
import { AgentError } from "../shared/errors.ts";
import { sleep } from "../shared/timers.ts";
import type { CallIds } from "./call-ids.ts";
import { readTurn } from "./read-turn.ts";
import { nextAttempt, type RetryPolicy } from "./retry-policy.ts";

/** The models of an agent, and how they are asked. */
export interface ModelSettings extends RetryPolicy {
  /** The model to ask, and those to turn to when it cannot answer, in this order. */
  providers: readonly [ModelProvider, ...ModelProvider[]];
  /** Silence of the model's server after which it is given up. */
  idleTimeoutMs: number;
}

/** A run in progress. */
export interface Run {
  readonly input: AgentInput;
  readonly runId: string;
  readonly signal: AbortSignal;
  readonly budget: Budget;
  readonly emit: Emit<RunEvent>;
  /** Returns the milliseconds until the run must end. */
  readonly remainingMs: () => number;
  /** Index of the provider that was asked last. The next turn begins with it. */
  modelIndex: number;
}

/** The answer that a turn streams. */
export interface Answer {
  readonly messageId: string;
  readonly callIds: CallIds;
  readonly emit: Emit<RunEvent>;
}

/** The complete turn, and the model that sent it. */
export type Turn = Extract<ModelEvent, { type: "turn" }> & {
  model: string;
  /** The limit that cut it short, because no more could be paid for. */
  cutBy?: BudgetLimit;
};

/**
 * Streams one turn of the model: emits `chunk`, `thinking` and `tool_input` as they come. Returns
 * the complete turn, or the limit that forbids it.
 *
 * For each attempt: reserve, stream, settle. A failure that may pass is tried again after a `retry`
 * event, but never once text was shown, nor beyond what the run may spend. `promptTokens` are the
 * estimated tokens of the request.
 *
 * @throws what the provider or the shared costs of the day threw, or the signal's reason
 */
export async function streamTurn(
  request: ModelRequest,
  promptTokens: number,
  answer: Answer,
  run: Run,
  settings: ModelSettings,
): Promise<Turn | LimitReached> {
  const { runId, signal, budget } = run;
  const { providers } = settings;
  const first = run.modelIndex;
  let failovers = 0;
  let asked = request;
  for (let count = 1, failure: unknown; ; count += 1) {
    run.modelIndex = (first + failovers) % providers.length;
    const provider = providers[run.modelIndex] as ModelProvider;
    await budget.refresh(signal);
    const reservation = budget.reserve(provider.model, promptTokens);
    if (reservation.is === "reached") {
      if (count === 1) return reservation;
      // While this run waited, others have spent what it needs.
      throw failure;
    }
    const attempt: Attempt = { provider, reservation, meter: new UsageMeter(promptTokens), hasText: false };
    try {
      const turn = await streamAttempt(asked, attempt, answer, run, settings);
      if (turn.stopReason !== "refusal" || attempt.hasText) return turn;
      if (failovers + 1 >= providers.length || !settings.fallbackOn.has("refused")) return turn;
      failovers += 1;
      await answer.emit({ type: "retry", runId, attempt: count, delayMs: 0, code: "MODEL_REJECTED" });
    } catch (error) {
      reservation.settle(attempt.meter.usage());
      if (attempt.hasText || signal.aborted) throw error;
      const attempts = { count, failovers, modelCount: providers.length, remainingMs: run.remainingMs() };
      const next = nextAttempt(error, attempts, settings);
      const { model } = providers[(first + (next?.failovers ?? 0)) % providers.length] as ModelProvider;
      if (!next || !budget.allows(model, promptTokens)) throw error;
      failovers = next.failovers;
      failure = error;
      asked = withNote(request, error);
      const { code } = error as AgentError;
      await answer.emit({ type: "retry", runId, attempt: count, delayMs: next.delayMs, code });
      await sleep(next.delayMs, signal);
    } finally {
      reservation.settle(attempt.meter.usage());
    }
  }
}

interface Attempt {
  readonly provider: ModelProvider;
  readonly reservation: Reservation;
  readonly meter: UsageMeter;
  /** True once text was shown. Thinking and inputs may be shown again. Text may not. */
  hasText: boolean;
}

/** Returns the fields of the first event of an attempt: the cost of the prompt. */
function costOfPrompt({ provider, meter }: Attempt, budget: Budget): BegunTurn {
  return budget.costOf(provider.model, meter.usage() as Usage);
}

async function streamAttempt(
  request: ModelRequest,
  attempt: Attempt,
  { messageId, callIds, emit }: Answer,
  { input, runId, signal, budget }: Run,
  { idleTimeoutMs }: ModelSettings,
): Promise<Turn> {
  callIds.restart();
  let isFirst = true;
  const { provider, meter, reservation } = attempt;
  const { maxAnswerTokens, limit } = reservation;

  /** Emits a piece of the answer. Returns no promise if it was taken at once. */
  function show(event: Piece): Promise<void> | undefined {
    meter.add(event);
    const begun = isFirst ? costOfPrompt(attempt, budget) : undefined;
    isFirst = false;
    if (event.type === "tool_input") {
      const { index, toolName, text: content } = event;
      const callId = callIds.idAt(index, event.callId);
      return emit({ type: "tool_input", runId, messageId, callId, toolName, content, ...begun });
    }
    if (event.type === "text") attempt.hasText = true;
    const type = event.type === "text" ? "chunk" : "thinking";
    if (begun) return emit({ type, runId, messageId, content: event.text, ...begun });
    // A literal costs a fraction of a spread.
    return emit({ type, runId, messageId, content: event.text });
  }

  const options = { ...input.options, signal, maxAnswerTokens };
  const turn = readTurn(provider, request, options, idleTimeoutMs, (event) => isPiece(event) && show(event));
  try {
    for (let event = await turn.next(); event; event = await turn.next()) {
      if (isPiece(event)) {
        await show(event);
        continue;
      }
      meter.add(event);
      if (event.type === "progress") continue;
      const usage = meter.usage() as Usage;
      const isCut = event.stopReason === "max_tokens" && usage.outputTokens >= maxAnswerTokens;
      return { ...event, usage, model: provider.model, ...(isCut && { cutBy: limit }) };
    }
  } finally {
    turn.close();
  }
  throw new AgentError("MODEL_FAILED", "The model's stream ended without a turn.", { retryable: true });
}

/** A piece of an answer, shown as it comes. */
type Piece = Exclude<ModelEvent, { type: "turn" | "progress" }>;

function isPiece(event: ModelEvent): event is Piece {
  return event.type !== "turn" && event.type !== "progress";
}

/** Returns the request with what the model must know of the attempt before. */
function withNote(request: ModelRequest, error: unknown): ModelRequest {
  const note = AgentError.is(error) ? error.noteForModel : undefined;
  if (note === undefined) return request;
  return { ...request, messages: [...request.messages, { role: "system", content: note, timestamp: 0 }] };
}
