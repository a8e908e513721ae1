/** The codes of a {@link StoreError}. They do not change between major versions; messages do. */
export const storeErrorCodes = {
  /** The session id is not 1 to 128 letters, digits, `_` and `-`, or is a name that Windows reserves. */
  INVALID_SESSION_ID: "INVALID_SESSION_ID",
  /** The session key is empty or longer than 512 characters. */
  INVALID_KEY: "INVALID_KEY",
  /** The message is not of the shape that protocol's `Message` says, or cannot be made into JSON. */
  INVALID_MESSAGE: "INVALID_MESSAGE",
  /** An option is out of its range; the message says which and what is allowed. */
  INVALID_OPTION: "INVALID_OPTION",
  /** There is no session of that id. */
  SESSION_NOT_FOUND: "SESSION_NOT_FOUND",
  /** A session of that id is there already. Nothing was overwritten. */
  SESSION_EXISTS: "SESSION_EXISTS",
  /** The file is no session of this store: none of its lines is. It is left alone. */
  FOREIGN_FILE: "FOREIGN_FILE",
  /** Somebody else is the session's writer: another process, or another log of this one. */
  SESSION_LOCKED: "SESSION_LOCKED",
  /** Another process holds the folder that `lockFolder` was asked for. */
  FOLDER_LOCKED: "FOLDER_LOCKED",
  /** This writer's lock or file was replaced under it. It wrote nothing; open the session again. */
  SESSION_STOLEN: "SESSION_STOLEN",
  /** Something runs or waits in the session. Try again when it has ended. */
  SESSION_BUSY: "SESSION_BUSY",
  /** The session is archived: it can be read, but not written. */
  SESSION_ARCHIVED: "SESSION_ARCHIVED",
  /** The session's newest number is not the one that was expected; nothing was appended. */
  SEQ_MISMATCH: "SEQ_MISMATCH",
  /** Other messages were appended under this idempotency key. */
  IDEMPOTENCY_CONFLICT: "IDEMPOTENCY_CONFLICT",
  /** Too many bytes of the session wait for the disk; nothing was appended. Try again when some have got there. */
  QUEUE_FULL: "QUEUE_FULL",
  /** The log was closed. */
  LOG_CLOSED: "LOG_CLOSED",
  /** The store was closed. */
  STORE_CLOSED: "STORE_CLOSED",
  /**
   * The write failed and was undone, or the disk did not take it (then it may be there or not); `cause` says why.
   * The session works again when the cause is gone.
   */
  WRITE_FAILED: "WRITE_FAILED",
  /** The file could not be read; `cause` says why. */
  READ_FAILED: "READ_FAILED",
  /** A directory, link, pipe or device stands where a session's file should be. */
  NOT_A_FILE: "NOT_A_FILE",
  /** The file was written by a newer version of this package. It is left alone. */
  UNSUPPORTED_VERSION: "UNSUPPORTED_VERSION",
} as const;

export type StoreErrorCode = keyof typeof storeErrorCodes;

const brand = Symbol.for("@mini-openclaw/session-store/StoreError");

/** What stores throw. Branch on `code`, never on `message`. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether it is one, whichever installed copy of the package threw it. */
  static is(error: unknown): error is StoreError {
    return typeof error === "object" && error !== null && brand in error;
  }
}

/** Whether a system call failed with one of these codes, such as `ENOENT`. */
export function isSystemError(error: unknown, ...codes: string[]): boolean {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && codes.includes(code);
}

/** The short reason in a system error. */
export function reason(cause: unknown): string {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return typeof code === "string" ? code : String(message ?? cause);
}

/** Returns a `READ_FAILED` error for a system error, and any other error as it is. */
export function toReadError(error: unknown, path: string): unknown {
  if (StoreError.is(error) || !isSystemCall(error)) return error;
  return new StoreError("READ_FAILED", `cannot read ${path}: ${reason(error)}`, { cause: error });
}

/** Reports an error that the operating system returned. */
function isSystemCall(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return error instanceof Error && typeof code === "string" && /^E[A-Z0-9]+$/.test(code);
}

/** Returns a `StoreError` for a system error that no other code describes, and any other error as it is. */
export function toStoreError(error: unknown, code: "READ_FAILED" | "WRITE_FAILED"): unknown {
  if (StoreError.is(error) || !isSystemCall(error)) return error;
  return new StoreError(code, error instanceof Error ? error.message : reason(error), { cause: error });
}
