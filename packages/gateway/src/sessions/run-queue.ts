import type { ApprovalDecision } from "@mini-openclaw/protocol";
import type { StopReason } from "../run/pull-agent.ts";
import type { QueuedMessage } from "../run/queued-message.ts";
import type { Job } from "./queued-run.ts";

/** The jobs of a lane, in order: the one that runs, then those that wait. */
export class JobQueue {
  #jobs: Job[] = [];

  /** The job that runs, or is about to. */
  get first(): Job | undefined {
    return this.#jobs[0];
  }

  /** Jobs running or waiting. */
  get length(): number {
    return this.#jobs.length;
  }

  /** Messages that wait: for their own run, or for the one that goes on to take them. */
  get waitingCount(): number {
    return this.#jobs.reduce((sum, { steering }) => sum + 1 + steering.waitingCount, -1);
  }

  /** Whether anything runs or waits but a run that is at its last words. */
  get isBusy(): boolean {
    return this.#jobs.some(({ steering }) => steering.isOpen);
  }

  /** The run that goes on; absent while its message is not kept yet. */
  get runningId(): string | undefined {
    return this.first?.isBegun ? this.first.runId : undefined;
  }

  /** Messages that wait, oldest first. */
  get queued(): QueuedMessage[] {
    const queued = this.#jobs.flatMap(({ waiting = [], steering }) => [waiting, steering.queued].flat());
    return queued.sort((one, other) => one.seq - other.seq);
  }

  find(runId: string): Job | undefined {
    return this.#jobs.find((job) => job.runId === runId);
  }

  /** Puts a job behind so many others. */
  insert(job: Job, position: number): void {
    this.#jobs.splice(position, 0, job);
  }

  /** Where an interrupt goes: behind the job that runs and the interrupts that wait already. */
  get interruptPosition(): number {
    const position = this.#jobs.findIndex((job, index) => index > 0 && !job.isInterrupt);
    return position < 0 ? this.#jobs.length : position;
  }

  /** Takes out the first one. */
  shift(): void {
    this.#jobs.shift();
  }

  /** Takes out those whose messages wait in the store. */
  takeWaiting(): Job[] {
    const waiting = this.#jobs.filter((job) => job.waiting !== undefined);
    this.#jobs = this.#jobs.filter((job) => job.waiting === undefined);
    return waiting;
  }

  takeAll(): Job[] {
    return this.#jobs.splice(0);
  }

  /** Takes out one that waits. False if it is not there, or its turn has come. */
  takeOut(job: Job): boolean {
    const place = this.#jobs.indexOf(job);
    if (place < 1) return false;
    this.#jobs.splice(place, 1);
    return true;
  }

  /** Stops the job of `runId`, or without it the one that is running. Gives it, if there is one. */
  abort(runId: string | undefined): Job | undefined {
    const job = runId === undefined ? this.first : this.find(runId);
    job?.stop.abort("aborted" satisfies StopReason);
    return job;
  }

  /** Answers a tool call of the run that goes on. False if none such waits. */
  approve(callId: string, decision: ApprovalDecision): boolean {
    return this.first?.decisions.decide(callId, decision) ?? false;
  }

  interrupt(): void {
    for (const job of this.#jobs) job.stop.abort("interrupted" satisfies StopReason);
  }
}
