import { AgentError, type AgentErrorCode } from "../../shared/errors.ts";
import { toText } from "../convert/json.ts";
import { cleanText } from "./clean-text.ts";
import { reasonIn, textIn } from "./reason.ts";

/**
 * The error classes of an SDK. Those of Anthropic's and OpenAI's come from one generator, and are
 * alike.
 */
export interface Sdk {
  APIConnectionError: new (...parts: never[]) => Error;
  APIConnectionTimeoutError: new (...parts: never[]) => Error;
}

/** A server's own words beyond this many UTF-16 units are left out of an error's message. */
const MAX_REASON_CHARS = 300;

/** The cause of an error keeps more of them: rules are learned from it, and `onError` gets it. */
const MAX_CAUSE_CHARS = 2000;

/** More of a reason is not looked at. */
const MAX_READ_CHARS = 8192;

/** The cause of an error that a model's server answered: the cleaned text of the answer. */
export class ServerRefusal extends Error {
  override readonly name = "ServerRefusal";
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

/** Returns what the SDK or the stream threw, as an error with a code of the protocol. */
export function toAgentError(error: unknown, sdk: Sdk, secrets: readonly string[]): unknown {
  if (AgentError.is(error)) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  if (AgentError.is(cause)) return cause;
  if (error instanceof sdk.APIConnectionTimeoutError) {
    return new AgentError("MODEL_TIMEOUT", "The model's server did not answer in time.", {
      cause: cleanCause(error, secrets),
      retryable: true,
    });
  }
  return unreachable(error, secrets);
}

/** The connection could not be made, or broke. */
export function unreachable(cause: unknown, secrets: readonly string[] = []): AgentError {
  return new AgentError("MODEL_UNREACHABLE", "The connection to the model's server failed.", {
    cause: cleanCause(cause, secrets),
    retryable: true,
  });
}

/** A copy of an error, and of its causes, that quotes no secret. */
export function cleanCause(error: unknown, secrets: readonly string[], depth = 0): unknown {
  if (!(error instanceof Error)) return cleanText(String(error), secrets, MAX_CAUSE_CHARS);
  const inner =
    error.cause === undefined || depth > 3 ? undefined : cleanCause(error.cause, secrets, depth + 1);
  const copy = new Error(
    cleanText(error.message, secrets, MAX_CAUSE_CHARS),
    inner === undefined ? undefined : { cause: inner },
  );
  copy.name = error.name;
  return "code" in error && typeof error.code === "string" ? Object.assign(copy, { code: error.code }) : copy;
}

/** The answer of a model's server that is no turn. */
export interface FailedAnswer {
  status: number;
  headers?: Headers;
  /** The path of the request. */
  path?: string;
  body: string;
}

/** Returns the error for an answer that is no turn, with the server's own words in it. */
export function fromAnswer(answer: FailedAnswer, secrets: readonly string[]): AgentError {
  const { status, headers, path, body } = answer;
  const type = typeIn(body);
  const reason = reasonIn(body).slice(0, MAX_READ_CHARS);
  const asked = path ? `${status} to ${path}` : `${status}`;
  // A success that is no turn may be an error of any kind: asking again helps only where its words
  // promise that.
  const isUnknown = status < 400 && !Object.hasOwn(statusOfType, type) && !loads.test(reason);
  const error = toError(statusFor(status, type), type, reason, asked, retryAfter(headers), secrets);
  return isUnknown ? new AgentError(error.code, error.message, { cause: error.cause }) : error;
}

/** Returns the error for an event of a stream that reports a failure. */
export function fromStreamError(event: unknown, secrets: readonly string[]): AgentError {
  const { type, code } = detailsIn(event);
  const status = typeof code === "number" && code >= 400 && code < 600 ? code : statusFor(200, type);
  return toError(status, type, textIn(event) ?? (type || "an error"), undefined, undefined, secrets);
}

function toError(
  status: number,
  type: string,
  reason: string,
  asked: string | undefined,
  retryAfterMs: number | undefined,
  secrets: readonly string[],
): AgentError {
  const isFailedCall = type === "tool_use_failed" || /failed_generation|tool_use_failed/.test(reason);
  const [code, retryable] = isFailedCall ? (["MODEL_FAILED", true] as const) : classify(status, type, reason);
  const words = cleanText(reason, secrets, MAX_REASON_CHARS);
  const said = [asked, words].filter(Boolean).join(": ");
  return new AgentError(code, `The model's server answered ${said || "an error without a reason"}`, {
    cause: new ServerRefusal(status, cleanText(reason, secrets, MAX_CAUSE_CHARS)),
    retryable,
    ...(isFailedCall && { noteForModel: failedCallNote(words) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/**
 * Groq checks calls against their schema, and refuses the whole answer. Source: console.groq.com,
 * tool use.
 */
function failedCallNote(reason: string): string {
  return `Your last tool call was refused by the server, and was not run: ${reason} Call again with arguments that fit the tool's schema, or answer without a tool.`;
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

/** Returns the status that an error's type stands for where the answer itself was a success. */
function statusFor(status: number, type: string): number {
  if (status >= 400) return status;
  return Object.hasOwn(statusOfType, type) ? (statusOfType[type] as number) : 500;
}

function typeIn(body: string): string {
  try {
    return detailsIn(JSON.parse(body)).type;
  } catch {
    return "";
  }
}

/** Returns the type and the code of an error's JSON. */
function detailsIn(value: unknown): { type: string; code: unknown } {
  const outer = Array.isArray(value) ? (value[0] as unknown) : value;
  const fields = typeof outer === "object" && outer !== null ? (outer as Record<string, unknown>) : {};
  const inner = fields["error"];
  const { type, code } =
    typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : fields;
  const named = [code, type].find((one) => typeof one === "string" && Object.hasOwn(statusOfType, one));
  return { type: toText(named ?? type), code };
}

/**
 * Servers' words for a conversation that is longer than the window: Anthropic, OpenAI, vLLM,
 * SGLang, TGI, llama.cpp, LM Studio, Gemini, Mistral, Groq, xAI, Kimi, Qwen, GLM, MiniMax, Bedrock,
 * OpenRouter. The README's table of servers names the sources.
 */
const overflow = new RegExp(
  [
    "context[ _-]?(?:length|window|size|limit)",
    "(?:prompt|input|request|conversation|messages?)(?: \\S+){0,3} (?:is|are|was) too (?:long|large)",
    "(?:prompt|input) too long",
    "max(?:imum)? (?:prompt|context|model|input|sequence) (?:length|tokens)",
    "(?:input|prompt) (?:token count|length|tokens)[^.]{0,60}(?:exceed|longer|larger|greater)",
    "(?:exceed|longer|larger|greater)[^.]{0,40}(?:token limit|max(?:imum)? length|number of tokens allowed|maximum model length)",
    "token count of \\d+ exceeds",
    "too many (?:input )?tokens",
    "reduce the length",
    "input length should be",
    "contains \\d+ tokens? too large",
    "inputs? tokens? \\+",
    "request too large",
    "tokens to keep from the initial prompt",
    "model_max_prompt_tokens",
    "上下文|输入.{0,6}(?:过长|超)",
  ].join("|"),
  "i",
);
const answerLimit =
  /number of output tokens|max_(?:completion_|output_)?tokens[`'"]?(?:: \d+)?[^.]{0,60}(?:at most|less than|not exceed|must be|too large|> \d+, which)/i;
const loads =
  /overloaded|temporarily unavailable|engine_overloaded|server is busy|no capacity|try again later/i;

function classify(status: number, type: string, reason: string): [AgentErrorCode, retryable: boolean] {
  const mayOverflow = [400, 413, 422, 500].includes(status);
  if (status === 413 || (mayOverflow && overflow.test(`${type} ${reason}`) && !answerLimit.test(reason))) {
    return ["MODEL_CONTEXT_EXCEEDED", false];
  }
  // A gateway may wrap an overload in another status.
  if (type === "overloaded_error" || status === 529 || status === 503) return ["MODEL_OVERLOADED", true];
  if (status === 429) return ["MODEL_RATE_LIMITED", type !== "insufficient_quota"];
  if (status === 401 || status === 403) return ["MODEL_UNAUTHORIZED", false];
  if (status === 408 || status === 504 || status === 524) return ["MODEL_TIMEOUT", true];
  if (status === 409 || status === 425 || status >= 500) {
    return [loads.test(reason) ? "MODEL_OVERLOADED" : "MODEL_FAILED", true];
  }
  return ["MODEL_REJECTED", false];
}

/**
 * Returns `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110, 10.2.3), in
 * milliseconds.
 */
function retryAfter(headers: Headers | undefined): number | undefined {
  const milliseconds = headers?.get("retry-after-ms");
  if (milliseconds && Number.isFinite(Number(milliseconds))) return Math.max(0, Number(milliseconds));
  const value = headers?.get("retry-after");
  if (!value) return undefined;
  const delayMs = Number.isFinite(Number(value)) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
}
