import type { SessionLog, SessionStore } from "@mini-openclaw/protocol";
import { type RunnerParts, runMessage, type StopReason } from "./session-runner.ts";

export interface LaneParts extends RunnerParts {
  store: Pick<SessionStore, "loadMessages" | "openLog">;
  /** How long the log stays open when the session has come to rest. */
  idleMs: number;
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

/** What follows a job: the next one, on the same log or on a fresh one. */
type AfterJob = "go_on" | "reopen";

/**
 * The queue of one session: runs its jobs one by one, in order, on one log.
 *
 * It works from its first job until it has been empty for `idleMs`, then lets the log go and is not used again. A message
 * that must wait is recorded as `message_queued` before it counts as accepted.
 */
export class Lane {
  readonly #sessionId: string;
  readonly #parts: LaneParts;
  readonly #jobs: WaitingJob[] = [];
  #opening: Promise<SessionLog> | undefined;
  #live: LiveLog | undefined;
  #phase: "working" | "idle" | "closing" = "working";
  #wake: () => void = () => undefined;
  #isReleased = false;
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

  /** The session's log, while a job runs on it. */
  get live(): LiveLog | undefined {
    return this.length > 0 ? this.#live : undefined;
  }

  /** Whether the lane takes no more jobs. */
  get isClosing(): boolean {
    return this.#phase === "closing";
  }

  push(job: Job): void {
    const waiting: WaitingJob = { ...job, stop: new AbortController() };
    const position = this.#jobs.push(waiting) - 1;
    if (position > 0) waiting.queued = this.#recordQueued(waiting, position);
    this.#wake();
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

  /** Lets the log go as soon as the lane is empty. */
  release(): void {
    this.#isReleased = true;
    this.#wake();
  }

  async #work(): Promise<void> {
    let shownSeq: number | undefined;
    try {
      while (this.#jobs.length > 0) {
        this.#opening = this.#parts.store.openLog(this.#sessionId);
        const log = await this.#opening;
        if (shownSeq !== undefined) await this.#publishSince(log, shownSeq);
        await this.#useLog(log);
        shownSeq = log.lastSeq;
        this.#live = undefined;
        await log.close();
      }
    } catch (error) {
      this.#parts.onFailure(error, `the lane of session ${this.#sessionId}`);
      this.#phase = "closing";
      for (const job of this.#jobs.splice(0)) job.onRefused(error);
    }
  }

  /** Runs jobs on one log, until none has come for a while or one asks for a fresh log. */
  async #useLog(log: SessionLog): Promise<void> {
    for (let isFresh = true; ; isFresh = false) {
      this.#live = { log, sinceSeq: log.lastSeq };
      if ((await this.#runJobs(log, isFresh)) === "reopen") return;
      await log.settle();
      if (!(await this.#waitForJob())) return;
    }
  }

  async #runJobs(log: SessionLog, isFresh: boolean): Promise<AfterJob> {
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      const after = await this.#runJob(log, job, isFresh);
      if (after === "reopen" && this.#jobs.length === 0) this.#phase = "closing";
      if (after === "reopen") return after;
    }
    this.#phase = "idle";
    return "go_on";
  }

  /** Runs one job to its end and takes it out of the lane, or refuses it, or leaves it for a fresh log. */
  async #runJob(log: SessionLog, job: WaitingJob, isFresh: boolean): Promise<AfterJob> {
    const { runId, message, stop, queued } = job;
    let isAccepted = queued !== undefined;
    const onAccepted = () => {
      isAccepted = true;
      if (!queued) job.onAccepted(0);
    };
    try {
      if (!queued || (await queued)) {
        await runMessage(this.#parts, { log, runId, message, signal: stop.signal, onAccepted });
      }
      this.#jobs.shift();
      return "go_on";
    } catch (error) {
      // A log that was idle may have been closed under us, by an archive command say: the job is tried on a fresh one.
      if (!isAccepted && !isFresh) return "reopen";
      this.#parts.onFailure(error, `run ${runId}`);
      this.#jobs.shift();
      // An accepted run whose end could not be recorded leaves its journal: the next opening of the log ends it.
      if (isAccepted) return "reopen";
      job.onRefused(error);
      return "go_on";
    }
  }

  /** Waits, its session at rest, for another job. False when none came in time: then the lane takes no more. */
  async #waitForJob(): Promise<boolean> {
    if (this.#jobs.length === 0 && !this.#isReleased) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, this.#parts.idleMs).unref();
      });
      clearTimeout(timer);
    }
    // In the same breath as the look at the jobs: one that came between the two would be lost.
    this.#phase = this.#jobs.length > 0 ? "working" : "closing";
    return this.#jobs.length > 0;
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
