import type { RunEndEvent, SessionLog } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { type Publish, recordAndPublish, recordQueued } from "../run/record.ts";
import type { QueuedMessage, SubmittedMessage } from "../run/run-types.ts";
import type { QueuedRun } from "./queued-run.ts";

interface RecordDeps {
  publish: Publish;
  now: () => number;
}

interface Waiting {
  message: Omit<SubmittedMessage, "mode" | "role">;
  /** The number of runs before this one. */
  position: number;
  /** The run that is first in the queue. */
  first: QueuedRun;
  /** Returns the log of the queue as it is at that time. */
  openedLog: () => Promise<SessionLog>;
}

/**
 * Saves the message of a run that must wait, and accepts the run. Refuses it if the message cannot
 * be saved. Returns whether it was saved. Never rejects.
 */
export async function saveQueued(
  { publish, now }: RecordDeps,
  run: QueuedRun,
  { message, position, first, openedLog }: Waiting,
): Promise<boolean> {
  const onSaved = (saved: QueuedMessage) => run.queue(saved, position);
  try {
    // Until the first run is accepted or refused, the log may still be replaced.
    await first.accepted.catch(() => {});
    const log = await openedLog();
    run.assertNew();
    await recordQueued({ publish, onSaved }, log, { runId: run.runId, timestamp: now(), ...message });
    return true;
  } catch (error) {
    run.refuse(error);
    return false;
  }
}

/** Records the end of a run that was cancelled while its message waited. */
export async function endCancelled(
  { publish, now }: RecordDeps,
  log: SessionLog,
  run: QueuedRun,
): Promise<void> {
  const { runId } = run;
  const end: RunEndEvent = { type: "run_end", runId, outcome: "aborted", usage: noUsage, timestamp: now() };
  await recordAndPublish(publish, log, [end]);
  run.follow(end);
}
