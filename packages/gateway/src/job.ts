import { v7 as createId } from "uuid";
import { Decisions } from "./decisions.ts";
import type { QueuedMessage } from "./queued-message.ts";
import { Steering } from "./steering.ts";
import type { Accepted, RunCause } from "./submitted.ts";

/** A run on its way through a lane. */
export interface Job {
  readonly runId: string;
  readonly cause: RunCause;
  readonly stop: AbortController;
  readonly steering: Steering;
  readonly decisions: Decisions;
  /** Resolves when its cause is kept, or will not be. */
  readonly settled: Promise<void>;
  /** Its cause is kept, at this place in the lane. Called at most once, and not after `onRefused`. */
  readonly onAccepted: (accepted: Accepted) => void;
  /** Its cause could not be kept and it will not run. */
  readonly onRefused: (error: unknown) => void;
  /** Whether the store keeps its message as a queued one; absent for the job that found the lane empty. */
  queued?: Promise<boolean>;
  /** Its message, while that waits. */
  waiting?: QueuedMessage | undefined;
  /** Whether its cause is kept and the agent at work. */
  isBegun: boolean;
}

/** `accepted` settles with what becomes of the job in its lane. */
export function toJob(cause: RunCause): { job: Job; accepted: Promise<Accepted> } {
  let onAccepted: Job["onAccepted"] = () => undefined;
  let onRefused: Job["onRefused"] = () => undefined;
  const accepted = new Promise<Accepted>((resolve, reject) => {
    onAccepted = resolve;
    onRefused = reject;
  });
  const settled = accepted.then(
    () => undefined,
    () => undefined,
  );
  const job = {
    runId: createId(),
    cause,
    stop: new AbortController(),
    steering: new Steering(),
    decisions: new Decisions(),
    settled,
    onAccepted,
    onRefused,
    isBegun: false,
  };
  return { job, accepted };
}
