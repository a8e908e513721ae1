import type { ApprovalDecision, ResyncEvent, SessionLog } from "@mini-openclaw/protocol";
import type { AcceptedRun, OnSaved, SubmittedMessage } from "../run/run-types.ts";
import type { Edit } from "../sessions/add-run.ts";

/** Returned without a promise where the session's queue is in this process. */
type Now<Value> = Value | Promise<Value>;

/** The numbers of a session that has live events. */
export interface LivePosition {
  readonly log: Pick<SessionLog, "epoch" | "lastSeq">;
  /** No live event after this number has been dropped. */
  readonly sinceSeq: number;
}

/** The runs of all sessions, wherever their queues are. */
export interface SessionRuns {
  submit(sessionId: string, message: SubmittedMessage, onSaved?: OnSaved): Promise<AcceptedRun>;
  retry(
    sessionId: string,
    retry: { runId: string; requestId?: string | undefined },
    onSaved?: OnSaved,
  ): Promise<AcceptedRun>;
  edit(sessionId: string, edit: Edit, onSaved?: OnSaved): Promise<AcceptedRun>;
  abort(sessionId: string, runId?: string): Now<void>;
  approve(sessionId: string, callId: string, decision: ApprovalDecision, runId?: string): Now<void>;
  /** Returns true if a run of the session is active or waits. */
  has(sessionId: string): boolean;
  hasRun(sessionId: string, runId: string): Now<boolean>;
  /** Returns the number before the first event of an active run. */
  startOf(sessionId: string, runId: string): Now<number | undefined>;
  /** Returns the epoch of the session's live events, where this process has them. */
  epochOf(sessionId: string): string | undefined;
  live(sessionId: string): Now<LivePosition | undefined>;
  progress(sessionId: string, upTo: number): Now<Pick<ResyncEvent, "runId" | "queued">>;
  /** Ends the session's runs that have no end. Waits for the run of `runId` if it is active. */
  endRuns(sessionId: string, runId?: string): Promise<void>;
  /** Closes the log of a session at rest. */
  release(sessionId: string): Promise<void>;
}
