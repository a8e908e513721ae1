import type { CommandErrorEvent, ErrorCode } from "@mini-openclaw/protocol";

/** The codes of the client's own errors. */
export type OwnErrorCode =
  /** An argument is missing or invalid. The message names it. */
  | "INVALID_OPTION"
  /** The runtime has no `WebSocket`, and none was passed. */
  | "NO_WEBSOCKET"
  /** The token is missing or wrong. */
  | "UNAUTHORIZED"
  /** The gateway closed the connection because of what the client sent. */
  | "REFUSED"
  /** No connection could be made. The client tries again. */
  | "CONNECT_FAILED"
  /** The `token` function failed. The client tries again. */
  | "TOKEN_FAILED"
  /** A listener or another function of the app failed. `cause` is its error. */
  | "CALLBACK_FAILED"
  /** The client was closed. */
  | "CLOSED"
  /** The message was discarded before it was sent. */
  | "DISCARDED"
  /** The message is longer than the gateway accepts. */
  | "MESSAGE_TOO_LONG"
  /** Too many messages wait to be sent. */
  | "OUTBOX_FULL"
  /** The connection was lost before the answer to a request that must not be sent twice. */
  | "CONNECTION_LOST"
  /** Too many requests wait for their answers. */
  | "TOO_MANY_REQUESTS"
  /** The consumer of an iteration fell too far behind. */
  | "TOO_SLOW"
  /** The gateway sent a frame that is not part of its protocol. */
  | "INVALID_FRAME";

/** The client's own codes and the codes of gateways. A newer gateway may have more. */
export type ClientErrorCode = OwnErrorCode | ErrorCode | (string & {});

const brand = Symbol.for("@mini-openclaw/client/error");

/** Branch on `code`, never on `message`. Codes are stable between majors, messages are not. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  declare readonly code: ClientErrorCode;
  /** True if the same may succeed later. */
  declare readonly retryable: boolean;
  readonly [brand] = true;

  constructor(
    code: ClientErrorCode,
    message: string,
    options: { retryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryable = options.retryable ?? false;
  }

  /** Recognizes the error of any installed copy of this package, where `instanceof` would not. */
  static is(error: unknown): error is ClientError {
    return brand in Object(error);
  }
}

/** Converts a gateway's refusal into an error for the caller. */
export function toClientError(refusal: CommandErrorEvent): ClientError {
  return new ClientError(refusal.code, refusal.message, refusal);
}

/** Creates the error for a failure of something that the app or the platform provides. */
export function failureOf(code: ClientErrorCode, subject: string, cause?: unknown): ClientError {
  return new ClientError(code, `${subject}: ${(cause as Error | undefined)?.message ?? ""}`, {
    retryable: true,
    cause,
  });
}

/** Creates the error for more than `max` waiting items. */
export function tooMany(code: OwnErrorCode, max: number): ClientError {
  return new ClientError(code, `More than ${max}.`, { retryable: true });
}

/** Creates the error for an argument that is missing, unknown or invalid. */
export function invalidOption(message: string): ClientError {
  return new ClientError("INVALID_OPTION", message);
}

/** Creates the error for a session that does not exist. */
export function missingSession(): ClientError {
  return new ClientError("SESSION_NOT_FOUND", "No such session.");
}

/** Creates the error for work of a closed client. */
export function closedError(): ClientError {
  return new ClientError("CLOSED", "Client closed.");
}
