import { allowedTokens, hasNoRoom, roomIn, withRoom } from "../errors/answer-room.ts";
import { refusalOf } from "../errors/refusals.ts";
import { MAX_TOKENS } from "../http/answer-limit.ts";

/**
 * The rules of a server of the Responses API. Models differ, and name a rule only when they refuse.
 */
export interface ResponseRules {
  /** The highest limit of an answer's tokens that the server accepts. */
  maxTokens: number;
  /** From this limit on, a budget's limit is not sent: the model's window has no room for it. */
  tooManyTokens: number;
  /** The tokens that are left for the answer to this request. */
  room: number;
  /** True while requests ask for summaries of the reasoning. */
  asksForSummary: boolean;
  /** True while requests ask for reasoning items, and send them back. */
  asksForReasoning: boolean;
}

export const initialRules: ResponseRules = {
  maxTokens: Infinity,
  tooManyTokens: MAX_TOKENS,
  room: Infinity,
  asksForSummary: true,
  asksForReasoning: true,
};

/**
 * Returns the rules with what a refused request teaches, `undefined` where it teaches nothing new.
 * `budgetTokens` is the limit of the answer that was sent for the budget alone. Pure.
 *
 * Sources:
 * - platform.openai.com, reasoning guide: summaries need a verified organization, and encrypted
 *   content needs a reasoning model
 * - openai/codex#3841, "The encrypted content could not be verified"
 */
export function learnRules(
  error: unknown,
  rules: ResponseRules,
  budgetTokens?: number,
): ResponseRules | undefined {
  const reason = refusalOf(error)?.message;
  if (reason === undefined) return undefined;
  if (budgetTokens !== undefined && hasNoRoom(reason)) return { ...rules, tooManyTokens: budgetTokens };
  if (roomIn(reason) !== undefined) return withRoom(reason, rules);
  const allowed = allowedTokens(reason);
  if (allowed !== undefined && allowed < rules.maxTokens) return { ...rules, maxTokens: allowed };
  if (rules.asksForSummary && /summar|verified/i.test(reason)) return { ...rules, asksForSummary: false };
  const isAboutReasoning = /encrypted|reasoning/i.test(reason) && !/effort/i.test(reason);
  return rules.asksForReasoning && isAboutReasoning
    ? { ...rules, asksForReasoning: false, asksForSummary: false }
    : undefined;
}
