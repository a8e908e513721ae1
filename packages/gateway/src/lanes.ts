import type { ApprovalDecision } from "@mini-openclaw/protocol";
import { GatewayError } from "./errors.ts";
import type { Accepted, SubmittedMessage } from "./job.ts";
import { Lane, type LaneParts, type LiveLog } from "./lane.ts";
import { RecentRequests } from "./recent-requests.ts";

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

  /** The session's log, while it has a run. */
  live(sessionId: string): LiveLog | undefined {
    return this.#lanes.get(sessionId)?.live;
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
    const { content, requestId } = message;
    if (requestId === undefined) return this.#enqueue(sessionId, message);
    const requests = await this.#requests.of(sessionId);
    const known = requests.get(requestId);
    if (known) {
      if (known.content === content) return known.accepted;
      throw new GatewayError("REQUEST_CONFLICT", "id: another message of this session has it.");
    }
    const accepted = this.#enqueue(sessionId, message);
    requests.add(requestId, { content, accepted });
    return accepted;
  }

  async #enqueue(sessionId: string, message: SubmittedMessage): Promise<Accepted> {
    let lane = this.#lanes.get(sessionId);
    while (lane?.isClosing) {
      await lane.done;
      lane = this.#lanes.get(sessionId);
    }
    if (this.#draining) throw new GatewayError("DRAINING", "The gateway is stopping. Connect again.");
    if (lane && lane.waitingCount >= this.#maxQueuedMessages && lane.length > 0) {
      throw new GatewayError(
        "QUEUE_FULL",
        `${this.#maxQueuedMessages} messages wait in this session already.`,
      );
    }
    if (!lane) return this.#open(sessionId, message);
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

  #open(sessionId: string, message: SubmittedMessage): Promise<Accepted> {
    const { lane, accepted } = Lane.open(sessionId, this.#parts, message);
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
