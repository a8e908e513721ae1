import type { MessageMode } from "@mini-openclaw/protocol";

export interface SubmittedMessage {
  content: string;
  requestId?: string;
  mode?: MessageMode;
}

/** A message or retry that was accepted: it will end in exactly one `run_end` of this run. */
export interface Accepted {
  runId: string;
  /** Runs before it in its lane. */
  position: number;
}

/** What a run answers: a new message, or once more those of the run `retryOf`. */
export type RunCause = Omit<SubmittedMessage, "mode"> | { retryOf: string; requestId?: string };
