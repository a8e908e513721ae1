import type { ServerResponse } from "node:http";
import type { ErrorCode } from "@mini-openclaw/protocol";
import { isInstance } from "@mini-openclaw/protocol/shared";
import { AuthError } from "../../auth/authenticate.ts";
import { retryAfter } from "../../auth/token.ts";
import { toClientError } from "../../shared/errors.ts";
import { sendJson } from "../../shared/http-body.ts";
import { codeOf, mayPass, type Refusal } from "../../shared/refusal.ts";

/**
 * Codes that only an HTTP request can get. All other errors have the code that a frame would get.
 */
type RequestErrorCode =
  | "UNAUTHORIZED"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "NOT_ACCEPTABLE"
  | "TOO_LARGE"
  | "UNSUPPORTED_TYPE"
  | "TOO_MANY_REQUESTS";

interface HttpErrorOptions {
  headers?: Readonly<Record<string, string>>;
  retryable?: boolean;
}

/** A request that is answered with another status than 200, and with words for its sender. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: ErrorCode | RequestErrorCode;
  readonly headers: Readonly<Record<string, string>>;
  readonly retryable: boolean;

  constructor(
    status: number,
    code: HttpError["code"],
    message: string,
    { headers = {}, retryable = false }: HttpErrorOptions = {},
  ) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.code = code;
    this.headers = headers;
    this.retryable = retryable;
  }
}

const statuses: Partial<Record<ErrorCode, number>> = {
  INVALID_FRAME: 400,
  FORBIDDEN: 403,
  SESSION_NOT_FOUND: 404,
  RUN_NOT_FOUND: 404,
  MESSAGE_NOT_FOUND: 404,
  APPROVAL_EXPIRED: 409,
  REQUEST_CONFLICT: 409,
  SESSION_ARCHIVED: 409,
  SESSION_BUSY: 409,
  SESSION_LOCKED: 503,
  QUEUE_FULL: 429,
  STORE_FAILED: 503,
  DRAINING: 503,
};

// A full queue or a stopping gateway does not stay so for long.
const RETRY_AFTER_MS = 1000;

/**
 * Returns an error in the form that clients get. An unexpected one is `INTERNAL`, without its own
 * text.
 */
export function toHttpError(error: unknown): HttpError {
  if (isInstance(error, HttpError)) return error;
  if (isInstance(error, AuthError)) {
    const { status, message: reason } = error;
    return toRefusedError({ status, reason, headers: mayPass(status) ? retryAfter(RETRY_AFTER_MS) : {} });
  }
  const { code, message, retryable } = toClientError(error);
  const headers = retryable ? retryAfter(RETRY_AFTER_MS) : {};
  return new HttpError(statuses[code] ?? 500, code, message, { headers, retryable });
}

/** Returns the error of a request that was refused before its command was read. */
export function toRefusedError({ status, reason, headers = {} }: Refusal): HttpError {
  return new HttpError(status, codeOf(status), reason, { headers, retryable: mayPass(status) });
}

/**
 * Answers with the error; cuts the answer off when it has begun already, so that nobody takes it
 * for whole.
 */
export function sendError(
  response: ServerResponse,
  { status, code, message, retryable, headers }: HttpError,
): void {
  if (response.headersSent) response.destroy();
  else sendJson(response, status, { error: message, code, retryable }, headers);
}
