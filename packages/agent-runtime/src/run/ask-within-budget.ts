import type { AgentInput, ModelProvider, ModelRequest, RunEnding, RunEvent } from "@mini-openclaw/protocol";
import { allowanceOf, limitReached } from "../budget/budget.ts";
import { estimateRequest } from "../budget/estimate-tokens.ts";
import { costOf, priceOf } from "../budget/prices.ts";
import { addModelCall, type Spending } from "../budget/spending.ts";
import type { RunSettings } from "./run-settings.ts";
import { streamTurn, type Turn } from "./stream-turn.ts";

/** A run while it goes on, and what it leaves behind, however it ends. */
export interface Run {
  readonly input: AgentInput;
  readonly signal: AbortSignal;
  spending: Spending;
  /** Place among the providers of the one that gave the latest turn. */
  modelPlace: number;
}

/**
 * Streams one turn of a run, unless the request would cost more than the run, its session or the day may: then it gives the
 * run's ending instead. All that is spent counts, also on attempts that failed.
 */
export async function* askWithinBudget(
  run: Run,
  request: ModelRequest,
  messageId: string,
  settings: RunSettings,
): AsyncGenerator<RunEvent, { turn: Turn } | { stopped: Pick<RunEnding, "outcome" | "error"> }> {
  const { providers, prices, dayLedger } = settings;
  const { model } = providers[run.modelPlace] as ModelProvider;
  const promptTokens = estimateRequest(request);
  const { signal, modelPlace: firstModel } = run;
  const { runId, sessionCostUsd = 0 } = run.input;
  const allowance = (asked: string) =>
    allowanceOf(
      { tokens: promptTokens, price: priceOf(asked, prices) },
      { run: run.spending, sessionUsd: sessionCostUsd, todayUsd: dayLedger.todayUsd() },
      settings,
    );
  const { answerTokens, limit } = allowance(model);
  if (answerTokens === 0) return { stopped: limitReached(limit, settings) };
  const turn = yield* streamTurn(
    request,
    {
      runId,
      messageId,
      signal,
      firstModel,
      promptTokens,
      allowance,
      spend(asked, { expectedUsd }) {
        const price = priceOf(asked, prices);
        const count = dayLedger.expect(expectedUsd);
        return (usage) => {
          count(usage && price ? costOf(usage, price) : 0);
          if (usage) run.spending = addModelCall(run.spending, usage, price);
        };
      },
    },
    settings,
  );
  run.modelPlace = turn.modelPlace;
  return { turn };
}
