import type { ApprovalDecision, ResyncEvent } from "@mini-openclaw/protocol";
import { withoutPlace } from "../run/queued-message.ts";
import type { Accepted, SubmittedMessage } from "../run/run-cause.ts";
import { LONGEST_MS } from "../shared/check-options.ts";
import { draining, GatewayError } from "../shared/errors.ts";
import { RecentRequests } from "./idempotency.ts";
import type { LaneParts, LiveLog } from "./live-log.ts";
import { type Job, toJob } from "./queued-run.ts";
import { Lane } from "./session-queue.ts";

// Chosen: logs of sessions at rest that stay open, each with a few file descriptors. The one idle longest is let go first.
const MAX_IDLE_LANES = 100;

// Chosen: how soon it is seen that a disk has room again.
const END_AGAIN_MS = 5000;

/** Lets one run per session through at a time; sessions do not wait for each other. */
export class Lanes {
  readonly #parts: LaneParts;
  readonly #maxQueuedMessages: number;
  readonly #lanes = new Map<string, Lane>();
  readonly #requests: RecentRequests;
  /** Sessions with runs whose end could not be kept, and the place after which it is to be shown. */
  readonly #unended = new Map<string, number>();
  #endingAgain: NodeJS.Timeout | undefined;
  #draining = false;

  constructor(parts: LaneParts, { maxQueuedMessages }: { maxQueuedMessages: number }) {
    this.#parts = parts;
    const isBusy = (sessionId: string) => this.has(sessionId) || this.#unended.has(sessionId);
    this.#requests = new RecentRequests({ store: parts.store, isBusy, endRuns: (one) => this.endRuns(one) });
    this.#maxQueuedMessages = maxQueuedMessages;
  }

