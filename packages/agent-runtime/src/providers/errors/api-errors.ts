import { wholeHead } from "../../shared/cut-text.ts";
import { AgentError } from "../../shared/errors.ts";
import { toText } from "../convert/json.ts";
import {
  classify,
  type Failure,
  isKnownType,
  promisesLater,
  type RefusedSubject,
  statusFor,
} from "./classify.ts";
import { cleanText } from "./clean-text.ts";
import { askedPage } from "./page.ts";
import { reasonIn, textIn } from "./reason.ts";
import { retryAfter } from "./retry-after.ts";

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
  /** The subject of the refusal, as far as the server's words name it. */
  readonly refused: RefusedSubject | undefined;

  constructor(status: number, reason: string, refused?: RefusedSubject) {
    super(reason);
    this.status = status;
    this.refused = refused;
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

/**
 * Returns what was thrown before an answer came. A fault in making the request, such as one of a
 * message, is no fault of the connection.
 */
export function toSendError(error: unknown, sdk: Sdk, secrets: readonly string[]): unknown {
  const isOfServer =
    AgentError.is(error) ||
    error instanceof sdk.APIConnectionError ||
    (error instanceof Error && AgentError.is(error.cause));
  if (isOfServer) return error;
  const message = "The request to the model's server could not be made. The agent's log has the reason.";
  return new AgentError("AGENT_FAILED", message, { cause: cleanCause(error, secrets) });
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

/** Returns a server's reason for refusing a conversation for its content, if it did so. */
export function refusedContent(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof ServerRefusal) || cause.refused !== "content") return undefined;
  return wholeHead(cause.message, MAX_REASON_CHARS);
}

/** The answer of a model's server that is no turn. */
export interface FailedAnswer {
  status: number;
  headers?: Headers;
  /** The address of the request. */
  url?: string;
  body: string;
}

/** Returns the error for an answer that is no turn, with the server's own words in it. */
export function fromAnswer(answer: FailedAnswer, secrets: readonly string[]): AgentError {
  const { status, headers } = answer;
  const body = answer.body.replace(/^\uFEFF/, "");
  const type = typeIn(body);
  const reason = reasonIn(body).slice(0, MAX_READ_CHARS);
  const asked = describeRequest(answer, secrets);
  // A success that is no turn may be an error of any kind: asking again helps only where its words
  // promise that.
  const isUnknown = status < 400 && !isKnownType(type) && !promisesLater(reason);
  const error = toError({
    status: statusFor(status, type),
    type,
    reason: [reason, redirectIn(headers)].filter(Boolean).join(" "),
    asked,
    retryAfterMs: retryAfter({ status, headers, body: body.slice(0, MAX_READ_CHARS) }),
    secrets,
  });
  return isUnknown ? new AgentError(error.code, error.message, { cause: error.cause }) : error;
}

/** Returns the status and the request in words. An address names no query, which may hold a key. */
function describeRequest({ status, url, body }: FailedAnswer, secrets: readonly string[]): string {
  if (!url) return `${status}`;
  const { origin, pathname } = new URL(url);
  const address = cleanText(`${origin}${pathname}`, secrets, MAX_REASON_CHARS);
  return askedPage({ status, address, body }) ?? `${status} to ${pathname}`;
}

/** Returns the error for an event of a stream that reports a failure. */
export function fromStreamError(event: unknown, secrets: readonly string[]): AgentError {
  const { type, code } = detailsIn(event);
  const status = typeof code === "number" && code >= 400 && code < 600 ? code : statusFor(200, type);
  const reason = textIn(event) ?? (type || "an error");
  return toError({ status, type, reason, retryAfterMs: retryAfter({ status, body: reason }), secrets });
}

/** Returns the address of a redirect, which is not followed, in words. */
function redirectIn(headers: Headers | undefined): string | undefined {
  const location = headers?.get("location");
  if (!location) return undefined;
  return `It redirects to ${location}. Set \`baseURL\` to the address that answers.`;
}

interface Answered {
  status: number;
  type: string;
  reason: string;
  /** The status and the path of the request. */
  asked?: string;
  retryAfterMs: number | undefined;
  secrets: readonly string[];
}

/**
 * Servers' words for a call of the model that they could not read: Groq, Ollama
 * (ollama/ollama#17638), llama.cpp (ggml-org/llama.cpp#20260).
 */
const failedCall = /failed_generation|tool_use_failed|error parsing tool call|failed to parse input at pos/i;

function toError({ status, type, reason, asked, retryAfterMs, secrets }: Answered): AgentError {
  const isFailedCall = type === "tool_use_failed" || failedCall.test(reason);
  const { code, retryable, refused }: Failure = isFailedCall
    ? { code: "MODEL_FAILED", retryable: true }
    : classify(status, type, reason);
  const words = cleanText(reason, secrets, MAX_REASON_CHARS);
  const said = [asked, words].filter(Boolean).join(": ");
  return new AgentError(code, `The model's server answered ${said || "an error without a reason"}`, {
    cause: new ServerRefusal(status, cleanText(reason, secrets, MAX_CAUSE_CHARS), refused),
    retryable,
    ...(isFailedCall && { noteForModel: failedCallNote(words) }),
    ...(retryable && retryAfterMs !== undefined && { retryAfterMs }),
  });
}

/**
 * Groq checks calls against their schema, and refuses the whole answer. Source: console.groq.com,
 * tool use.
 */
function failedCallNote(reason: string): string {
  return `Your last tool call was refused by the server, and was not run: ${reason} Call again with arguments that fit the tool's schema, or answer without a tool.`;
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
  const named = [code, type].find((one) => typeof one === "string" && isKnownType(one));
  return { type: toText(named ?? type), code };
}
