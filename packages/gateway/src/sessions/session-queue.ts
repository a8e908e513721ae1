import type { SessionLog } from "@mini-openclaw/protocol";
import { showSince } from "../run/record.ts";
import type { Accepted, SubmittedMessage } from "../run/run-cause.ts";
import { runMessage } from "../run/run-message.ts";
import { steer } from "../run/steering.ts";
import { endNotKept, GatewayError, toClientError } from "../shared/errors.ts";
import { callOff } from "./cancel-queued.ts";
import type { LaneParts, LiveLog } from "./live-log.ts";
import { type Job, takesSteering, toJob } from "./queued-run.ts";
import { JobQueue } from "./run-queue.ts";
import { keepQueued } from "./save-queued.ts";

/** What follows a job: the next one, on the same log or on a fresh one. */
type AfterJob = "go_on" | "reopen";

/** What a lane begins with. */
interface LaneStart {
  /** Absent where runs that were left without an end are all that there is to do. */
  job?: Job | undefined;
  /** There are ends to show after this place, that the opening of the log is to add. */
  shownSeq?: number | undefined;
}

/**
 * The queue of one session: runs its jobs one by one, in order, on one log.
 *
 * It works from its first job until it has been empty for `idleMs`, then lets the log go and is not used again. A message
 * that must wait is recorded as `message_queued` before it counts as accepted.
 */
export class Lane {
  readonly jobs = new JobQueue();
  readonly #sessionId: string;
  readonly #parts: LaneParts;
  /** Accepted, and their end not kept: the next opening of the log ends them. */
  #unended: Job[] = [];
  /** There while some have no end: the place after which that will be shown. */
  #shownSeq: number | undefined;
  #seqBefore = 0;
  /** The log that the next job runs on. */
  #opening: Promise<SessionLog>;
  #live: LiveLog | undefined;
  #phase: "working" | "idle" | "closing" = "working";
  #wake: () => void = () => undefined;
  #isReleased = false;
  /** Resolves when the lane is empty and its log closed. Never rejects. */
  readonly done: Promise<void>;

  constructor(sessionId: string, parts: LaneParts, { job, shownSeq }: LaneStart) {
    this.#sessionId = sessionId;
    this.#parts = parts;
    this.#shownSeq = shownSeq;
    if (job) this.jobs.insert(job, 0);
    this.#opening = this.#open();
    this.done = this.#work();
  }

  /** Resolves when the log is open, which ends what was left without an end. Rejects as the store does. */
  async opened(): Promise<void> {
    await this.#opening;
  }

  /** The session's log, while it has the live events of its runs. */
  get live(): LiveLog | undefined {
    return this.#live;
  }

  /** Whether the lane takes no more jobs. */
  get isClosing(): boolean {
    return this.#phase === "closing";
  }

  /** When it is done: after this place there are ends to show when the log is opened again; absent when there are none. */
  get unendedSince(): number | undefined {
    return this.#shownSeq;
  }

