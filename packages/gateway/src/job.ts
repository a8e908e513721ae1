import type { MessageMode } from "@mini-openclaw/protocol";
import { v7 as createId } from "uuid";
import { Decisions } from "./decisions.ts";
import { Steering } from "./steering.ts";

/** A message that was accepted: it will end in exactly one `run_end` of this run. */
export interface Accepted {
  runId: string;
  /** Runs before it in its lane. */
  position: number;
}

export interface SubmittedMessage {
  content: string;
  requestId?: string;
  mode?: MessageMode;
}

/** A message on its way through a lane. */
export interface Job {
  readonly runId: string;
  readonly message: { content: string; requestId?: string };
  readonly stop: AbortController;
  readonly steering: Steering;
  readonly decisions: Decisions;
  /** The message is kept, at this place in the lane. Called at most once, and not after `onRefused`. */
  readonly onAccepted: (accepted: Accepted) => void;
  /** The message could not be kept and will not run. */
  readonly onRefused: (error: unknown) => void;
  /** Whether the store keeps the message as a queued one; absent for the job that found the lane empty. */
  queued?: Promise<boolean>;
}

/** `accepted` settles with what becomes of the message in its lane. */
export function toJob({ content, requestId }: SubmittedMessage): { job: Job; accepted: Promise<Accepted> } {
  let onAccepted: Job["onAccepted"] = () => undefined;
  let onRefused: Job["onRefused"] = () => undefined;
  const accepted = new Promise<Accepted>((resolve, reject) => {
    onAccepted = resolve;
    onRefused = reject;
  });
  const message = { content, ...(requestId !== undefined && { requestId }) };
  const job = {
    runId: createId(),
    message,
    stop: new AbortController(),
    steering: new Steering(),
    decisions: new Decisions(),
    onAccepted,
    onRefused,
  };
  return { job, accepted };
}
