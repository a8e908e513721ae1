import type {
  ContentBlock,
  MessageMode,
  MessageQueuedEvent,
  NumberedEvent,
  RunEndEvent,
  RunFailure,
  RunOutcome,
  Usage,
} from "@mini-openclaw/protocol";

/** A message on its way to a run. */
export interface SubmittedMessage {
  /** Set for an answer that is added in place of the agent's. @default a user's message */
  role?: "assistant";
  content: string;
  /** The parts of a message with files. */
  blocks?: ContentBlock[];
  requestId?: string;
  mode?: MessageMode;
}

/** A message or retry that was accepted. It will end in exactly one `run_end` of this run. */
export interface Accepted {
  runId: string;
  /** The number of runs before it in its session. */
  position: number;
}

/**
 * The reason for a run: a new message, which may replace the message `editOf` or be an answer, or a
 * retry of the run `retryOf`.
 */
export type RunCause =
  | (Omit<SubmittedMessage, "mode"> & { editOf?: string })
  | { retryOf: string; requestId?: string };

/** A message in the queue, as it was recorded. */
export type QueuedMessage = NumberedEvent & MessageQueuedEvent;

/** The end of a run. */
export interface RunResult {
  outcome: RunOutcome;
  /** All text of the run, joined. */
  content: string;
  /** Tokens of all turns. */
  usage: Usage;
  /** US dollars. Absent if the price of one of the models is not known. */
  costUsd?: number;
  /** Why the run failed, or which limit ended it. Absent if it did neither. */
  error?: RunFailure;
}

/** Returns the result of a run that said `content`. */
export function toResult(
  { outcome, usage, costUsd, error }: Omit<RunEndEvent, "type">,
  content: string,
): RunResult {
  return { outcome, content, usage, ...(costUsd !== undefined && { costUsd }), ...(error && { error }) };
}

/** An accepted message or retry, and the end of its run. */
export interface AcceptedRun extends Accepted {
  /**
   * Resolves with the run's end. Absent if the run has ended before: the transcript has its end.
   */
  readonly ended: Promise<RunResult> | undefined;
  /** True if it was accepted before, under the same request id. */
  readonly isRepeated: boolean;
  /**
   * The number before the run's first event. Set if the run is on another node, whose events come
   * later than this.
   */
  readonly after?: number;
}

/**
 * Called when a message is saved, before its event is emitted. Without `after`, the next event of
 * the session is the first one of interest.
 */
export type OnSaved = (runId: string, after?: number) => void;

/** Why a run is stopped from outside. These are outcomes of its `run_end`. */
export type StopReason = "aborted" | "interrupted";

/** The reason of a run's signal: an `AbortError`, as `fetch` and timers throw it. */
export class RunStopped extends Error {
  override readonly name = "AbortError";
  readonly outcome: StopReason;

  constructor(outcome: StopReason) {
    super(outcome === "aborted" ? "The run was stopped." : "The run was interrupted.");
    this.outcome = outcome;
  }
}
