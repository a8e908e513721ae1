import type { ApprovalDecision, ResyncEvent } from "@mini-openclaw/protocol";
import type { TaskRun } from "../run/pull-agent.ts";
import type { AcceptedRun, OnSaved, QueuedMessage, RunCause, SubmittedMessage } from "../run/run-types.ts";
import { LONGEST_MS } from "../shared/check-options.ts";
import { draining, GatewayError } from "../shared/errors.ts";
import { TurnQueue } from "../shared/work-queues.ts";
import { addAlone, addMessage, type Edit } from "./add-run.ts";
import { Idempotency } from "./idempotency.ts";
import { PendingEnds } from "./pending-ends.ts";
import type { AddedRun } from "./queued-run.ts";
import type { LiveLog } from "./reopening-log.ts";
import { type QueueDeps, SessionQueue } from "./session-queue.ts";

interface QueuesDeps extends QueueDeps {
  /**
   * Identifies the time in which only this process records the session, or returns `undefined`.
   */
  ownershipOf: (sessionId: string) => unknown;
}

/** Adds a run to a queue. `isNew` is absent for a request without an id. */
type Add = (queue: SessionQueue, isNew: (() => boolean) | undefined) => AddedRun;

// Logs of sessions at rest that stay open. Each one costs a few file descriptors. The one idle
// longest is closed first.
const MAX_IDLE_QUEUES = 100;

/**
 * The queues of all sessions. One run per session is active at a time, and sessions do not wait for
 * each other.
 */
export class SessionQueues {
  readonly #deps: QueueDeps;
  readonly #maxQueuedMessages: number;
  readonly #queues = new Map<string, SessionQueue>();
  readonly #idempotency: Idempotency;
  /** Runs begin in it, because each one takes milliseconds at once. */
  readonly #turns = new TurnQueue();
  readonly #pendingEnds: PendingEnds;
  #isDraining = false;

  constructor(deps: QueuesDeps, { maxQueuedMessages }: { maxQueuedMessages: number }) {
    this.#deps = deps;
    this.#pendingEnds = new PendingEnds((sessionId) => this.endRuns(sessionId), deps);
    const isBusy = (sessionId: string) => this.has(sessionId) || this.#pendingEnds.has(sessionId);
    const { store, ownershipOf } = deps;
    this.#idempotency = new Idempotency({ store, isBusy, endRuns: (one) => this.endRuns(one), ownershipOf });
    this.#maxQueuedMessages = maxQueuedMessages;
  }

