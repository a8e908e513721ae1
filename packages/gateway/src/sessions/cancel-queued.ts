import { noUsage } from "@mini-openclaw/protocol";
import { recordAndShow } from "../run/record.ts";
import { endNotKept } from "../shared/errors.ts";
import type { LaneParts, LiveLog } from "./live-log.ts";
import type { Job } from "./queued-run.ts";
import type { JobQueue } from "./run-queue.ts";

interface CallingOff {
  job: Job;
  jobs: JobQueue;
  /** The lane's log, by the time that it is asked for. */
  live: () => LiveLog | undefined;
}

/**
 * Takes a job that waits out of its lane and ends it, as if its message had not been sent. One whose turn has come ends by
 * itself. Never rejects: an end that cannot be kept is that of the log's next opening.
 */
export async function callOff(
  { publish, now, onFailure }: Pick<LaneParts, "publish" | "now" | "onFailure">,
  { job, jobs, live }: CallingOff,
): Promise<void> {
  const { runId } = job;
  await job.queued;
  const { log } = live() ?? {};
  if (!job.waiting || !log || !jobs.takeOut(job)) return;
  try {
    const end = { type: "run_end", runId, outcome: "aborted", usage: noUsage, timestamp: now() } as const;
    await recordAndShow(publish, log, [end]);
  } catch (error) {
    job.onLost(endNotKept(error));
    onFailure(error, `run ${runId}`);
  }
}
