import type { AgentErrorCode } from "../../shared/errors.ts";
import { sharesWindow } from "./answer-room.ts";

/** The subject of a refusal, as far as the server's words name it. */
export type RefusedSubject = "content" | "model" | "account";

/** The meaning of an answer that is no turn. */
export interface Failure {
  code: AgentErrorCode;
  retryable: boolean;
  refused?: RefusedSubject;
}

const statusOfType: Record<string, number> = {
  invalid_request_error: 400,
  context_length_exceeded: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  billing_error: 402,
  insufficient_quota: 402,
  permission_error: 403,
  not_found_error: 404,
  model_not_found: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  timeout_error: 504,
  overloaded_error: 529,
  server_error: 500,
  tool_use_failed: 400,
};

/** Returns true for the type of an error that stands for a status. */
export function isKnownType(type: string): boolean {
  return Object.hasOwn(statusOfType, type);
}

/** Returns the status that an error's type stands for where the answer itself was a success. */
export function statusFor(status: number, type: string): number {
  if (status >= 400) return status;
  return isKnownType(type) ? (statusOfType[type] as number) : 500;
}

/**
 * Servers' words for a conversation that is longer than the window: Anthropic, OpenAI, vLLM,
 * SGLang, TGI, llama.cpp, LM Studio, Gemini, Mistral, Groq, xAI, Kimi, Qwen, GLM, MiniMax, Bedrock,
 * OpenRouter. `test/providers/classify.test.ts` has each of them.
 */
const overflow = new RegExp(
  [
    "context[ _-]?(?:length|window|size|limit)",
    "(?:prompt|input|request|conversation|messages?)(?: \\S+){0,3} (?:is|are|was) too (?:long|large)",
    "(?:prompt|input)(?: tokens)? too long",
    "(?:total|number of) tokens[^.]{0,40} exceeds? (?:the )?(?:model|max)",
    "max(?:imum)? (?:prompt|context|model|input|sequence) (?:length|tokens)",
    "(?:input|prompt) (?:token count|length|tokens)[^.]{0,60}(?:exceed|longer|larger|greater)",
    "(?:exceed|longer|larger|greater)[^.]{0,40}(?:token limit|max(?:imum)? length|number of tokens allowed|maximum model length)",
    "token count of \\d+ exceeds",
    "too many (?:input )?tokens",
    "reduce the length",
    "input length should be",
    "contains \\d+ tokens? too large",
    "inputs?`? (?:tokens? \\+|must have less than \\d+ tokens)",
    "input token count is \\d+ but",
    "string too long",
    "request too large",
    "tokens to keep from the initial prompt",
    "model_max_prompt_tokens",
    "上下文|输入.{0,6}(?:过长|超)",
  ].join("|"),
  "i",
);
/**
 * Servers' words for one request that is larger than what an account may ever send: OpenAI
 * (Aider-AI/aider#1880), Anthropic.
 */
const overAccount = /request too large|tokens must be reduced|long context requests/i;
/** Bedrock's "Too many tokens, please wait" is about a minute, not about the conversation. */
const throttled = /please wait|throttl/i;
/** An answer's limit that is higher than any may be, also without the conversation before it. */
const answerLimit =
  /number of output tokens|max_(?:completion_|output_)?tokens[`'"]?(?:: \d+)?[^.]{0,60}(?:at most|less than|not exceed|must be|too large|> \d+, which)/i;
const loads =
  /overloaded|temporarily unavailable|engine_overloaded|server is busy|no capacity|try again later/i;

/**
 * Servers' words for a conversation that their filter refuses: Azure, OpenAI, Anthropic, Qwen,
 * DeepSeek, Kimi, GLM, MiniMax, OpenRouter, xAI.
 */
const contentRefusal = new RegExp(
  [
    "content[_ -]?(?:filter|polic|moderation|management policy|safety)",
    "data_?inspection_?failed|inappropriate content|content exists risk|considered high risk",
    "responsible_?ai|new_sensitive|sensitive (?:content|information)|requires moderation",
    "(?:prompt|input|output|content)s? (?:\\S+ ){0,4}(?:flagged|blocked|violat)",
    "violat\\w* (?:\\S+ ){0,5}(?:polic|guideline)|safety (?:system|filter|reasons)",
    "不安全|敏感|违规",
  ].join("|"),
  "i",
);
/** Servers' words for an account that cannot pay: Anthropic, DeepSeek, OpenRouter, GLM, Qwen. */
const unpaid =
  /credit balance|insufficient[_ ](?:account )?(?:balance|credits?|funds)|more credits|余额不足|欠费|arrear/i;
const ofAccount = /account|organi[sz]ation|api key|suspended|deactivated/i;

/** Servers' words for a model that does not exist, or no longer, or that takes no tools. */
const modelRefusal =
  /\bmodel\b[^.]{0,80}(?:not exist|not found|decommissioned|deprecated|retired|no longer|not valid|shut down)|not a valid model\b|(?:no such|unknown|invalid) model\b(?! (?:input|length))|model_(?:not_found|decommissioned)|does not support tools|enable-auto-tool-choice|模型不存在/i;

/** Returns true if the words of an error promise that the server will answer later. */
export function promisesLater(reason: string): boolean {
  return loads.test(reason);
}

/** Returns the meaning of an answer that is no turn, by its status, its type and its words. */
export function classify(status: number, type: string, reason: string): Failure {
  const words = `${type} ${reason}`;
  if (isTooLong(status, words)) return { code: "MODEL_CONTEXT_EXCEEDED", retryable: false };
  const mayRefuse = [400, 403, 422, 451, 500].includes(status);
  if (mayRefuse && contentRefusal.test(words) && !ofAccount.test(reason)) {
    return { code: "MODEL_REJECTED", retryable: false, refused: "content" };
  }
  // A gateway may wrap an overload in another status.
  if (type === "overloaded_error" || status === 529 || status === 503) {
    return { code: "MODEL_OVERLOADED", retryable: true };
  }
  if (status === 429) return { code: "MODEL_RATE_LIMITED", retryable: type !== "insufficient_quota" };
  if (status === 402 || (status === 400 && unpaid.test(words))) {
    return { code: "MODEL_REJECTED", retryable: false, refused: "account" };
  }
  if (status === 401 || status === 403) return { code: "MODEL_UNAUTHORIZED", retryable: false };
  if (status === 408 || status === 504 || status === 524) return { code: "MODEL_TIMEOUT", retryable: true };
  if (status === 409 || status === 425 || status >= 500) {
    return { code: loads.test(reason) ? "MODEL_OVERLOADED" : "MODEL_FAILED", retryable: true };
  }
  const isModel = status === 404 || status === 410 || modelRefusal.test(words);
  return { code: "MODEL_REJECTED", retryable: false, ...(isModel && { refused: "model" }) };
}

function isTooLong(status: number, words: string): boolean {
  if (status === 413) return true;
  if (status === 429) return overAccount.test(words);
  if (![400, 422, 500].includes(status) || throttled.test(words)) return false;
  return overflow.test(words) && (sharesWindow(words) || !answerLimit.test(words));
}
