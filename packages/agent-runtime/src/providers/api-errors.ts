import { wholeHead } from "../shared/cut-text.ts";
import { AgentError, type AgentErrorCode, type AgentErrorOptions } from "../shared/errors.ts";

/** The error classes of an SDK. Those of Anthropic's and OpenAI's come from one generator, and are alike. */
export interface Sdk {
  APIError: new (...parts: never[]) => ApiError;
  APIConnectionError: new (...parts: never[]) => Error;
  APIConnectionTimeoutError: new (...parts: never[]) => Error;
}

interface ApiError extends Error {
  readonly status: number | undefined;
  readonly headers: Headers | undefined;
  readonly type?: string | null | undefined;
  /** The body, or what its `error` holds. */
  readonly error: unknown;
}

/** A server's own words beyond this many UTF-16 units are left out of an error's message. Chosen. */
const MAX_REASON_CHARS = 300;

/** What the SDK or the stream threw, as an error with a code of ours. */
export function toAgentError(error: unknown, sdk: Sdk): unknown {
  if (AgentError.is(error)) return error;
  if (error instanceof sdk.APIConnectionTimeoutError) {
    return new AgentError("MODEL_TIMEOUT", "The model's server did not answer in time.", {
      cause: error,
      retryable: true,
    });
  }
  if (error instanceof sdk.APIConnectionError) return unreachable(error);
  if (error instanceof sdk.APIError) return fromApiError(error);
  return unreachable(error);
}

/** The connection could not be made, or broke. */
export function unreachable(cause: unknown): AgentError {
  return new AgentError("MODEL_UNREACHABLE", "The connection to the model's server failed.", {
    cause,
    retryable: true,
  });
}

/** An error in the middle of a stream: like an error response, but without a status. */
export interface StreamError {
  error?: { type?: string | null; message?: string; code?: unknown } | null;
}

const statusOfType: Record<string, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  rate_limit_error: 429,
  timeout_error: 504,
  overloaded_error: 529,
  server_error: 500,
};

export function fromStreamError({ error }: StreamError): AgentError {
  const type = error?.type ?? "api_error";
  const code = typeof error?.code === "number" ? error.code : undefined;
  return fromStatus(code ?? statusOfType[type] ?? 500, type, error?.message ?? type, {});
}

function fromApiError(error: ApiError): AgentError {
  const type = error.type ?? "api_error";
  const status = error.status ?? statusOfType[type] ?? 500;
  const retryAfterMs = retryAfter(error.headers);
  const options = { cause: error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return fromStatus(status, type, messageIn(error.error) ?? `status ${status}`, options);
}

/** The message of an error's body: `{ error: { message } }`, or what is in there. */
function messageIn(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  if ("message" in body && typeof body.message === "string") return body.message;
  return "error" in body ? messageIn(body.error) : undefined;
}

function fromStatus(status: number, type: string, reason: string, options: AgentErrorOptions): AgentError {
  const [code, retryable] = classify(status, type);
  const message = `The model's server answered: ${wholeHead(reason, MAX_REASON_CHARS)}`;
  return new AgentError(code, message, { ...options, retryable });
}

function classify(status: number, type: string): [AgentErrorCode, retryable: boolean] {
  // A gateway may wrap an overload in another status.
  if (type === "overloaded_error" || status === 529 || status === 503) return ["MODEL_OVERLOADED", true];
  if (status === 429) return ["MODEL_RATE_LIMITED", true];
  if (status === 401 || status === 403) return ["MODEL_UNAUTHORIZED", false];
  if (status === 408 || status === 504) return ["MODEL_TIMEOUT", true];
  if (status === 409 || status >= 500) return ["MODEL_FAILED", true];
  return ["MODEL_REJECTED", false];
}

/** `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110, 10.2.3), in milliseconds. */
function retryAfter(headers: Headers | undefined): number | undefined {
  const milliseconds = headers?.get("retry-after-ms");
  if (milliseconds && Number.isFinite(Number(milliseconds))) return Math.max(0, Number(milliseconds));
  const value = headers?.get("retry-after");
  if (!value) return undefined;
  const delayMs = Number.isFinite(Number(value)) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
}
