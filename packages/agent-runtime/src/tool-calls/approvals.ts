import type { ApprovalDecision } from "@mini-openclaw/protocol";
import { followSignal } from "../shared/child-signal.ts";
import { startTimer } from "../shared/timers.ts";

/** Decides when a call may be made: at once, if a user allows it, or never. */
export type ApprovalPolicy = "allow" | "ask" | "deny";

/** The reason why a call was not made, in words for the model. */
export class ToolDenied extends Error {}

/** Decides for all calls of an agent. `undefined` leaves it to the tool's own `approval`. */
export type ApprovalRule = (call: {
  toolName: string;
  /** Checked against the tool's parameters. */
  input: unknown;
  sessionId: string;
}) => ApprovalPolicy | undefined;

/**
 * Sessions whose `session` decisions are remembered. Of more, the oldest is forgotten, and its user
 * asked again.
 */
const MAX_SESSIONS = 1000;

/** Approvals for the rest of a session. In memory only: a restart asks again. */
export interface SessionApprovals {
  has(sessionId: string, reason: string): boolean;
  add(sessionId: string, reason: string): void;
}

export function createSessionApprovals(): SessionApprovals {
  const sessions = new Map<string, Set<string>>();
  return {
    has: (sessionId, reason) => sessions.get(sessionId)?.has(reason) === true,
    add(sessionId, reason) {
      const reasons = sessions.get(sessionId) ?? new Set();
      reasons.add(reason);
      sessions.delete(sessionId);
      sessions.set(sessionId, reasons);
      const [oldest] = sessions.keys();
      if (sessions.size > MAX_SESSIONS && oldest !== undefined) sessions.delete(oldest);
    },
  };
}

/**
 * A user's decision. Without an answer in time, or without a user, the call is denied.
 *
 * @throws the signal's reason when it aborts
 */
export async function waitForDecision(
  decide: (options: { signal: AbortSignal }) => Promise<ApprovalDecision>,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<ApprovalDecision> {
  const wait = followSignal(signal);
  const timer = startTimer(timeoutMs, () => wait.abort(new Error("No decision came in time.")));
  try {
    const decision = await new Promise<ApprovalDecision>((resolve, reject) => {
      wait.signal.addEventListener("abort", () => reject(wait.signal.reason), { once: true });
      if (wait.signal.aborted) reject(wait.signal.reason);
      decide({ signal: wait.signal }).then(resolve, reject);
    });
    // It comes from code elsewhere: what is not plainly a yes is none.
    return decision === "once" || decision === "session" ? decision : "deny";
  } catch {
    // The decision failed or did not come in time: the call is not made.
    signal.throwIfAborted();
    return "deny";
  } finally {
    clearTimeout(timer);
    wait.dispose();
  }
}
