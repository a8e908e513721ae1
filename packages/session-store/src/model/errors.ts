import { defineError } from "@mini-openclaw/protocol/shared";

/** The codes of a {@link StoreError}. Codes do not change between major versions. Messages do. */
export const storeErrorCodes = {
  /** The session id is not 1 to 128 letters, digits, `_` and `-`, or Windows reserves the name. */
  INVALID_SESSION_ID: "INVALID_SESSION_ID",
  /** The session key is empty, or longer than 512 characters. */
  INVALID_KEY: "INVALID_KEY",
  /** The message or event does not have its shape, or JSON does not have one of its values. */
  INVALID_MESSAGE: "INVALID_MESSAGE",
  /** An option is out of its range. The message names the option and the range. */
  INVALID_OPTION: "INVALID_OPTION",
  /** There is no session of that id. */
  SESSION_NOT_FOUND: "SESSION_NOT_FOUND",
  /** A session of that id exists already. Nothing was overwritten. */
  SESSION_EXISTS: "SESSION_EXISTS",
  /** The file is no session of this store: none of its lines is. The store does not change it. */
  FOREIGN_FILE: "FOREIGN_FILE",
  /** Another process, or another log of this one, writes the session. */
  SESSION_LOCKED: "SESSION_LOCKED",
  /** Another process holds the folder that `lockFolder` was called with. */
  FOLDER_LOCKED: "FOLDER_LOCKED",
  /**
   * The lock or the file was replaced under this writer. It wrote nothing more. Open the session
   * again.
   */
  SESSION_STOLEN: "SESSION_STOLEN",
  /** Something runs or waits in the session. Retry when it has ended. */
  SESSION_BUSY: "SESSION_BUSY",
  /** The session is archived: it can be read, but not written. */
  SESSION_ARCHIVED: "SESSION_ARCHIVED",
  /** The session's newest number is not the expected one. Nothing was appended. */
  SEQ_MISMATCH: "SEQ_MISMATCH",
  /** Other messages were appended under this idempotency key. */
  IDEMPOTENCY_CONFLICT: "IDEMPOTENCY_CONFLICT",
  /** Too much text of the session waits for the disk. Nothing was appended. Retry later. */
  QUEUE_FULL: "QUEUE_FULL",
  /** The log was closed. */
  LOG_CLOSED: "LOG_CLOSED",
  /** The store was closed. */
  STORE_CLOSED: "STORE_CLOSED",
  /**
   * The write failed and was undone; or the disk did not accept it, and then it may be there or
   * not. `cause` has the reason. The session works again when the cause is gone.
   */
  WRITE_FAILED: "WRITE_FAILED",
  /** The file cannot be read. `cause` has the reason. */
  READ_FAILED: "READ_FAILED",
  /** There is a directory, link, pipe or device under the name of a session's file. */
  NOT_A_FILE: "NOT_A_FILE",
  /** A newer version of this package wrote the file. The store does not change it. */
  UNSUPPORTED_VERSION: "UNSUPPORTED_VERSION",
} as const;

export type StoreErrorCode = keyof typeof storeErrorCodes;

/** The error that stores throw. Branch on `code`, never on `message`. */
export class StoreError extends defineError<StoreErrorCode>("StoreError") {}

/** Returns true if a system call failed with one of these codes, such as `ENOENT`. */
export function isSystemError(error: unknown, ...codes: string[]): boolean {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && codes.includes(code);
}

/** Returns the reason of a system error without its call and path: `EACCES: permission denied`. */
export function reason(cause: unknown): string {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  const words = String(message ?? cause);
  if (typeof code !== "string") return words;
  return words.startsWith(`${code}: `) ? words.replace(/, \w+(?: '.*)?$/s, "") : code;
}

/** Returns a `READ_FAILED` error for a system error, and any other error as it is. */
export function toReadError(error: unknown, path: string): unknown {
  if (StoreError.is(error) || !isSystemCall(error)) return error;
  return new StoreError("READ_FAILED", `Cannot read ${path}: ${reason(error)}.`, { cause: error });
}

/**
 * Returns a `StoreError` for a system error that no other code describes, and any other error as it
 * is.
 */
export function toStoreError(error: unknown, code: "READ_FAILED" | "WRITE_FAILED"): unknown {
  if (StoreError.is(error) || !isSystemCall(error)) return error;
  return new StoreError(code, error instanceof Error ? error.message : reason(error), { cause: error });
}

function isSystemCall(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return error instanceof Error && typeof code === "string" && /^E[A-Z0-9]+$/.test(code);
}
