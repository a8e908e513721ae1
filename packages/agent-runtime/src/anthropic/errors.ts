import type Anthropic from "@anthropic-ai/sdk";
import { wholeHead } from "../cut-text.ts";
import { AgentError, type AgentErrorCode, type AgentErrorOptions } from "../errors.ts";

type Sdk = typeof Anthropic;

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

/** An `error` event in the middle of a stream: like an error response, but without a status. */
export interface StreamError {
  type: "error";
  error?: { type?: string; message?: string };
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
};

export function fromStreamError({ error }: StreamError): AgentError {
  const type = error?.type ?? "api_error";
  return fromStatus(statusOfType[type] ?? 500, type, error?.message ?? type, {});
}

function fromApiError(error: InstanceType<Sdk["APIError"]>): AgentError {
  const type = error.type ?? "api_error";
  const status = error.status ?? statusOfType[type] ?? 500;
  const retryAfterMs = retryAfter(error.headers);
  const options = { cause: error, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return fromStatus(status, type, error.apiMessage ?? `status ${status}`, options);
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
