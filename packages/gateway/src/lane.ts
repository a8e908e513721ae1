import type { ApprovalDecision, SessionLog } from "@mini-openclaw/protocol";
import { GatewayError } from "./errors.ts";
import { type Job, toJob } from "./job.ts";
import { keepQueued } from "./keep-queued.ts";
import type { LaneParts, LiveLog } from "./lane-parts.ts";
import type { StopReason } from "./pull-agent.ts";
import type { QueuedMessage } from "./queued-message.ts";
import { showSince } from "./record.ts";
import { runMessage } from "./session-runner.ts";
import { steer } from "./steering.ts";
import type { Accepted, RunCause, SubmittedMessage } from "./submitted.ts";

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
  #jobs: Job[] = [];
  /** The log that the next job runs on. */
  #opening: Promise<SessionLog>;
  #live: LiveLog | undefined;
  #phase: "working" | "idle" | "closing" = "working";
  #wake: () => void = () => undefined;
  #isReleased = false;
  /** Resolves when the lane is empty and its log closed. Never rejects. */
  readonly done: Promise<void>;

  constructor(sessionId: string, parts: LaneParts, first: Job) {
    this.#sessionId = sessionId;
    this.#parts = parts;
    this.#jobs.push(first);
    this.#opening = parts.store.openLog(sessionId);
    this.done = this.#work();
  }

  /** Jobs running or waiting. */
  get length(): number {
    return this.#jobs.length;
  }

  /** Messages that wait: for their own run, or for the one that goes on to take them. */
  get waitingCount(): number {
    return this.#jobs.reduce((sum, { steering }) => sum + 1 + steering.waitingCount, -1);
  }

  /** The session's log, while a job runs on it. */
  get live(): LiveLog | undefined {
    return this.length > 0 ? this.#live : undefined;
  }

  /** Whether anything runs or waits but a run that is at its last words. */
  get isBusy(): boolean {
    return this.#jobs.some(({ steering }) => steering.isOpen);
  }

  has(runId: string): boolean {
    return this.#jobs.some((job) => job.runId === runId);
  }

  /** The run that goes on; absent while its message is not kept yet. */
  get runningId(): string | undefined {
    const [first] = this.#jobs;
    return first?.isBegun ? first.runId : undefined;
  }

  /** Messages that wait, oldest first. */
  get queued(): QueuedMessage[] {
    const queued = this.#jobs.flatMap(({ waiting = [], steering }) => [waiting, steering.queued].flat());
    return queued.sort((one, other) => one.seq - other.seq);
  }

  /** Whether the lane takes no more jobs. */
  get isClosing(): boolean {
    return this.#phase === "closing";
  }

  /** Takes another message; resolves when it is kept. */
  submit(message: SubmittedMessage): Promise<Accepted> {
    const [running] = this.#jobs;
    const log = this.#live?.log;
    if (message.mode === "steer" && log && running?.isBegun && running.steering.isOpen)
      return steer(this.#parts, log, running, message);
    const { mode, ...cause } = message;
    if (!running) return this.run(cause);
    const { job, accepted } = toJob(cause);
    const isNext = mode === "interrupt";
    if (isNext) this.abort(running.runId);
    const position = isNext ? 1 : this.#jobs.length;
    this.#jobs.splice(position, 0, job);
    const openedLog = () => this.#opening;
    job.queued = keepQueued(job, { ...this.#parts, message: cause, position, running, openedLog });
    return accepted;
  }

  /** Begins a run at once; the lane must not be busy. Resolves when its cause is kept. */
  run(cause: RunCause): Promise<Accepted> {
    const { job, accepted } = toJob(cause);
    this.#jobs.push(job);
    this.#wake();
    return accepted;
  }

  /** Stops the job of `runId`, or without it the one that is running. False if there is none. */
  abort(runId: string | undefined): boolean {
    const job = runId === undefined ? this.#jobs[0] : this.#jobs.find((one) => one.runId === runId);
    job?.stop.abort("aborted" satisfies StopReason);
    return job !== undefined;
  }

  /** Answers a tool call of the run that goes on. False if none such waits. */
  approve(callId: string, decision: ApprovalDecision): boolean {
    return this.#jobs[0]?.decisions.decide(callId, decision) ?? false;
  }

  interrupt(): void {
    for (const job of this.#jobs) job.stop.abort("interrupted" satisfies StopReason);
  }

  /** Lets the log go as soon as the lane is empty; from an empty one on, it takes no more. */
  release(): void {
    this.#isReleased = true;
    if (this.#phase === "idle" && this.#jobs.length === 0) this.#phase = "closing";
    this.#wake();
  }

  async #work(): Promise<void> {
    let shownSeq: number | undefined;
    try {
      for (;;) {
        const log = await this.#opening;
        if (shownSeq !== undefined) await showSince(this.#parts.publish, log, shownSeq);
        await this.#useLog(log);
        shownSeq = log.lastSeq;
        this.#live = undefined;
        if (this.isClosing) return await log.close();
        this.#opening = this.#reopen(log);
      }
    } catch (error) {
      this.#phase = "closing";
      const jobs = this.#jobs.splice(0);
      for (const job of jobs) job.onRefused(error);
      // A message that is refused tells its client; one that was accepted before has nobody to tell.
      if (jobs.every(({ queued }) => queued !== undefined)) {
        this.#parts.onFailure(error, `the lane of session ${this.#sessionId}`);
      }
    }
  }

  /** A fresh log in the place of one that failed: its opening ends every run of the old one, and those that waited with it. */
  async #reopen(failed: SessionLog): Promise<SessionLog> {
    await failed.close();
    this.#jobs = this.#jobs.filter(({ waiting }) => waiting === undefined);
    return this.#parts.store.openLog(this.#sessionId);
  }

  /** Runs jobs on one log, until none has come for a while or one asks for a fresh log. */
  async #useLog(log: SessionLog): Promise<void> {
    for (let isFresh = true; ; isFresh = false) {
      this.#live = { log, sinceSeq: log.lastSeq };
      this.#parts.touch(this.#sessionId);
      if ((await this.#runJobs(log, isFresh)) === "reopen") return;
      await log.settle();
      this.#parts.touch(this.#sessionId);
      if (!(await this.#waitForJob())) return;
    }
  }

  async #runJobs(log: SessionLog, isFresh: boolean): Promise<AfterJob> {
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
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
      this.#jobs.shift();
      return "go_on";
    } catch (error) {
      // A log that was idle may have been closed under us, by an archive command say: the job is tried on a fresh one.
      const isAccepted = job.isBegun || queued !== undefined;
      const isRefusal = GatewayError.is(error);
      if (!isAccepted && !isFresh && !isRefusal) return "reopen";
      if (!isRefusal) this.#parts.onFailure(error, `run ${runId}`);
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
}
