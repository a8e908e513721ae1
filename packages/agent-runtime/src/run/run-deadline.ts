import { errorCodes, type RunEnding } from "@mini-openclaw/protocol";
import { followSignal } from "../shared/child-signal.ts";
import { startTimer } from "../shared/timers.ts";

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
  if (signal.aborted) return { outcome: signal.reason instanceof TimeIsUp ? "budget" : "aborted" };
  if (!hasCode(error)) {
    // The message may name paths or hold secrets: `onError` gets it, watchers do not.
    const message = "The agent failed. Its log has the reason.";
    return { outcome: "failed", error: { code: errorCodes.AGENT_FAILED, message, retryable: true } };
  }
  const { code, message, retryable, retryAfterMs } = error;
  const after = typeof retryAfterMs === "number" ? { retryAfterMs } : {};
  return { outcome: "failed", error: { code, message, retryable: retryable === true, ...after } };
}

/** An error made to be shown: its code is one of the protocol. */
function hasCode(
  error: unknown,
): error is Error & { code: string; retryable?: unknown; retryAfterMs?: unknown } {
  return error instanceof Error && "code" in error && Object.hasOwn(errorCodes, String(error.code));
}
