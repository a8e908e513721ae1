import type { CommandErrorEvent, ErrorCode } from "@mini-openclaw/protocol";

/** Why the client itself gave up something. */
export type OwnErrorCode =
  /** An option is missing or not what it may be; the message names it. */
  | "INVALID_OPTION"
  /** There is no `WebSocket` here, and none was given. */
  | "NO_WEBSOCKET"
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
    const { retryable = false, ...rest } = options;
    super(message, rest);
    this.name = "ClientError";
    this.code = code;
    this.retryable = retryable;
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

/** A session that its client cannot watch. */
export function missingSession(): ClientError {
  return new ClientError("SESSION_NOT_FOUND", "there is no such session");
}
