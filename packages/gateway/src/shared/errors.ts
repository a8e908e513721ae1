import { type CommandErrorEvent, type ErrorCode, errorCodes } from "@mini-openclaw/protocol";
import { defineError } from "@mini-openclaw/protocol/shared";

/** Error codes that callers of the gateway can branch on. Clients get most of them too. */
export type GatewayErrorCode = ErrorCode | "INVALID_OPTION" | "TOKEN_REQUIRED" | "PORT_UNAVAILABLE";

/** Branch on `code`, never on `message`. Codes are stable between majors. Messages are not. */
export class GatewayError extends defineError<GatewayErrorCode>("GatewayError") {}

/** The text for a failure whose details are for the log only. */
export const gatewayFailed = "The gateway failed. Its log has the reason.";

/** The body of an answer to a request for a path that nobody has. */
export const nothingThere = {
  error: "Nothing is at this path. The gateway's paths are in PROTOCOL.md, such as /sessions.",
  code: "NOT_FOUND",
  retryable: false,
} as const;

/** Returns the `code` of an error, or `undefined` for a value without one. */
export function codeOf(error: unknown): unknown {
  try {
    return (error as { code?: unknown } | null | undefined)?.code;
  } catch {
    return undefined;
  }
}

/** Creates the error for requests while the gateway is shutting down. */
export function draining(): GatewayError {
  return new GatewayError("DRAINING", "The gateway is stopping. Connect again.");
}

/** The error of an accepted run whose end could not be recorded. */
export function endNotRecorded(cause?: unknown): GatewayError {
  const message = "The run's end could not be written; it ends when its session can be opened again.";
  return new GatewayError("STORE_FAILED", message, { cause });
}

/** A failure, as clients get it. */
interface ClientError {
  code: ErrorCode;
  message: string;
  retryable: boolean;
}

/** Returns the code and sentence of a failure for a client, without stack, path or secret. */
export function toClientError(error: unknown): ClientError {
  try {
    return readError(error);
  } catch {
    // A field of the error throws when it is read.
    return clientError("INTERNAL", gatewayFailed);
  }
}

function readError(error: unknown): ClientError {
  if (GatewayError.is(error) && isErrorCode(error.code)) return clientError(error.code, error.message);
  const given = String(codeOf(error));
  // The gateway's own messages are written for clients; those of stores and agents may hold paths.
  const known = Object.hasOwn(storeErrors, given) ? storeErrors[given] : undefined;
  return known ? clientError(...known) : clientError("INTERNAL", gatewayFailed);
}

/** Returns the answer to a refused command. Calls `onFault` if that is a fault of the gateway. */
export function toErrorEvent(
  error: unknown,
  replyTo: string | undefined,
  onFault: () => void,
): CommandErrorEvent {
  const fields = toClientError(error);
  if (faults.has(fields.code)) onFault();
  return { type: "error", ...fields, ...(replyTo !== undefined && { replyTo }) };
}

function clientError(code: ErrorCode, message: string): ClientError {
  return { code, message, retryable: retryableCodes.has(code) };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

const notFound = ["SESSION_NOT_FOUND", "There is no such session."] as const;
const locked = ["SESSION_LOCKED", "Another process writes this session."] as const;
const storeFailed = ["STORE_FAILED", "The session could not be read or written."] as const;
const noSession = [
  "SESSION_UNSUPPORTED",
  "The session's file is no session. The server's log has its path.",
] as const;

/** The codes that stores throw, in words for clients. */
const storeErrors: Record<string, readonly [ErrorCode, string]> = {
  SESSION_NOT_FOUND: notFound,
  // To a client, an id that no session can have is one that no session has.
  INVALID_SESSION_ID: notFound,
  // The schemas cannot know these faults: a fork at an entry that is not there, a cursor that no
  // list returned, a text without a letter.
  INVALID_OPTION: ["INVALID_FRAME", "at, cursor, text or title: not one that is there."],
  SESSION_BUSY: ["SESSION_BUSY", "Something runs or waits in the session."],
  SESSION_ARCHIVED: ["SESSION_ARCHIVED", "The session is archived."],
  SESSION_LOCKED: locked,
  SESSION_STOLEN: locked,
  QUEUE_FULL: storeFailed,
  WRITE_FAILED: storeFailed,
  READ_FAILED: storeFailed,
  NOT_A_FILE: noSession,
  FOREIGN_FILE: noSession,
  UNSUPPORTED_VERSION: [
    "SESSION_UNSUPPORTED",
    "A newer version of the server wrote this session. Update the server to open it.",
  ],
};

/** Failures that an operator must know of. */
const faults: ReadonlySet<string> = new Set<ErrorCode>(["INTERNAL", "STORE_FAILED", "SESSION_UNSUPPORTED"]);

const retryableCodes: ReadonlySet<string> = new Set<ErrorCode>([
  "QUEUE_FULL",
  "SESSION_BUSY",
  "SESSION_LOCKED",
  "STORE_FAILED",
  "DRAINING",
  "INTERNAL",
  "AGENT_FAILED",
  "ANSWER_CUT",
]);
