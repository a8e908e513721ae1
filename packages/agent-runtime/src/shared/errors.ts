import type { ErrorCode } from "@mini-openclaw/protocol";
import { defineError } from "@mini-openclaw/protocol/shared";

/**
 * Why a run could not go on, or an agent could not be made.
 *
 * The `MODEL_…` codes are those of the protocol's `errorCodes`. `INVALID_TOOL`: a tool definition
 * is unusable, or its name is taken. `INVALID_OPTION`: an option has a value that is not allowed.
 */
export type AgentErrorCode =
  | Extract<ErrorCode, `MODEL_${string}`>
  | "AGENT_FAILED"
  | "INVALID_TOOL"
  | "INVALID_OPTION";

export interface AgentErrorOptions {
  cause?: unknown;
  /** True if the same request may succeed later. @default false */
  retryable?: boolean;
  /** The pause that the model's server asked for. */
  retryAfterMs?: number;
  /** A note for the model when it is asked again. */
  noteForModel?: string | undefined;
}

/** Branch on `code`, never on `message`. Codes are stable between majors. Messages are not. */
export class AgentError extends defineError<AgentErrorCode>("AgentError") {
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** A note for the model when it is asked again. */
  readonly noteForModel: string | undefined;

  constructor(code: AgentErrorCode, message: string, options: AgentErrorOptions = {}) {
    super(code, message, "cause" in options ? { cause: options.cause } : undefined);
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.noteForModel = options.noteForModel;
  }
}

/** Returns a field of what was thrown, or `undefined` where it cannot be read. */
export function fieldOf(thrown: unknown, name: string): unknown {
  try {
    return (Object(thrown) as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/**
 * Calls code of the application, and returns what it returns. `onError` gets what it throws, or
 * rejects with. What it was not declared to return may be a promise of any kind all the same: a
 * rejection that nobody handles ends the process.
 */
export function callSafely<T>(act: () => T, onError: (error: unknown) => void = () => {}): T | undefined {
  try {
    const given = act();
    swallowRejection(given, onError);
    return given;
  } catch (error) {
    onError(error);
    return undefined;
  }
}

/** Handles the rejection of a promise, or of anything else that has `then`. */
export function swallowRejection(given: unknown, onRejected: (error: unknown) => void = () => {}): void {
  try {
    if (typeof given !== "object" || given === null || !("then" in given)) return;
    Promise.resolve(given).catch(onRejected);
  } catch (error) {
    onRejected(error);
  }
}

/**
 * Returns the reason that an error of any realm gives, or the text of whatever else was thrown.
 * Never throws, although a field of an error may.
 */
export function reasonOf(error: unknown): string {
  try {
    const message = Object(error) === error ? (error as { message?: unknown }).message : undefined;
    return typeof message === "string" && message !== "" ? message : String(error);
  } catch {
    return "its error cannot be read";
  }
}

/**
 * Starts work whose promise its caller may forget: a rejection that nobody handles ends the
 * process.
 */
export function unwatched<T>(work: () => Promise<T>): Promise<T> {
  const promise = work();
  promise.catch(() => {});
  return promise;
}
