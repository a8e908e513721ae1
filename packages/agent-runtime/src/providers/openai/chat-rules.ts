import { allowedTokens, hasNoRoom, roomIn, sharesWindow, withRoom } from "../errors/answer-room.ts";
import { refusalOf } from "../errors/refusals.ts";
import { MAX_TOKENS } from "../http/answer-limit.ts";

/**
 * The rules of a server of Chat Completions. Servers differ, and name a rule only when they refuse
 * a request.
 */
export interface ChatRules {
  /** The name of the limit of an answer's tokens. */
  tokenField: "max_tokens" | "max_completion_tokens";
  /** The highest limit that the server accepts. */
  maxTokens: number;
  /** From this limit on, a budget's limit is not sent: the server has no room for it. */
  tooManyTokens: number;
  /** The tokens that are left for the answer to this request. */
  room: number;
  /** Thinking that goes back: that of the same model, some with every call, or none. */
  reasoning: "own" | "required" | "none";
  /** The length of call ids, where the server wants one. */
  callIdChars: number | undefined;
  /** True where calls that the server did not sign need a stand-in for its signature. */
  signsCalls: boolean;
  /** Fields of the body that the server refuses. */
  refusedFields: ReadonlySet<string>;
}

/** Returns what is known of a server by its address and its model, before it was asked. */
export function rulesFor(baseURL: string, model: string): ChatRules {
  const { hostname } = new URL(baseURL);
  return {
    // OpenAI itself has renamed the field, and refuses the old name for its newer models. Others
    // know only the old one.
    tokenField: hostname === "api.openai.com" ? "max_completion_tokens" : "max_tokens",
    maxTokens: Infinity,
    tooManyTokens: MAX_TOKENS,
    room: Infinity,
    reasoning:
      /(^|\.)(deepseek\.com|moonshot\.(cn|ai)|kimi\.com)$/.test(hostname) && !/chat|v3/.test(model)
        ? "required"
        : "own",
    callIdChars: /(^|\.)mistral\.ai$/.test(hostname) ? 9 : undefined,
    signsCalls: false,
    refusedFields: new Set(),
  };
}

/** Fields that we send on our own, and can do without. */
const optionalFields = ["stream_options", "tool_choice"];

/**
 * Returns the rules with what a refused request teaches, `undefined` where it teaches nothing new.
 * `budgetTokens` is the limit of the answer that was sent for the budget alone. Pure.
 *
 * Sources:
 * - OpenAI's `max_tokens` and `max_completion_tokens`: BerriAI/litellm#34569
 * - DeepSeek's thinking mode: api-docs.deepseek.com, thinking mode
 * - Kimi: charmbracelet/crush#2696
 * - ids of nine characters: mistralai/client-js, "must be a-z, A-Z, 0-9, with a length of 9"
 */
export function learnRules(error: unknown, rules: ChatRules, budgetTokens?: number): ChatRules | undefined {
  const reason = refusalOf(error)?.message;
  if (reason === undefined) return undefined;
  if (budgetTokens !== undefined && hasNoRoom(reason)) return { ...rules, tooManyTokens: budgetTokens };
  if (roomIn(reason) !== undefined) return withRoom(reason, rules);
  const changes = lessons.flatMap((lesson) => lesson(reason, rules) ?? []);
  const learned: ChatRules = Object.assign({ ...rules }, ...changes);
  return changes.length > 0 ? learned : undefined;
}

type Lesson = (reason: string, rules: ChatRules) => Partial<ChatRules> | undefined;

const refused =
  /unsupported|not supported|unrecognized|unknown|unexpected|extra|forbidden|not permitted|not allowed|invalid|deprecated|does not support/i;

const lessons: readonly Lesson[] = [
  (reason, { tokenField }) => {
    const other = tokenField === "max_tokens" ? "max_completion_tokens" : "max_tokens";
    const isNamed =
      tokenField === "max_tokens"
        ? /max_completion_tokens/.test(reason)
        : refused.test(reason) && /max_completion_tokens/.test(reason);
    const isOfNumber = allowedTokens(reason) !== undefined || sharesWindow(reason);
    return isNamed && !isOfNumber ? { tokenField: other } : undefined;
  },
  (reason, { maxTokens }) => {
    const allowed = allowedTokens(reason);
    return allowed !== undefined && allowed < maxTokens ? { maxTokens: allowed } : undefined;
  },
  (reason, { reasoning }) => {
    if (!/reasoning[ _]?content|reasoning_details|\breasoning\b|thinking mode/i.test(reason))
      return undefined;
    const isWanted = /passed back|must be (?:passed|provided|included)|missing|required/i.test(reason);
    if (isWanted) return reasoning === "required" ? undefined : { reasoning: "required" };
    return refused.test(reason) && reasoning !== "none" && !/reasoning_effort/.test(reason)
      ? { reasoning: "none" }
      : undefined;
  },
  (reason, { callIdChars }) => {
    const length = Number(/call.?id.*length of (\d+)/i.exec(reason)?.[1]);
    return length > 0 && length <= 64 && callIdChars !== length ? { callIdChars: length } : undefined;
  },
  (reason, { signsCalls }) =>
    /thought_signature/.test(reason) && !signsCalls ? { signsCalls: true } : undefined,
  (reason, { refusedFields }) => {
    const field = optionalFields.find((name) => reason.includes(name) && !refusedFields.has(name));
    return field && refused.test(reason) ? { refusedFields: new Set([...refusedFields, field]) } : undefined;
  },
];