  /** Sessions in which a run goes on or waits. */
  *sessionIds(): Iterable<string> {
    for (const [sessionId, { jobs }] of this.#lanes) if (jobs.length > 0) yield sessionId;
  }

  /** Whether a run of the session goes on or waits. */
  has(sessionId: string): boolean {
    return (this.#lanes.get(sessionId)?.jobs.length ?? 0) > 0;
  }

  /** Whether a run goes on or waits in the session. */
  hasRun(sessionId: string, runId: string): boolean {
    return this.#lanes.get(sessionId)?.jobs.find(runId) !== undefined;
  }

  /**
   * Rejects when a run that goes on or waits was lost: its end could not be kept. `undefined` if there is no such run.
   */
  lost(sessionId: string, runId: string): Promise<never> | undefined {
    return this.#lanes.get(sessionId)?.lost(runId);
  }

  /** Gives an end to runs of the session that were left without one. Rejects as the store does. */
  async endRuns(sessionId: string): Promise<void> {
    if (this.#draining) throw draining();
    const lane = this.#lanes.get(sessionId) ?? this.#open(sessionId);
    await lane.opened();
  }

  /** The session's log, while it has a run. */
  live(sessionId: string): LiveLog | undefined {
    return this.#lanes.get(sessionId)?.live;
  }

  /** What goes on and what waits in the session, as a client sees it that has the events up to `upTo`. */
  progress(sessionId: string, upTo: number): Pick<ResyncEvent, "runId" | "queued"> {
    const jobs = this.#lanes.get(sessionId)?.jobs;
    const runId = jobs?.runningId;
    const queued = (jobs?.queued ?? []).filter(({ seq }) => seq <= upTo);
    return {
      ...(runId !== undefined && { runId }),
      ...(queued.length > 0 && { queued: queued.map(withoutPlace) }),
    };
  }

  /** Runs that wait for the one before them in their session. */
  waitingCount(): number {
    let count = 0;
    for (const { jobs } of this.#lanes.values()) count += Math.max(0, jobs.length - 1);
    return count;
  }

  /** Runs that go on or wait. */
  runCount(): number {
    let count = 0;
    for (const { jobs } of this.#lanes.values()) count += jobs.length;
    return count;
  }

  /**
   * Puts a message into its session's lane and resolves when it is kept; `onKept` is called before anybody is shown so.
   *
   * A message with the `requestId` of one that the session took lately is that one: it is acknowledged again and not run.
   *
   * @throws GatewayError `QUEUE_FULL`, `DRAINING`, `REQUEST_CONFLICT`; whatever the store threw when it could not keep
   * the message.
   */
  async submit(
    sessionId: string,
    message: SubmittedMessage,
    onKept: () => void = () => undefined,
  ): Promise<Accepted> {
    const { requestId, content } = message;
    const accept = () => this.#useLane(sessionId, (lane) => this.#enqueue(sessionId, lane, message, onKept));
    return requestId === undefined
      ? accept()
      : this.#requests.once(sessionId, requestId, { content }, accept);
  }

  /**
   * Answers the messages of the session's newest run anew and resolves when that is kept. One with the `requestId` of one
   * that the session took lately is that one.
   *
   * @throws GatewayError `RUN_NOT_FOUND`, `SESSION_BUSY`, `DRAINING`, `REQUEST_CONFLICT`; whatever the store threw
   */
  async retry(
    sessionId: string,
    { runId: retryOf, requestId }: { runId: string; requestId?: string | undefined },
    onKept: () => void = () => undefined,
  ): Promise<Accepted> {
    const cause = { retryOf, ...(requestId !== undefined && { requestId }) };
    const accept = () =>
      this.#useLane(sessionId, (lane) => {
        if (lane?.jobs.isBusy)
          throw new GatewayError("SESSION_BUSY", "A run goes on or waits in the session. Wait, or stop it.");
        const job = toJob(cause, onKept);
        if (lane) return lane.run(job);
        this.#open(sessionId, job);
        return job.accepted;
      });
    return requestId === undefined ? accept() : this.#requests.once(sessionId, requestId, cause, accept);
  }

  /** Hands over the session's lane if it has one that takes jobs, in the same breath as the look at it: it is that only now. */
  async #useLane(sessionId: string, use: (lane: Lane | undefined) => Promise<Accepted>): Promise<Accepted> {
    let lane = this.#lanes.get(sessionId);
    while (lane?.isClosing) {
      await lane.done;
      lane = this.#lanes.get(sessionId);
    }
    if (this.#draining) throw draining();
    return use(lane);
  }

  #enqueue(
    sessionId: string,
    lane: Lane | undefined,
    message: SubmittedMessage,
    onKept: () => void,
  ): Promise<Accepted> {
    if (lane && lane.jobs.waitingCount >= this.#maxQueuedMessages && lane.jobs.length > 0) {
      throw new GatewayError(
        "QUEUE_FULL",
        `${this.#maxQueuedMessages} messages wait in this session already.`,
      );
    }
    if (!lane) {
      const { mode: _, ...cause } = message;
      const job = toJob(cause, onKept);
      this.#open(sessionId, job);
      return job.accepted;
    }
    // Used last, let go last.
    this.#lanes.delete(sessionId);
    this.#lanes.set(sessionId, lane);
    return lane.submit(message, onKept);
  }

  /**
   * Stops the session's run, or the one named. One that waits ends at once, and its message is not kept.
   *
   * @throws GatewayError `RUN_NOT_FOUND`
   */
  abort(sessionId: string, runId?: string): void {
    if (this.#lanes.get(sessionId)?.abort(runId)) return;
    const missing = runId === undefined ? "no run" : "no run of that id";
    throw new GatewayError("RUN_NOT_FOUND", `The session has ${missing}, going on or waiting.`);
  }

  /**
   * Answers a tool call that waits for a user. The first answer counts.
   *
   * @throws GatewayError `APPROVAL_EXPIRED`
   */
  approve(sessionId: string, callId: string, decision: ApprovalDecision): void {
    if (this.#lanes.get(sessionId)?.jobs.approve(callId, decision)) return;
    throw new GatewayError("APPROVAL_EXPIRED", "callId: no such call waits for a decision, or not any more.");
  }

  /** Closes the log of a session at rest, so that the store does not close it under a message that comes. */
  async release(sessionId: string): Promise<void> {
    const lane = this.#lanes.get(sessionId);
    lane?.release();
    await lane?.done;
  }

  /** Takes no more messages, gives the runs `drainMs` to end, then interrupts them. Resolves when all have ended. */
  async close(drainMs: number): Promise<void> {
    this.#draining = true;
    clearTimeout(this.#endingAgain);
    const lanes = [...this.#lanes.values()];
    for (const lane of lanes) lane.release();
    const timer = setTimeout(
      () => {
        for (const { jobs } of lanes) jobs.interrupt();
      },
      Math.min(drainMs, LONGEST_MS),
    );
    await Promise.all(lanes.map(({ done }) => done));
    clearTimeout(timer);
  }

  #open(sessionId: string, job?: Job): Lane {
    const lane = new Lane(sessionId, this.#parts, { job, shownSeq: this.#unended.get(sessionId) });
    this.#unended.delete(sessionId);
    this.#lanes.set(sessionId, lane);
    void lane.done.then(() => {
      this.#lanes.delete(sessionId);
      if (lane.unendedSince !== undefined) this.#endLater(sessionId, lane.unendedSince);
    });
    this.#releaseIdle();
    return lane;
  }

  /** The disk may have room again before somebody speaks to the session. */
  #endLater(sessionId: string, shownSeq: number): void {
    this.#unended.set(sessionId, shownSeq);
    if (this.#draining || this.#endingAgain) return;
    const again = () => {
      this.#endingAgain = undefined;
      for (const one of [...this.#unended.keys()])
        this.endRuns(one).catch((error: unknown) =>
          this.#parts.onFailure(error, `the lane of session ${one}`),
        );
    };
    this.#endingAgain = setTimeout(again, END_AGAIN_MS).unref();
  }

  #releaseIdle(): void {
    if (this.#lanes.size <= MAX_IDLE_LANES) return;
    const idle = [...this.#lanes.values()].filter(({ jobs }) => jobs.length === 0);
    if (idle.length > MAX_IDLE_LANES) idle[0]?.release();
  }
}
