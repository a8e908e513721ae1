import { isError } from "@mini-openclaw/protocol/shared";
import { fieldOf } from "../shared/errors.ts";

/** Reasons to ask the next model instead of the same one again. */
export type FallbackReason =
  | "overloaded"
  | "rate_limited"
  | "timeout"
  | "unreachable"
  | "failed"
  | "not_found"
  | "unauthorized"
  | "refused";

export const fallbackReasons: readonly FallbackReason[] = [
  "overloaded",
  "rate_limited",
  "timeout",
  "unreachable",
  "failed",
  "not_found",
  "unauthorized",
  "refused",
];

/** Rules for sending a failed request again. */
export interface RetryPolicy {
  /** Retries of a turn that failed before it showed any text. */
  maxRetries: number;
  /** The first pause. Each further one is twice as long, up to `retryMaxMs`. */
  retryBaseMs: number;
  /** The longest pause of our own. A server may ask for more. */
  retryMaxMs: number;
  /** The reasons to ask the next model. */
  fallbackOn: ReadonlySet<FallbackReason>;
  /** A number from 0 to 1. Spreads the pauses of many runs. */
  random: () => number;
}

/** The attempts so far at one turn. */
export interface Attempts {
  /** Requests that failed. */
  count: number;
  /** Changes of the model. */
  failovers: number;
  modelCount: number;
  /** Milliseconds until the run must end. */
  remainingMs: number;
}

export interface NextAttempt {
  delayMs: number;
  failovers: number;
}

/** An address that cannot be reached is tried for about 15 seconds, not for minutes. */
const MAX_UNREACHABLE_RETRIES = 5;

/**
 * Returns when to send a failed request again, and to which model, or `undefined` to stop. Pure but
 * for `random`.
 *
 * A model that was not asked yet is asked at once. A server's own wish for a pause is obeyed as
 * long as the run lasts.
 */
export function nextAttempt(
  error: unknown,
  attempts: Attempts,
  policy: RetryPolicy,
): NextAttempt | undefined {
  const { code, retryable, retryAfterMs } = failureOf(error);
  const reason = reasonOf(code, error);
  const mayChange = attempts.modelCount > 1 && reason !== undefined && policy.fallbackOn.has(reason);
  const failovers = mayChange ? attempts.failovers + 1 : attempts.failovers;
  if (mayChange && failovers < attempts.modelCount) return { delayMs: 0, failovers };
  const limit =
    code === "MODEL_UNREACHABLE" ? Math.min(policy.maxRetries, MAX_UNREACHABLE_RETRIES) : policy.maxRetries;
  if (!retryable || attempts.count > limit) return undefined;
  // A pause of zero is none: the server would be asked at once until the retries are used up.
  const delayMs = retryAfterMs || ownPause(attempts.count, policy);
  return delayMs < attempts.remainingMs ? { delayMs, failovers } : undefined;
}

function ownPause(count: number, { retryBaseMs, retryMaxMs, random }: RetryPolicy): number {
  const ceiling = Math.min(retryMaxMs, retryBaseMs * 2 ** (count - 1));
  // Half is certain, half is chance, so that runs that failed together do not come back together.
  return Math.round(ceiling * (0.5 + random() / 2));
}

const reasonOfCode: Readonly<Record<string, FallbackReason>> = {
  MODEL_OVERLOADED: "overloaded",
  MODEL_RATE_LIMITED: "rate_limited",
  MODEL_TIMEOUT: "timeout",
  MODEL_UNREACHABLE: "unreachable",
  MODEL_FAILED: "failed",
  MODEL_UNAUTHORIZED: "unauthorized",
};

function reasonOf(code: string, error: unknown): FallbackReason | undefined {
  if (Object.hasOwn(reasonOfCode, code)) return reasonOfCode[code];
  if (code !== "MODEL_REJECTED") return undefined;
  const cause = fieldOf(error, "cause");
  const refused = fieldOf(cause, "refused");
  if (refused === "account") return "unauthorized";
  return refused === "model" || fieldOf(cause, "status") === 404 ? "not_found" : undefined;
}

/** Returns the pause that an error asks for, if it is one. */
export function pauseOf(error: unknown): number | undefined {
  const pauseMs = fieldOf(error, "retryAfterMs");
  return typeof pauseMs === "number" && pauseMs >= 0 && pauseMs < Infinity ? pauseMs : undefined;
}

/** The fields of a provider's error that matter for another attempt. */
function failureOf(error: unknown): { code: string; retryable: boolean; retryAfterMs: number | undefined } {
  const code = fieldOf(error, "code");
  return {
    code: typeof code === "string" ? code : "",
    retryable: isError(error) && typeof code === "string" && fieldOf(error, "retryable") === true,
    retryAfterMs: pauseOf(error),
  };
}
