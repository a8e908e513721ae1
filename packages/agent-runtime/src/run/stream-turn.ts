import type {
  ModelCallOptions,
  ModelEvent,
  ModelProvider,
  ModelRequest,
  RunEvent,
  Usage,
} from "@mini-openclaw/protocol";
import type { Allowance, BudgetLimit } from "../budget/budget.ts";
import { createBill } from "../budget/usage-meter.ts";
import { followSignal } from "../shared/child-signal.ts";
import { AgentError } from "../shared/errors.ts";
import { sleep, startTimer } from "../shared/timers.ts";

/** How the model is asked, and asked again. */
export interface Asking {
  /** The model to ask, and those to turn to when it is overloaded, in this order. */
  providers: readonly [ModelProvider, ...ModelProvider[]];
  /** How often a turn that failed before it showed anything is tried again. */
  maxRetries: number;
  /** The first wait; each further one is twice as long, up to `retryMaxMs`. */
  retryBaseMs: number;
  /** The longest wait. A server that asks for more ends the run instead. */
  retryMaxMs: number;
  /** Silence of the model's server after which it is given up. */
  idleTimeoutMs: number;
  /** A number from 0 to 1; spreads the waits of many runs. */
  random: () => number;
}

export interface TurnPlace {
  runId: string;
  /** The id of the assistant entry to come. */
  messageId: string;
  signal: AbortSignal;
  /** Place among the providers of the one to ask first: that which gave the turn before. */
  firstModel: number;
  /** Roughly, of the request. */
  promptTokens: number;
  /** What may be spent on asking this model. */
  allowance: (model: string) => Allowance;
  /**
   * Told of each request before it is sent. What it gives is told once how that ended: the usage, estimated where the server
   * did not say it, or nothing if the server did not answer.
   */
  spend: (model: string, allowed: Allowance) => (usage: Usage | undefined) => void;
}

/** The complete turn, and the model that gave it. */
export type Turn = Extract<ModelEvent, { type: "turn" }> & {
  model: string;
  /** Among the providers. */
  modelPlace: number;
  /** The limit that cut it short, as no more could be paid for. */
  cutBy?: BudgetLimit;
};

/**
 * Streams one turn of the model: `chunk` and `thinking` as they come; returns the complete turn.
 *
 * A failure that may pass is tried again after a `retry` event, but never once something was shown, nor beyond what the run
 * may spend.
 *
 * @throws what the provider threw, or the signal's reason
 */
export async function* streamTurn(
  request: ModelRequest,
  { runId, messageId, signal, firstModel, promptTokens, allowance, spend }: TurnPlace,
  asking: Asking,
): AsyncGenerator<RunEvent, Turn> {
  const { providers } = asking;
  let moves = 0;
  const nextPlace = () => (firstModel + moves) % providers.length;
  for (let attempt = 1, failure: unknown; ; attempt += 1) {
    const modelPlace = nextPlace();
    const provider = providers[modelPlace] as ModelProvider;
    const allowed = allowance(provider.model);
    const { answerTokens: maxAnswerTokens } = allowed;
    // While this run waited, others have spent what it needs.
    if (maxAnswerTokens === 0) throw failure;
    const bill = createBill(promptTokens, spend(provider.model, allowed));
    let shown = false;
    try {
      for await (const event of readTurn(
        provider,
        request,
        { signal, maxAnswerTokens },
        asking.idleTimeoutMs,
      )) {
        bill.add(event);
        if (event.type === "turn") {
          const usage = bill.usage();
          const isCut = event.stopReason === "max_tokens" && usage.outputTokens >= maxAnswerTokens;
          const { model } = provider;
          return { ...event, usage, model, modelPlace, ...(isCut && { cutBy: allowed.limit }) };
        }
        if (event.type === "progress") continue;
        shown = true;
        const type = event.type === "text" ? "chunk" : "thinking";
        yield { type, runId, messageId, content: event.text };
      }
      throw new AgentError("MODEL_FAILED", "The model's stream ended without a turn.", { retryable: true });
    } catch (error) {
      bill.settle();
      if (shown || signal.aborted || !isPassing(error)) throw error;
      if (isBusy(error)) moves += 1;
      const isFresh = isBusy(error) && moves < providers.length;
      // To turn to a model that was not asked yet is not to try again.
      if (attempt > asking.maxRetries && !isFresh) throw error;
      if (allowance((providers[nextPlace()] as ModelProvider).model).answerTokens === 0) throw error;
      const delayMs = retryDelay(error, attempt, isFresh, asking);
      if (delayMs > asking.retryMaxMs) throw error;
      failure = error;
      yield { type: "retry", runId, attempt, delayMs, code: error.code };
      await sleep(delayMs, signal);
    } finally {
      bill.settle();
    }
  }
}

