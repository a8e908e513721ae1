import type { Message } from "@mini-openclaw/protocol";
import { estimateMessages } from "../budget/estimate-tokens.ts";
import { buildContext } from "../context/context.ts";
import type { RunSettings } from "./run-settings.ts";

type Limits = Pick<RunSettings, "maxContextMessages" | "compactAtShare" | "contextWindow" | "providers">;

/**
 * The most messages that a run is given, whatever its limits are: more cost more than a summary is
 * worth.
 */
const MAX_NEEDED_MESSAGES = 1000;

/**
 * Returns true if there is something to sum up, and what a model would be shown is more than the
 * share allows. Tokens count. Messages count too where the agent limits them.
 */
export function isCompactionDue(messages: readonly Message[], sessionId: string, limits: Limits): boolean {
  const { maxContextMessages, contextWindow, providers, compactAtShare: share } = limits;
  if (share === undefined) return false;
  const { earlier, all } = splitAtQuestion(messages);
  if (!earlier.some(({ role }) => role === "user" || role === "assistant")) return false;
  const maxTokens = contextWindow.limitFor(providers[0].model, sessionId);
  return all.length > share * maxContextMessages || estimateMessages(all) > share * maxTokens;
}

/**
 * Returns what a model would be shown without limits, and the part of it before the newest user
 * message.
 */
export function splitAtQuestion(messages: readonly Message[]): { earlier: Message[]; all: Message[] } {
  const all = buildContext(messages, Infinity);
  const question = all.findLastIndex(({ role }) => role === "user");
  return { earlier: all.slice(0, Math.max(0, question)), all };
}

/**
 * Returns how many of a session's newest messages a run needs: those that it shows, or, where it
 * sums up, those that can have come since the last summary.
 */
export function neededMessages({
  maxContextMessages,
  compactAtShare,
  maxToolCalls,
  maxToolRounds,
}: Pick<RunSettings, "maxContextMessages" | "compactAtShare" | "maxToolCalls" | "maxToolRounds">): number {
  if (compactAtShare === undefined) return Math.min(maxContextMessages, MAX_NEEDED_MESSAGES);
  // Up to the share, none is made. Then one run comes: its question, its results, a message for
  // each round, its answer.
  const sinceSummary = Math.ceil(compactAtShare * maxContextMessages) + maxToolCalls + maxToolRounds + 3;
  return Math.min(Math.max(maxContextMessages, sinceSummary), MAX_NEEDED_MESSAGES);
}
