import type { ApprovalDecision, MessageQueuedEvent, ResyncEvent } from "@mini-openclaw/protocol";
import { draining, GatewayError } from "./errors.ts";
import { toJob } from "./job.ts";
import { Lane } from "./lane.ts";
import type { LaneParts, LiveLog } from "./lane-parts.ts";
import type { QueuedMessage } from "./queued-message.ts";
import { RecentRequests } from "./recent-requests.ts";
import type { Accepted, RunCause, SubmittedMessage } from "./submitted.ts";

// Chosen: logs of sessions at rest that stay open, each with a few file descriptors. The one idle longest is let go first.
const MAX_IDLE_LANES = 100;

/** Lets one run per session through at a time; sessions do not wait for each other. */
export class Lanes {
  readonly #parts: LaneParts;
  readonly #maxQueuedMessages: number;
  readonly #lanes = new Map<string, Lane>();
  readonly #requests: RecentRequests;
  #draining = false;

  constructor(parts: LaneParts, { maxQueuedMessages }: { maxQueuedMessages: number }) {
    this.#parts = parts;
    this.#requests = new RecentRequests(parts.store);
    this.#maxQueuedMessages = maxQueuedMessages;
  }

  /** Sessions in which a run goes on or waits. */
  *sessionIds(): Iterable<string> {
    for (const [sessionId, lane] of this.#lanes) if (lane.length > 0) yield sessionId;
  }

  /** Whether a run of the session goes on or waits. */
  has(sessionId: string): boolean {
    return (this.#lanes.get(sessionId)?.length ?? 0) > 0;
  }

  /** Whether a run goes on or waits in the session. */
  hasRun(sessionId: string, runId: string): boolean {
    return this.#lanes.get(sessionId)?.has(runId) ?? false;
  }

  /** The session's log, while it has a run. */
  live(sessionId: string): LiveLog | undefined {
    return this.#lanes.get(sessionId)?.live;
  }

  /** What goes on and what waits in the session, as a client sees it that has the events up to `upTo`. */
  progress(sessionId: string, upTo: number): Pick<ResyncEvent, "runId" | "queued"> {
    const lane = this.#lanes.get(sessionId);
    const runId = lane?.runningId;
    const queued = (lane?.queued ?? []).filter(({ seq }) => seq <= upTo);
    return {
      ...(runId !== undefined && { runId }),
      ...(queued.length > 0 && { queued: queued.map(withoutPlace) }),
    };
  }

  /** Runs that wait for the one before them in their session. */
  waitingCount(): number {
    let count = 0;
    for (const { length } of this.#lanes.values()) count += Math.max(0, length - 1);
    return count;
  }

  /** Runs that go on or wait. */
  runCount(): number {
    let count = 0;
    for (const lane of this.#lanes.values()) count += lane.length;
    return count;
  }

  /**
   * Puts a message into its session's lane and resolves when it is kept.
   *
   * A message with the `requestId` of one that the session took lately is that one: it is acknowledged again and not run.
   *
   * @throws GatewayError `QUEUE_FULL`, `DRAINING`, `REQUEST_CONFLICT`; whatever the store threw when it could not keep
   * the message.
   */
  async submit(sessionId: string, message: SubmittedMessage): Promise<Accepted> {
    const { requestId, content } = message;
    return this.#once(sessionId, requestId, { content }, (lane) => this.#enqueue(sessionId, lane, message));
  }

  /**
   * Answers the messages of the session's newest run anew and resolves when that is kept. One with the `requestId` of one
   * that this process took lately is that one.
   *
   * @throws GatewayError `RUN_NOT_FOUND`, `SESSION_BUSY`, `DRAINING`, `REQUEST_CONFLICT`; whatever the store threw
   */
  async retry(sessionId: string, retryOf: string, requestId?: string): Promise<Accepted> {
    return this.#once(sessionId, requestId, { retryOf }, (lane) => {
      if (lane?.isBusy)
        throw new GatewayError("SESSION_BUSY", "A run goes on or waits in the session. Wait, or stop it.");
      return lane ? lane.run({ retryOf }) : this.#open(sessionId, { retryOf });
    });
  }

  async #once(
    sessionId: string,
    requestId: string | undefined,
    cause: RunCause,
    accept: (lane: Lane | undefined) => Promise<Accepted>,
  ): Promise<Accepted> {
    if (requestId === undefined) return this.#useLane(sessionId, accept);
    const requests = await this.#requests.of(sessionId);
    const known = requests.get(requestId);
    if (known) {
      if (isSame(known.cause, cause)) return known.accepted;
      throw new GatewayError("REQUEST_CONFLICT", "id: another message of this session has it.");
    }
    const accepted = this.#useLane(sessionId, accept);
    requests.add(requestId, { cause, accepted });
    return accepted;
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

  #enqueue(sessionId: string, lane: Lane | undefined, message: SubmittedMessage): Promise<Accepted> {
    if (lane && lane.waitingCount >= this.#maxQueuedMessages && lane.length > 0) {
      throw new GatewayError(
        "QUEUE_FULL",
        `${this.#maxQueuedMessages} messages wait in this session already.`,
      );
    }
    if (!lane) {
      const { mode: _, ...cause } = message;
      return this.#open(sessionId, cause);
    }
    // Used last, let go last.
    this.#lanes.delete(sessionId);
    this.#lanes.set(sessionId, lane);
    return lane.submit(message);
  }

  /**
   * Stops the session's run, or the one named. One that waits ends when its turn comes, without the agent.
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
    if (this.#lanes.get(sessionId)?.approve(callId, decision)) return;
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
    const lanes = [...this.#lanes.values()];
    for (const lane of lanes) lane.release();
    const timer = setTimeout(() => {
      for (const lane of lanes) lane.interrupt();
    }, drainMs);
    await Promise.all(lanes.map(({ done }) => done));
    clearTimeout(timer);
  }

  #open(sessionId: string, cause: RunCause): Promise<Accepted> {
    const { job, accepted } = toJob(cause);
    const lane = new Lane(sessionId, this.#parts, job);
    this.#lanes.set(sessionId, lane);
    void lane.done.then(() => this.#lanes.delete(sessionId));
    this.#releaseIdle();
    return accepted;
  }

  #releaseIdle(): void {
    if (this.#lanes.size <= MAX_IDLE_LANES) return;
    const idle = [...this.#lanes.values()].filter((one) => one.length === 0);
    if (idle.length > MAX_IDLE_LANES) idle[0]?.release();
  }
}

function withoutPlace({ type, runId, content, timestamp, requestId }: QueuedMessage): MessageQueuedEvent {
  return { type, runId, content, timestamp, ...(requestId !== undefined && { requestId }) };
}

function isSame(one: RunCause, other: RunCause): boolean {
  if ("content" in one) return "content" in other && one.content === other.content;
  return "retryOf" in other && one.retryOf === other.retryOf;
}