  /** Sessions in which a run is active or waits. */
  *sessionIds(): Iterable<string> {
    for (const [sessionId, { length }] of this.#queues) if (length > 0) yield sessionId;
  }

  /** Returns true if a run of the session is active or waits. */
  has(sessionId: string): boolean {
    return (this.#queues.get(sessionId)?.length ?? 0) > 0;
  }

  /** Returns true if this run of the session is active or waits. */
  hasRun(sessionId: string, runId: string): boolean {
    return this.#queues.get(sessionId)?.has(runId) ?? false;
  }

  /** Returns the number before the first event of an active run. */
  startOf(sessionId: string, runId: string): number | undefined {
    const firstSeq = this.#queues.get(sessionId)?.find(runId)?.firstSeq;
    return firstSeq === undefined ? undefined : firstSeq - 1;
  }

  /**
   * Ends the runs of the session that have no end. Waits for the run of `runId` if it is active.
   * Rejects as the store does.
   */
  async endRuns(sessionId: string, runId = ""): Promise<void> {
    const active = this.#queues.get(sessionId)?.find(runId);
    if (active) return void (await active.ended);
    if (this.#isDraining) throw draining();
    const queue = this.#queues.get(sessionId) ?? this.#open(sessionId);
    await queue.opened();
  }

  /** The session's log, while it has live events. */
  live(sessionId: string): LiveLog | undefined {
    return this.#queues.get(sessionId)?.live;
  }

  epochOf(sessionId: string): string | undefined {
    return this.live(sessionId)?.log.epoch;
  }

  /**
   * Returns the active run and the waiting messages, for a client that has the events up to `upTo`.
   */
  progress(sessionId: string, upTo: number): Pick<ResyncEvent, "runId" | "queued"> {
    const queue = this.#queues.get(sessionId);
    const runId = queue?.activeRunId;
    const queued = (queue?.queuedMessages ?? []).filter(({ seq }) => seq <= upTo);
    return {
      ...(runId !== undefined && { runId }),
      ...(queued.length > 0 && { queued: queued.map(withoutNumbering) }),
    };
  }

  /** The number of runs that wait for another run of their session. */
  waitingCount(): number {
    let count = 0;
    for (const { length } of this.#queues.values()) count += Math.max(0, length - 1);
    return count;
  }

  /** The number of runs, active or waiting. */
  runCount(): number {
    let count = 0;
    for (const { length } of this.#queues.values()) count += length;
    return count;
  }

  /**
   * Adds a message to its session's queue. Resolves when it is saved. Calls `onSaved` before the
   * event is emitted.
   *
   * A message with the `requestId` of a recent one is that message: it is accepted again and not
   * run.
   *
   * @throws GatewayError `QUEUE_FULL`, `DRAINING`, `REQUEST_CONFLICT`, or the store's error if the
   * message cannot be saved
   */
  submit(
    sessionId: string,
    message: SubmittedMessage,
    onSaved: OnSaved = () => undefined,
    task?: TaskRun,
  ): Promise<AcceptedRun> {
    const { requestId, mode: _, ...cause } = message;
    const most = this.#maxQueuedMessages;
    const add: Add = (queue, isNew) => addMessage(queue, message, { most, onSaved, task, isNew });
    return this.#accept(sessionId, requestId, cause, add);
  }

  /**
   * Answers the messages of the session's newest run again. Resolves when the retry is saved. A
   * retry with the `requestId` of a recent one is that retry.
   *
   * @throws GatewayError `RUN_NOT_FOUND`, `SESSION_BUSY`, `DRAINING`, `REQUEST_CONFLICT`, or the
   * store's error
   */
  retry(
    sessionId: string,
    { runId: retryOf, requestId }: { runId: string; requestId?: string | undefined },
    onSaved: OnSaved = () => undefined,
  ): Promise<AcceptedRun> {
    const cause = { retryOf, ...(requestId !== undefined && { requestId }) };
    return this.#accept(sessionId, requestId, cause, (queue, isNew) =>
      addAlone(queue, cause, { onSaved, isNew }),
    );
  }

  /**
   * Replaces a message of the user and answers the new text. Resolves when the new message is
   * saved.
   *
   * @throws GatewayError `MESSAGE_NOT_FOUND`, `SESSION_BUSY`, `DRAINING`, `REQUEST_CONFLICT`, or
   * the store's error
   */
  edit(
    sessionId: string,
    { messageId: editOf, ...message }: Edit,
    onSaved: OnSaved = () => undefined,
  ): Promise<AcceptedRun> {
    const cause = { ...message, editOf };
    return this.#accept(sessionId, message.requestId, cause, (queue, isNew) =>
      addAlone(queue, cause, { onSaved, isNew }),
    );
  }

  /**
   * Stops the session's active run, or the run of `runId`. A waiting run ends at once, and its
   * message is not saved.
   *
   * @throws GatewayError `RUN_NOT_FOUND`
   */
  abort(sessionId: string, runId?: string): void {
    if (this.#queues.get(sessionId)?.abort(runId)) return;
    const message =
      runId === undefined
        ? "No run is active in the session."
        : "`runId` must be an active or queued run of the session. It may have ended.";
    throw new GatewayError("RUN_NOT_FOUND", message);
  }

  /**
   * Decides on a tool call, of this run if there is a `runId`. The first decision counts.
   *
   * @throws GatewayError `APPROVAL_EXPIRED`
   */
  approve(sessionId: string, callId: string, decision: ApprovalDecision, runId?: string): void {
    if (this.#queues.get(sessionId)?.approve(callId, decision, runId)) return;
    throw new GatewayError(
      "APPROVAL_EXPIRED",
      "`callId` must be a tool call that waits for a decision. It was decided, or its run has ended.",
    );
  }

  /**
   * Closes the log of a session at rest, so that the store does not close it while a message
   * arrives. Forgets its requests, because the session may never be used again.
   */
  async release(sessionId: string): Promise<void> {
    const queue = this.#queues.get(sessionId);
    queue?.release();
    await queue?.done;
    this.#idempotency.forget(sessionId);
  }

  /** Interrupts all runs. */
  interrupt(): void {
    for (const queue of this.#queues.values()) queue.interrupt();
  }

  /**
   * Accepts no more messages. Interrupts the runs that have not ended after `drainMs`. Resolves
   * when all have ended.
   */
  async close(drainMs: number): Promise<void> {
    this.#isDraining = true;
    this.#pendingEnds.stop();
    const queues = [...this.#queues.values()];
    for (const queue of queues) queue.release();
    const interrupt = () => {
      for (const queue of queues) queue.interrupt();
      // A watch that waits for the app, as for `authorize`, may never begin.
      this.#deps.holds.releaseAll();
    };
    const timer = setTimeout(interrupt, Math.min(drainMs, LONGEST_MS));
    await Promise.all(queues.map(({ done }) => done));
    clearTimeout(timer);
  }

  /** Adds a run once for each `requestId`. */
  async #accept(
    sessionId: string,
    requestId: string | undefined,
    cause: RunCause,
    add: Add,
  ): Promise<AcceptedRun> {
    let added: AddedRun | undefined;
    const accept = async (isNew?: () => boolean) => {
      await this.#turns.next();
      added = await this.#add(sessionId, (queue) => add(queue, isNew));
      return added.accepted;
    };
    const { runId, position } =
      requestId === undefined
        ? await accept()
        : await this.#idempotency.acceptOnce(sessionId, requestId, cause, accept);
    const run = added?.run ?? this.#queues.get(sessionId)?.find(runId);
    return { runId, position, ended: run?.ended, isRepeated: added === undefined };
  }

  /** Adds a run to the session's queue, or to a new one if that is closing. */
  async #add(sessionId: string, add: (queue: SessionQueue) => AddedRun): Promise<AddedRun> {
    for (;;) {
      if (this.#isDraining) throw draining();
      const queue = this.#queues.get(sessionId) ?? this.#open(sessionId);
      if (!queue.isClosing) {
        // The queue used last is closed last.
        this.#queues.delete(sessionId);
        this.#queues.set(sessionId, queue);
        return add(queue);
      }
      await queue.done;
    }
  }

  #open(sessionId: string): SessionQueue {
    const queue = new SessionQueue(sessionId, this.#deps, this.#pendingEnds.take(sessionId));
    this.#queues.set(sessionId, queue);
    void queue.done.then(() => {
      this.#queues.delete(sessionId);
      if (queue.endsSince !== undefined) this.#pendingEnds.add(sessionId, queue.endsSince);
    });
    this.#closeIdle();
    return queue;
  }

  #closeIdle(): void {
    if (this.#queues.size <= MAX_IDLE_QUEUES) return;
    const idle = [...this.#queues.values()].filter(({ length }) => length === 0);
    if (idle.length > MAX_IDLE_QUEUES) idle[0]?.release();
  }
}

/** Removes the numbering that recording has added. */
function withoutNumbering(queued: QueuedMessage) {
  const { sessionId: _, seq: _seq, ...message } = queued;
  return message;
}
