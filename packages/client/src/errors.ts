import type { CommandErrorEvent, ErrorCode } from "@mini-openclaw/protocol";

/** Why the client itself gave up something. */
export type OwnErrorCode =
  /** An option is missing or not what it may be; the message names it. */
  | "INVALID_OPTION"
  /** There is no `WebSocket` here, and none was given. */
  | "NO_WEBSOCKET"
  /** The token is missing or wrong. */
  | "UNAUTHORIZED"
  /** The gateway closed the connection because of what the client sent. */
  | "REFUSED"
  /** The function that gives the token failed. */
  | "TOKEN_FAILED"
  /** The client was closed. */
  | "CLOSED"
  /** The message waited unsent and was discarded. */
  | "DISCARDED"
  /** The message is longer than the gateway accepts. */
  | "MESSAGE_TOO_LONG"
  /** Too many messages wait to be sent. */
  | "OUTBOX_FULL"
  /** The connection was lost before the answer to a question that must not be asked twice. */
  | "CONNECTION_LOST"
  /** Too many questions wait to be answered. */
  | "TOO_MANY_REQUESTS"
  /** Whoever iterates over events fell too far behind. */
  | "TOO_SLOW"
  /** The gateway sent a frame that is not its protocol. */
  | "INVALID_FRAME";

/** The client's own codes, and those with which gateways refuse. A newer gateway may have more. */
export type ClientErrorCode = OwnErrorCode | ErrorCode | (string & {});

const brand = Symbol.for("@mini-openclaw/client/error");

/** Branch on `code`, never on `message`. Codes are stable between majors; messages are not. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  /** Whether the same may succeed later. */
  readonly retryable: boolean;
  readonly [brand] = true;

  constructor(
    code: ClientErrorCode,
    message: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options);
    this.name = "ClientError";
    this.code = code;
    this.retryable = options.retryable ?? false;
  }

  /** Recognises the error of any installed copy of this package, where `instanceof` would not. */
  static is(error: unknown): error is ClientError {
    return typeof error === "object" && error !== null && brand in error;
  }
}

/** What a gateway's refusal is to a caller. */
export function toClientError({ code, message, retryable }: CommandErrorEvent): ClientError {
  return new ClientError(code, message, { retryable });
}

// PROTOCOL.md: bytes that are no frames, text that is no UTF-8, too many frames, one that is too large. Sent again, they are again.
const faults = [1002, 1007, 1008, 1009];

/** Why the gateway closed a connection, if the next one would end the same way. */
export function toRefusal({
  code,
  reason = "",
}: {
  code?: number;
  reason?: string;
}): ClientError | undefined {
  if (code === 4401) return new ClientError("UNAUTHORIZED", reason);
  const isFault = code !== undefined && faults.includes(code);
  return isFault ? new ClientError("REFUSED", `close code ${code}: ${reason}`) : undefined;
}

/** More than `max` of something would wait. */
export function tooMany(code: OwnErrorCode, max: number, what: string): ClientError {
  return new ClientError(code, `more than ${max} ${what} wait`, { retryable: true });
}

/** A session that its client cannot watch. */
export function missingSession(): ClientError {
  return new ClientError("SESSION_NOT_FOUND", "there is no such session");
}
