import { filesOf, type Message, type ModelProvider, type ModelRequest } from "@mini-openclaw/protocol";
import type { LimitReached } from "../budget/budget.ts";
import { estimateMessages, estimateRequest } from "../budget/estimate-tokens.ts";
import type { ContextWindow } from "../context/context-window.ts";
import { AgentError, fieldOf } from "../shared/errors.ts";
import { type Answer, type ModelSettings, type Run, streamTurn, type Turn } from "./stream-turn.ts";

/** A request is made shorter at most so often. */
const MAX_SHRINKS = 6;

/**
 * Streams one turn. Where the model's server refuses the conversation as too long, it is made
 * shorter and sent again.
 *
 * @throws what the provider threw, or the signal's reason
 */
export async function askTurn(
  toRequest: (maxTokens: number) => ModelRequest,
  answer: Answer,
  run: Run,
  settings: ModelSettings & { contextWindow: ContextWindow },
): Promise<Turn | LimitReached> {
  const { contextWindow, providers } = settings;
  const { sessionId } = run.input;
  const modelOf = () => (providers[run.modelIndex] as ModelProvider).model;
  let sentTokens = Infinity;
  for (let shrinks = 1; ; shrinks += 1) {
    const request = toRequest(contextWindow.limitFor(modelOf(), sessionId));
    const promptTokens = estimateRequest(request);
    const hasFiles = request.messages.some(sendsFiles);
    try {
      const turn = await streamTurn(request, promptTokens, answer, run, settings);
      if ("is" in turn) return turn;
      const { inputTokens, cacheReadTokens, cacheWriteTokens } = turn.usage;
      const counted = inputTokens + cacheReadTokens + cacheWriteTokens;
      if (!hasFiles) contextWindow.calibrate(turn.model, promptTokens, counted);
      return turn;
    } catch (error) {
      const messageTokens = estimateMessages(request.messages);
      const isShorter = messageTokens < sentTokens;
      const isOverflow = AgentError.is(error) && error.code === "MODEL_CONTEXT_EXCEEDED";
      if (!isOverflow || !isShorter || shrinks > MAX_SHRINKS || run.signal.aborted) throw error;
      sentTokens = messageTokens;
      const isOwn = hasFiles || fieldOf(error.cause, "status") === 413;
      contextWindow.shrink(modelOf(), messageTokens, { sessionId, isOwn });
      await answer.emit({ type: "retry", runId: run.runId, attempt: shrinks, delayMs: 0, code: error.code });
    }
  }
}

function sendsFiles(message: Message): boolean {
  return "blocks" in message && filesOf(message)?.some(({ data }) => data !== undefined) === true;
}
