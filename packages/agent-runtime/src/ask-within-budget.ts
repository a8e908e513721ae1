import type { AgentInput, ModelProvider, ModelRequest, RunEvent, RunOutcome } from "@mini-openclaw/protocol";
import { affordableAnswer } from "./brakes.ts";
import { estimateRequest } from "./estimate-tokens.ts";
import { priceOf } from "./prices.ts";
import type { RunSettings } from "./run-settings.ts";
import { addModelCall, type Spending } from "./spending.ts";
import { streamTurn, type Turn } from "./turn.ts";

/** A run while it goes on, and what it leaves behind, however it ends. */
export interface Run {
  readonly input: AgentInput;
  readonly signal: AbortSignal;
  spending: Spending;
  /** Place among the providers of the one that gave the latest turn. */
  modelPlace: number;
}

/**
 * Streams one turn of a run, unless the run may not spend what the request costs: then it gives the outcome instead. All that
 * is spent counts, also on attempts that failed.
 */
export async function* askWithinBudget(
  run: Run,
  request: ModelRequest,
  messageId: string,
  settings: RunSettings,
): AsyncGenerator<RunEvent, { turn: Turn } | { stopped: RunOutcome }> {
  const { providers, prices } = settings;
  const { model } = providers[run.modelPlace] as ModelProvider;
  const promptTokens = estimateRequest(request);
  const affordable = (asked: string) =>
    affordableAnswer(run.spending, { tokens: promptTokens, price: priceOf(asked, prices) }, settings);
  if (affordable(model) === 0) return { stopped: "budget" };
  const { signal, modelPlace: firstModel } = run;
  const { runId } = run.input;
  const turn = yield* streamTurn(
    request,
    {
      runId,
      messageId,
      signal,
      firstModel,
      promptTokens,
      charge: (asked, usage) => {
        run.spending = addModelCall(run.spending, usage, priceOf(asked, prices));
      },
      affordable,
    },
    settings,
  );
  run.modelPlace = turn.modelPlace;
  return { turn };
}
