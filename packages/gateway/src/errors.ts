import { type ErrorCode, errorCodes } from "@mini-openclaw/protocol";

/** What a caller of the gateway did wrong or could not have; the codes that clients see too, and those of `listen`. */
export type GatewayErrorCode = ErrorCode | "INVALID_OPTION" | "TOKEN_REQUIRED" | "PORT_UNAVAILABLE";

const brand = Symbol.for("@mini-openclaw/gateway/error");

/** Branch on `code`, never on `message`. Codes are stable between majors; messages are not. */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode;
  readonly [brand] = true;

  constructor(code: GatewayErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "GatewayError";
    this.code = code;
  }

  /** Recognises the error of any installed copy of this package, where `instanceof` would not. */
  static is(error: unknown): error is GatewayError {
    return typeof error === "object" && error !== null && brand in error;
  }
}

/** What a client is told of a failure: its code and one sentence; no stack, no path, no secret. */
export function toClientError(error: unknown): { code: ErrorCode; message: string; retryable: boolean } {
  const given = (error as { code?: unknown } | null | undefined)?.code;
  // To a client, an id that no session can have is one that no session has.
  const code = given === "INVALID_SESSION_ID" ? errorCodes.SESSION_NOT_FOUND : given;
  if (typeof code !== "string" || !Object.hasOwn(errorCodes, code)) return unexpected;
  // The gateway's own messages are written for clients; those of stores and agents may hold paths.
  const message = GatewayError.is(error) ? error.message : (sentences[code] ?? unexpected.message);
  return { code: code as ErrorCode, message, retryable: retryableCodes.has(code) };
}

const unexpected = {
  code: errorCodes.INTERNAL,
  message: "The gateway failed; its log says why.",
  retryable: true,
} as const;

const sentences: Record<string, string> = {
  SESSION_NOT_FOUND: "There is no such session.",
  SESSION_LOCKED: "Another process writes this session.",
  STORE_FAILED: "The session could not be read or written.",
};

const retryableCodes: ReadonlySet<string> = new Set<ErrorCode>([
  "QUEUE_FULL",
  "SESSION_LOCKED",
  "STORE_FAILED",
  "DRAINING",
]);