/** An error of a provider that says that the same request may succeed later. */
interface PassingError extends Error {
  code: string;
  retryable: true;
  retryAfterMs?: number;
}

function isPassing(error: unknown): error is PassingError {
  return error instanceof Error && "code" in error && "retryable" in error && error.retryable === true;
}

/** Whether another model would help more than another attempt. */
function isBusy({ code }: PassingError): boolean {
  return ["MODEL_OVERLOADED", "MODEL_RATE_LIMITED", "MODEL_TIMEOUT"].includes(code);
}

/** Pure but for `random`: milliseconds to wait before the next attempt. */
function retryDelay(
  { retryAfterMs }: { retryAfterMs?: number | undefined },
  attempt: number,
  hasFreshModel: boolean,
  { retryBaseMs, retryMaxMs, random }: Pick<Asking, "retryBaseMs" | "retryMaxMs" | "random">,
): number {
  if (hasFreshModel) return 0;
  if (retryAfterMs !== undefined) return retryAfterMs;
  const ceiling = Math.min(retryMaxMs, retryBaseMs * 2 ** (attempt - 1));
  // Half is certain, half is chance, so that runs that failed together do not come back together.
  return Math.round(ceiling * (0.5 + random() / 2));
}

/** The provider's events, cut off when the signal aborts or nothing comes for too long, whatever the provider does. */
async function* readTurn(
  provider: ModelProvider,
  request: ModelRequest,
  asking: ModelCallOptions,
  idleTimeoutMs: number,
): AsyncGenerator<ModelEvent> {
  const stop = followSignal(asking.signal);
  const events = provider.stream(request, { ...asking, signal: stop.signal })[Symbol.asyncIterator]();
  const idle = watchIdle(idleTimeoutMs, () => stop.abort(silence(idleTimeoutMs)));
  let isComplete = false;
  let cutOff: (reason: unknown) => void = () => {};
  stop.signal.addEventListener("abort", () => cutOff(stop.signal.reason), { once: true });
  try {
    while (!isComplete) {
      const step = await new Promise<IteratorResult<ModelEvent>>((resolve, reject) => {
        if (stop.signal.aborted) reject(stop.signal.reason);
        cutOff = reject;
        idle.start();
        events.next().then(resolve, reject);
      });
      idle.stop();
      if (step.done) return;
      isComplete = step.value.type === "turn";
      yield step.value;
    }
  } finally {
    idle.dispose();
    // After its turn the provider is left in peace, so that it can keep its connection.
    if (!isComplete) stop.abort(new Error("The turn was given up."));
    stop.dispose();
    // Not awaited: a provider that hangs would hang this too.
    events.return?.().catch(() => {});
  }
}

/** Acts when more than `idleTimeoutMs` pass between `start` and `stop`. One timer for all of them: events are many. */
function watchIdle(idleTimeoutMs: number, act: () => void) {
  let since: number | undefined;
  const check = () => {
    const leftMs = since === undefined ? idleTimeoutMs : since + idleTimeoutMs - performance.now();
    if (leftMs > 0) timer = startTimer(leftMs, check);
    else act();
  };
  let timer = startTimer(idleTimeoutMs, check);
  return {
    start: () => {
      since = performance.now();
    },
    stop: () => {
      since = undefined;
    },
    dispose: () => clearTimeout(timer),
  };
}

function silence(idleTimeoutMs: number): AgentError {
  return new AgentError("MODEL_TIMEOUT", `The model's server sent nothing for ${idleTimeoutMs} ms.`, {
    retryable: true,
  });
}
