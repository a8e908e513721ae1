import { errorCodes, type RunEnding } from "@mini-openclaw/protocol";
import { followSignal } from "../shared/child-signal.ts";
import { startTimer } from "../shared/timers.ts";

/** The reason of a signal that the wall-clock brake aborted. */
class TimeIsUp extends Error {}

/** The signal of a run: aborts with its parent, or when the run has taken too long. Dispose of it at the end. */
export function startClock(
  parent: AbortSignal,
  maxRunMs: number,
): { signal: AbortSignal; dispose: () => void } {
  const run = followSignal(parent);
  const timer = startTimer(maxRunMs, () => run.abort(new TimeIsUp()));
  return {
    signal: run.signal,
    dispose: () => {
      clearTimeout(timer);
      run.dispose();
    },
  };
}

/** How a run ends in which something was thrown. */
export function toEnding(error: unknown, signal: AbortSignal): Pick<RunEnding, "outcome" | "error"> {
  if (signal.aborted) return { outcome: signal.reason instanceof TimeIsUp ? "budget" : "aborted" };
  if (!hasCode(error)) {
    // The message may name paths or hold secrets; `onError` gets it, watchers do not.
    const message = "The agent failed. Its log says why.";
    return { outcome: "failed", error: { code: errorCodes.AGENT_FAILED, message, retryable: false } };
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
