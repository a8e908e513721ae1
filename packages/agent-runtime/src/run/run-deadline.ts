import { errorCodes, type RunEnding } from "@mini-openclaw/protocol";
import { isError, isInstance } from "@mini-openclaw/protocol/shared";
import { followSignal } from "../shared/child-signal.ts";
import { fieldOf } from "../shared/errors.ts";
import { startTimer } from "../shared/timers.ts";
import { pauseOf } from "./retry-policy.ts";

/** The reason of a signal that was aborted because the run took too long. */
class TimeIsUp extends Error {}

export interface RunDeadline {
  readonly signal: AbortSignal;
  /** Returns the milliseconds until the run must end. */
  readonly remainingMs: () => number;
  dispose(): void;
}

/**
 * Returns the signal of a run. It aborts with one of its parents, or when the run has taken too
 * long. Dispose of it at the end.
 */
export function startDeadline(parents: readonly AbortSignal[], maxRunMs: number): RunDeadline {
  const run = followSignal(...parents);
  const endsAt = performance.now() + maxRunMs;
  const timer = startTimer(maxRunMs, () => run.abort(new TimeIsUp()));
  return {
    signal: run.signal,
    remainingMs: () => endsAt - performance.now(),
    dispose: () => {
      clearTimeout(timer);
      run.dispose();
    },
  };
}

/** Returns the ending of a run in which something was thrown. */
export function toEnding(error: unknown, signal: AbortSignal): Pick<RunEnding, "outcome" | "error"> {
  if (signal.aborted) return { outcome: isInstance(signal.reason, TimeIsUp) ? "budget" : "aborted" };
  const code = fieldOf(error, "code");
  const message = fieldOf(error, "message");
  // An error made to be shown has a code of the protocol.
  const isShown = isError(error) && typeof code === "string" && Object.hasOwn(errorCodes, code);
  if (!isShown || typeof message !== "string") {
    // The message may name paths or hold secrets: `onError` gets it, watchers do not.
    const hidden = "The agent failed. Its log has the reason.";
    return { outcome: "failed", error: { code: errorCodes.AGENT_FAILED, message: hidden, retryable: true } };
  }
  const retryAfterMs = pauseOf(error);
  const after = retryAfterMs === undefined ? {} : { retryAfterMs };
  const retryable = fieldOf(error, "retryable") === true;
  return { outcome: "failed", error: { code, message, retryable, ...after } };
}
