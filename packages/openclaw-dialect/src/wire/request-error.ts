import type { CommandErrorEvent } from "@mini-openclaw/protocol";

/** The codes of refused requests that OpenClaw's clients know. */
type RequestErrorCode = "INVALID_REQUEST" | "FORBIDDEN" | "UNAVAILABLE" | "APPROVAL_NOT_FOUND";

interface RequestErrorOptions {
  details?: Readonly<Record<string, unknown>> | undefined;
  retryAfterMs?: number | undefined;
}

/** A refused request, in the form that OpenClaw's clients know. */
export class RequestError extends Error {
  readonly code: RequestErrorCode;
  readonly details: RequestErrorOptions["details"];
  readonly retryAfterMs: number | undefined;

  constructor(code: RequestErrorCode, message: string, { details, retryAfterMs }: RequestErrorOptions = {}) {
    super(message);
    this.name = "RequestError";
    this.code = code;
    this.details = details;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Returns the error of a request whose parameters or frame are wrong. */
export function invalidRequest(message: string): RequestError {
  return new RequestError("INVALID_REQUEST", message);
}

/** Returns the error of a client that should connect again, or ask again, after a time. */
export function unavailable(message: string, retryAfterMs: number): RequestError {
  // Clients obey the time for this reason only.
  return new RequestError("UNAVAILABLE", message, { details: { reason: "startup-sidecars" }, retryAfterMs });
}

/** Returns the error of a refused message with the names that its client has for the fields. */
export function withFieldNames(error: unknown): unknown {
  if (!(error instanceof RequestError)) return error;
  const { code, details, retryAfterMs } = error;
  const message = error.message
    .replace(/^`content`/, "`message`")
    .replace(/^`id`/, "`idempotencyKey`")
    .replace(/^`blocks(?:\[(\d+)\]|\.(\d+))\.(\w+)`/, (_, at = "", place = "", field = "") => {
      const name = field === "data" ? "content" : field === "mediaType" ? "mimeType" : field;
      return `\`attachments[${at}${place}].${name}\``;
    })
    .replace(/^`blocks`/, "`attachments`");
  return new RequestError(code, message, { details, retryAfterMs });
}

const unavailableCodes: ReadonlySet<string> = new Set([
  "SESSION_BUSY",
  "SESSION_LOCKED",
  "QUEUE_FULL",
  "DRAINING",
  "STORE_FAILED",
  "INTERNAL",
]);

/** Returns the form that a refused command has for OpenClaw's clients. */
export function toRequestError({ code, message, retryAfterMs }: CommandErrorEvent): RequestError {
  return new RequestError(codeOf(code), message, { details: { code }, retryAfterMs });
}

function codeOf(code: string): RequestErrorCode {
  if (code === "FORBIDDEN") return "FORBIDDEN";
  if (code === "APPROVAL_EXPIRED") return "APPROVAL_NOT_FOUND";
  return unavailableCodes.has(code) ? "UNAVAILABLE" : "INVALID_REQUEST";
}
