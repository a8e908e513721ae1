import type { SessionLog, SessionStore } from "@mini-openclaw/protocol";
import { type RunnerParts, runMessage, type StopReason } from "./session-runner.ts";

export interface LaneParts extends RunnerParts {
  store: Pick<SessionStore, "loadMessages" | "openLog">;
}

/** The log of a session in which something runs. */
export interface LiveLog {
  readonly log: SessionLog;
  /** No live event after this number has been dropped. */
  readonly sinceSeq: number;
}

/** A message on its way through a lane. Exactly one of the two callbacks is called, once. */
export interface Job {
  readonly runId: string;
  readonly message: { content: string; requestId?: string };
  /** The message is kept, at this place in the lane. */
  readonly onAccepted: (position: number) => void;
  /** The message could not be kept and will not run. */
  readonly onRefused: (error: unknown) => void;
}

interface WaitingJob extends Job {
  readonly stop: AbortController;
  /** Whether the store keeps the message as a queued one; absent for the job that found the lane empty. */
  queued?: Promise<boolean>;
}

/**
 * The queue of one session: runs its jobs one by one, in order, on one log.
 *
 * It works from its first job until it is empty, then lets the log go and is not used again. A message that must wait
 * is recorded as `message_queued` before it counts as accepted.
 */
export class Lane {
  readonly #sessionId: string;
  readonly #parts: LaneParts;
  readonly #jobs: WaitingJob[] = [];
  #opening: Promise<SessionLog> | undefined;
  #live: LiveLog | undefined;
  #phase: "working" | "closing" = "working";
  /** Resolves when the lane is empty and its log closed. Never rejects. */
  readonly done: Promise<void>;

  constructor(sessionId: string, parts: LaneParts, first: Job) {
    this.#sessionId = sessionId;
    this.#parts = parts;
    this.#jobs.push({ ...first, stop: new AbortController() });
    this.done = this.#work();
  }

  /** Jobs running or waiting. */
  get length(): number {
    return this.#jobs.length;
  }

  /** The session's log, while it is open. */
  get live(): LiveLog | undefined {
    return this.#live;
  }

  /** Whether the lane takes no more jobs, because its last one has ended. */
  get closing(): boolean {
    return this.#phase === "closing";
  }

  push(job: Job): void {
    const waiting: WaitingJob = { ...job, stop: new AbortController() };
    const position = this.#jobs.push(waiting) - 1;
    waiting.queued = this.#recordQueued(waiting, position);
  }

  /** Stops the job of `runId`, or without it the one that is running. False if there is none. */
  abort(runId: string | undefined): boolean {
    const job = runId === undefined ? this.#jobs[0] : this.#jobs.find((one) => one.runId === runId);
    job?.stop.abort("aborted" satisfies StopReason);
    return job !== undefined;
  }

  interrupt(): void {
    for (const job of this.#jobs) job.stop.abort("interrupted" satisfies StopReason);
  }

  async #work(): Promise<void> {
    let shownSeq: number | undefined;
    try {
      while (this.#jobs.length > 0) {
        this.#opening = this.#parts.store.openLog(this.#sessionId);
        const log = await this.#opening;
        this.#live = { log, sinceSeq: log.lastSeq };
        if (shownSeq !== undefined) await this.#publishSince(log, shownSeq);
        const isAtRest = await this.#runJobs(log);
        shownSeq = log.lastSeq;
        if (isAtRest) await log.settle();
        this.#live = undefined;
        await log.close();
      }
    } catch (error) {
      this.#parts.onFailure(error, `the lane of session ${this.#sessionId}`);
      this.#phase = "closing";
      for (const job of this.#jobs.splice(0)) job.onRefused(error);
    }
  }

  /**
   * Runs jobs until none is left: then the session is at rest. False when the end of one could not be recorded: it
   * leaves its journal, from which the next opening of the log ends it.
   */
  async #runJobs(log: SessionLog): Promise<boolean> {
    let isAtRest = true;
    for (let job = this.#jobs[0]; job && isAtRest; job = this.#jobs[0]) {
      isAtRest = await this.#runJob(log, job);
      this.#jobs.shift();
    }
    // In the same breath as the look at the jobs: one that came between the two would be lost.
    if (this.#jobs.length === 0) this.#phase = "closing";
    return isAtRest;
  }

  /** Runs one job to its end, or refuses it. False when it was accepted and its end could not be recorded. */
  async #runJob(log: SessionLog, job: WaitingJob): Promise<boolean> {
    const { runId, message, stop, queued } = job;
    let isAccepted = queued !== undefined;
    try {
      if (queued && !(await queued)) return true;
      const onAccepted = () => {
        isAccepted = true;
        if (!queued) job.onAccepted(0);
      };
      await runMessage(this.#parts, { log, runId, message, signal: stop.signal, onAccepted });
    } catch (error) {
      this.#parts.onFailure(error, `run ${runId}`);
      if (isAccepted) return false;
      job.onRefused(error);
    }
    return true;
  }

  async #recordQueued({ runId, message, onAccepted, onRefused }: Job, position: number): Promise<boolean> {
    try {
      const log = await this.#opening;
      if (!log) throw new TypeError("a job was pushed before the lane began to work");
      const timestamp = this.#parts.now();
      this.#parts.publish(await log.record([{ type: "message_queued", runId, timestamp, ...message }]));
      onAccepted(position);
      return true;
    } catch (error) {
      onRefused(error);
      return false;
    }
  }

  /** Shows what the opening of the log added to end a run that this lane could not end. */
  async #publishSince(log: SessionLog, after: number): Promise<void> {
    if (log.lastSeq === after) return;
    for await (const recorded of log.read({ after })) {
      this.#parts.publish([recorded]);
      if (recorded.event.seq >= log.lastSeq) break;
    }
  }
}
