import type { ApprovalDecision, RunFailure } from "../session/events.ts";
import type { RunOutcome } from "../session/messages.ts";

/** An instruction for a sub-agent. */
export interface TaskRequest {
  /** The tool call that starts the sub-agent. */
  callId: string;
  /** The instruction: the user message of the sub-agent's session. */
  content: string;
  /** Stops the sub-agent when it aborts. */
  signal: AbortSignal;
  /**
   * Asks the user of the call's own session before a tool call of the sub-agent. Called for one
   * call at a time. A rejection denies the call. `elsewhere` resolves if the decision is made in
   * the sub-agent's session.
   */
  decide: (reason: string, elsewhere: Promise<ApprovalDecision>) => Promise<ApprovalDecision>;
}

/** A sub-agent that runs. */
export interface StartedTask {
  /** The sub-agent's own session. */
  sessionId: string;
  /** Resolves with the end of the sub-agent's run. Rejects if the end cannot be recorded. */
  ended: Promise<TaskResult>;
}

/** The end of a sub-agent's run. */
export interface TaskResult {
  outcome: RunOutcome;
  /** All text of the run, joined. */
  content: string;
  /** The reason why the run failed, or the limit that ended it. */
  error?: RunFailure;
}