  /** Rejects when the run was lost: its end could not be kept. `undefined` if the lane has no such run. */
  lost(runId: string): Promise<never> | undefined {
    return (this.jobs.find(runId) ?? this.#unended.find((job) => job.runId === runId))?.lost;
  }

  /** Takes another message; resolves when it is kept. */
  submit(message: SubmittedMessage, onKept: () => void): Promise<Accepted> {
    const { first: running } = this.jobs;
    const log = this.#live?.log;
    const { mode, ...cause } = message;
    const job = toJob(cause, onKept);
    if (mode === "steer" && log && running && takesSteering(running)) {
      void steer(this.#parts, log, running, { message: cause, job });
      return job.accepted;
    }
    if (!running) return this.run(job);
    job.isInterrupt = mode === "interrupt";
    if (job.isInterrupt) this.jobs.abort(running.runId);
    const position = job.isInterrupt ? this.jobs.interruptPosition : this.jobs.length;
    this.jobs.insert(job, position);
    const openedLog = () => this.#opening;
    job.queued = keepQueued(job, { ...this.#parts, message: cause, position, running, openedLog });
    return job.accepted;
  }

  /** Stops the job of `runId`, or without it the one that is running. One that waits is gone at once. False if there is none. */
  abort(runId: string | undefined): boolean {
    const job = this.jobs.abort(runId);
    if (job) void callOff(this.#parts, { job, jobs: this.jobs, live: () => this.#live });
    return job !== undefined;
  }

  /** Begins a run at once; the lane must not be busy. Resolves when its cause is kept. */
  run(job: Job): Promise<Accepted> {
    this.jobs.insert(job, this.jobs.length);
    this.#wake();
    return job.accepted;
  }

  /** Lets the log go as soon as the lane is empty; from an empty one on, it takes no more. */
  release(): void {
    this.#isReleased = true;
    if (this.#phase === "idle" && this.jobs.length === 0) this.#phase = "closing";
    this.#wake();
  }

  /** The first log. Its opening ends what a dead writer left: watchers are shown that too. */
  async #open(): Promise<SessionLog> {
    const { store } = this.#parts;
    this.#seqBefore = (await store.getSession(this.#sessionId))?.lastSeq ?? 0;
    return store.openLog(this.#sessionId);
  }

  async #work(): Promise<void> {
    let log: SessionLog | undefined;
    try {
      for (;;) {
        log = await this.#opening;
        await showSince(this.#parts.publish, log, this.#shownSeq ?? this.#seqBefore);
        this.#shownSeq = undefined;
        this.#unended = [];
        await this.#useLog(log);
        this.#live = undefined;
        if (this.isClosing) return await log.close();
        this.#opening = this.#reopen(log);
      }
    } catch (error) {
      this.#phase = "closing";
      this.#live = undefined;
      // A log that cannot be used would lock its session. That it cannot be closed either follows from the error.
      try {
        await log?.close();
      } catch {
        // The first error is the one to report.
      }
      this.#lose(error, log !== undefined);
    }
  }

  /** A fresh log in the place of one that failed: its opening ends every run of the old one, and those that waited with it. */
  async #reopen(failed: SessionLog): Promise<SessionLog> {
    this.#seqBefore = failed.lastSeq;
    if (this.#unended.length > 0) this.#shownSeq = failed.lastSeq;
    await failed.close();
    this.#unended.push(...this.jobs.takeWaiting());
    return this.#parts.store.openLog(this.#sessionId);
  }

  /** Tells every job that there is no log to run on, or to end on. */
  #lose(error: unknown, wasOpen: boolean): void {
    const jobs = this.jobs.takeAll();
    for (const job of jobs) job.onRefused(error);
    for (const job of [...jobs, ...this.#unended.splice(0)]) job.onLost(endNotKept(error));
    // Who has a message refused, or opened it without one, is told; one that was accepted before has nobody to tell.
    const isTold = jobs.length === 0 ? !wasOpen : jobs.some(({ queued }) => queued === undefined);
    if (!isTold) this.#parts.onFailure(error, `the lane of session ${this.#sessionId}`);
    // Of a session that was put away, say: to do so ended what was left.
    if (!toClientError(error).retryable) this.#shownSeq = undefined;
    this.#parts.touch(this.#sessionId);
  }

  /** Runs jobs on one log, until none has come for a while or one asks for a fresh log. */
  async #useLog(log: SessionLog): Promise<void> {
    for (let isFresh = true; ; isFresh = false) {
      this.#live = { log, sinceSeq: log.lastSeq };
      this.#parts.touch(this.#sessionId);
      if ((await this.#runJobs(log, isFresh)) === "reopen") return;
      if (this.#isRead) await this.#waitForReaders();
      if (this.jobs.length > 0) continue;
      this.#live = undefined;
      await log.settle();
      this.#parts.touch(this.#sessionId);
      if (!(await this.#waitForJob())) return;
    }
  }

  async #runJobs(log: SessionLog, isFresh: boolean): Promise<AfterJob> {
    for (let job = this.jobs.first; job; job = this.jobs.first) {
      const after = await this.#runJob(log, job, isFresh);
      if (after === "reopen") return after;
    }
    this.#phase = "idle";
    return "go_on";
  }

  /** Runs one job to its end and takes it out of the lane, or refuses it, or leaves it for a fresh log. */
  async #runJob(log: SessionLog, job: Job, isFresh: boolean): Promise<AfterJob> {
    const { runId, cause, stop, steering, decisions, queued } = job;
    const onAccepted = () => {
      job.isBegun = true;
      job.waiting = undefined;
      if (!queued) job.onAccepted({ runId, position: 0 });
    };
    try {
      if (!queued || (await queued)) {
        await runMessage(this.#parts, {
          log,
          runId,
          cause,
          signal: stop.signal,
          steering,
          decisions,
          onAccepted,
        });
      }
      this.jobs.shift();
      return "go_on";
    } catch (error) {
      // A log that was idle may have been closed under us, by an archive command say: the job is tried on a fresh one.
      const isAccepted = job.isBegun || queued !== undefined;
      const isRefusal = GatewayError.is(error);
      if (!isAccepted && !isFresh && !isRefusal) return "reopen";
      if (!isRefusal) this.#parts.onFailure(error, `run ${runId}`);
      this.jobs.shift();
      if (!isAccepted) {
        job.onRefused(error);
        return "go_on";
      }
      // Its journal is still there: the next opening of the log ends it.
      this.#unended.push(job);
      return "reopen";
    }
  }

  /** Whether a watch has yet to read the live events. */
  get #isRead(): boolean {
    return this.#parts.holds.has(this.#sessionId);
  }

  /** Waits for watches that have yet to read the live events, or for another job. */
  async #waitForReaders(): Promise<void> {
    const { holds } = this.#parts;
    while (this.jobs.length === 0 && this.#isRead) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        holds.onReleased(this.#sessionId, resolve);
      });
    }
  }

  /** Waits, its session at rest, for another job. False when none came in time: then the lane takes no more. */
  async #waitForJob(): Promise<boolean> {
    if (this.jobs.length === 0 && !this.#isReleased) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, this.#parts.idleMs).unref();
      });
      clearTimeout(timer);
    }
    // In the same breath as the look at the jobs: one that came between the two would be lost.
    this.#phase = this.jobs.length > 0 ? "working" : "closing";
    return this.jobs.length > 0;
  }
}
