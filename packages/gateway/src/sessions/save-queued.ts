import type { SessionLog } from "@mini-openclaw/protocol";
import { type QueuedMessage, recordQueued } from "../run/queued-message.ts";
import type { Publish } from "../run/record.ts";
import type { SubmittedMessage } from "../run/run-cause.ts";
import type { Job } from "./queued-run.ts";

interface Queueing {
  publish: Publish;
  now: () => number;
  message: Omit<SubmittedMessage, "mode">;
  /** Runs before it in its lane. */
  position: number;
  /** The job that is running. */
  running: Job;
  /** The lane's log, by the time that it is asked for. */
  openedLog: () => Promise<SessionLog>;
}

/** Keeps the message of a job that must wait, and accepts the job; refuses it where that cannot be. Says which. Never rejects. */
export async function keepQueued(
  job: Job,
  { publish, now, message, position, running, openedLog }: Queueing,
): Promise<boolean> {
  const { runId } = job;
  const onKept = (kept: QueuedMessage) => {
    job.waiting = kept;
    job.onAccepted({ runId, position });
  };
  try {
    // Until then the log may turn out to be closed, and another be opened.
    await running.settled;
    await recordQueued({ publish, onKept }, await openedLog(), { runId, timestamp: now(), ...message });
    return true;
  } catch (error) {
    job.onRefused(error);
    return false;
  }
}
