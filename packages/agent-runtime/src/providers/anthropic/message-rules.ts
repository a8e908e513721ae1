import { allowedTokens, roomIn, withRoom } from "../errors/answer-room.ts";
import { refusalOf } from "../errors/refusals.ts";

/**
 * The rules of a server of the Messages API. Compatible servers differ, and name a rule only when
 * they refuse a request.
 */
export interface MessageRules {
  /** The highest limit of an answer's tokens that the server accepts. */
  maxTokens: number;
  /** The tokens that are left for the answer to this request. */
  room: number;
  /**
   * Which thinking goes back. `bound`: signed thinking within its run, unsigned thinking always.
   * `required`: some with every call. `none`: none.
   */
  thinking: "bound" | "required" | "none";
  /** True while requests ask for thinking although no option does. */
  asksForThinking: boolean;
}

export const initialRules: MessageRules = {
  maxTokens: Infinity,
  room: Infinity,
  thinking: "bound",
  asksForThinking: true,
};

/**
 * Returns the rules with what a refused request teaches, `undefined` where it teaches nothing new.
 * Pure.
 *
 * Sources:
 * - thinking without a signature: NousResearch/hermes-agent#22313
 * - DeepSeek's Messages API: api-docs.deepseek.com, thinking mode
 * - blocks that are bound: platform.claude.com, preserved thinking
 * - limits: "max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens"
 */
export function learnRules(error: unknown, rules: MessageRules): MessageRules | undefined {
  const reason = refusalOf(error)?.message;
  if (reason === undefined) return undefined;
  if (roomIn(reason) !== undefined) return withRoom(reason, rules);
  const allowed = allowedTokens(reason);
  if (allowed !== undefined && allowed < rules.maxTokens) return { ...rules, maxTokens: allowed };
  if (!/thinking|signature|adaptive|output_config/i.test(reason)) return undefined;
  const isWanted = /passed back|is missing|must be (?:passed|provided|included)/i.test(reason);
  if (isWanted && rules.thinking === "bound") return { ...rules, thinking: "required" };
  const isBound = /expected .?thinking|signature|bound to|cannot contain|cannot be modified/i.test(reason);
  if (isBound && rules.thinking !== "none") return { ...rules, thinking: "none" };
  return rules.asksForThinking ? { ...rules, asksForThinking: false } : undefined;
}
