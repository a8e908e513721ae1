import type { ApprovalDecision, SessionStore } from "@mini-openclaw/protocol";
import type { RunDeps } from "../run/pull-agent.ts";
import { runMessage } from "../run/run-message.ts";
import type { QueuedMessage, RunCause, SubmittedMessage } from "../run/run-types.ts";
import { steer } from "../run/steering.ts";
import { GatewayError, toClientError } from "../shared/errors.ts";
import type { LiveHolds } from "./live-holds.ts";
import {
  isClosing,
  newQueue,
  nextQueue,
  type QueueEffect,
  type QueueInput,
  type QueueState,
} from "./queue-state.ts";
import { type AddedRun, QueuedRun, type RunHooks } from "./queued-run.ts";
import { type LiveLog, ReopeningLog } from "./reopening-log.ts";
import { endCancelled, saveQueued } from "./save-queued.ts";

/** Dependencies that all queues of a gateway share. */
export interface QueueDeps extends RunDeps {
  store: Pick<SessionStore, "loadMessages" | "entries" | "getSession" | "openLog" | "loadBlob">;
  /** Notifies the session's callers that it has begun to run, or has come to rest. */
  notify: (sessionId: string) => void;
  /** Watches that still read the live events of a session at rest. */
  holds: LiveHolds;
  /** Returns true for the error of a session that another node has and recovers. */
  isElsewhere: (error: unknown) => boolean;
  /** The time that the log stays open while the session is at rest, in milliseconds. */
  idleMs: number;
}

/**
 * The queue of one session. Runs its runs one by one, in order, on one log.
 *
 * The queue works until it has been empty for `idleMs`. Then it closes its log and is not used
 * again. The decisions are in {@link nextQueue}, and this class performs the effects. A message
 * that must wait is saved as `message_queued` before it is accepted.
 */
export class SessionQueue {
  readonly #sessionId: string;
  readonly #deps: QueueDeps;
  readonly #log: ReopeningLog;
  /** Resolves when the queue is empty and its log closed. Never rejects. */
  readonly done: Promise<void>;
  #state: QueueState<QueuedRun> = newQueue;
  #idle: NodeJS.Timeout | undefined;
  #endsSince: number | undefined;
  #onDone: () => void = () => undefined;

  /** With `endsSince`, opening the log emits ends of earlier runs, after that number. */
  constructor(sessionId: string, deps: QueueDeps, endsSince?: number) {
    this.#sessionId = sessionId;
    this.#deps = deps;
    this.#endsSince = endsSince;
    this.done = new Promise((resolve) => {
      this.#onDone = resolve;
    });
    this.#log = new ReopeningLog(sessionId, deps, endsSince);
    this.#useOpened();
  }

  /**
   * Resolves when the log is open. By then every earlier run has its end. Rejects as the store
   * does.
   */
  async opened(): Promise<void> {
    await this.#log.opened;
  }

  /** The log, while it has the live events of its runs. */
  get live(): LiveLog | undefined {
    return this.#log.live;
  }

  /** True if the queue takes no more runs. */
  get isClosing(): boolean {
    return isClosing(this.#state);
  }

  /**
   * The number after which ends of runs are to be emitted, once the queue is done. Absent if every
   * run has its end.
   */
  get endsSince(): number | undefined {
    return this.#endsSince;
  }

  /** The number of runs, active or waiting. */
  get length(): number {
    return this.#state.runs.length;
  }

  /** The number of messages that wait: for a run of their own, or for the active run. */
  get waitingCount(): number {
    return this.#state.runs.reduce((sum, { steering }) => sum + 1 + steering.waitingCount, -1);
  }

  /** True if a run is active or waits. A run that only has its end to record does not count. */
  get isBusy(): boolean {
    return this.#state.runs.some(({ steering }) => steering.isOpen);
  }

  /** The active run. Absent while its message is not saved. */
  get activeRunId(): string | undefined {
    const [first] = this.#state.runs;
    return first?.state.is === "running" || first?.state.is === "ended" ? first.runId : undefined;
  }

  /** The messages that wait, oldest first. */
  get queuedMessages(): QueuedMessage[] {
    const queued = this.#state.runs.flatMap(({ queuedMessages }) => queuedMessages);
    return queued.sort((one, other) => one.seq - other.seq);
  }

  /** Returns a run that is active, waits, or has no recorded end. */
  find(runId: string): QueuedRun | undefined {
    const { runs, pendingEnds } = this.#state;
    return [...runs, ...pendingEnds].find((run) => run.runId === runId);
  }

  /** Returns true if this run is active or waits. */
  has(runId: string): boolean {
    return this.#state.runs.some((run) => run.runId === runId);
  }

  /**
   * Adds a message. It steers the active run, interrupts it, or waits for it. Returns the run,
   * which may be the active one.
   */
  addMessage({ mode, ...message }: SubmittedMessage, hooks: RunHooks): AddedRun {
    const [first] = this.#state.runs;
    const live = this.#log.live;
    const run = new QueuedRun(message, { isInterrupt: mode === "interrupt", ...hooks });
    if (mode === "steer" && live && first?.takesSteering) {
      run.assertNew();
      return { run: first, accepted: steer(this.#deps, live.log, first, { ...message, ...hooks }) };
    }
    if (first && run.isInterrupt) first.stop("aborted");
    this.#step({ type: "run_added", run });
    if (first) {
      const position = this.#state.runs.indexOf(run);
      const openedLog = () => this.#log.opened;
      run.saveWith(saveQueued(this.#deps, run, { message, position, first, openedLog }));
    }
    return { run, accepted: run.accepted };
  }

  /** Adds a retry or an edited message. The queue must not be busy. */
  addAlone(cause: RunCause, hooks: RunHooks): AddedRun {
    const run = new QueuedRun(cause, hooks);
    this.#step({ type: "run_added", run });
    return { run, accepted: run.accepted };
  }

  /**
   * Stops the run of `runId`, or the first one. Cancels a run that waits. Returns false if there is
   * no such run.
   */
  abort(runId: string | undefined): boolean {
    const { runs } = this.#state;
    const run = runId === undefined ? runs[0] : runs.find((one) => one.runId === runId);
    run?.stop("aborted");
    if (run) void this.#cancel(run);
    return run !== undefined;
  }

  /** Stops all runs, because the gateway closes. */
  interrupt(): void {
    for (const run of this.#state.runs) run.stop("interrupted");
  }

  /** Decides on a tool call of the active run. Returns false if no such call of the run waits. */
  approve(callId: string, decision: ApprovalDecision, runId?: string): boolean {
    const [run] = this.#state.runs;
    return run?.runId === (runId ?? run?.runId) && run?.approvals.decide(callId, decision) === true;
  }

  /**
   * Closes the log as soon as the queue is empty. An empty queue takes no more runs from now on.
   */
  release(): void {
    this.#step({ type: "released" });
  }

  #step(input: QueueInput<QueuedRun>): void {
    const { state, effects } = nextQueue(this.#state, input);
    this.#state = state;
    if (state.is !== "idle") clearTimeout(this.#idle);
    for (const effect of effects) this.#perform(effect);
  }

  /** Each effect leads to the next input, and to `failed` when it fails. */
  #perform(effect: QueueEffect<QueuedRun>): void {
    switch (effect.do) {
      case "notify":
        return this.#deps.notify(this.#sessionId);
      case "start":
        return void this.#run(effect.run, effect.isFresh);
      case "replace_log":
        this.#log.replace(() => this.#step({ type: "log_closed" }));
        return this.#useOpened();
      case "wait_for_readers":
        return this.#waitForReaders();
      case "settle_log":
        return void this.#stepAfter(this.#log.settle(), { type: "log_settled" });
      case "wait_for_runs":
        this.#idle = setTimeout(() => this.#step({ type: "idle_time_elapsed" }), this.#deps.idleMs).unref();
        return;
      case "close_log":
        this.#log.close().then(this.#onDone, (error: unknown) => this.#step({ type: "failed", error }));
        return;
      case "fail":
        return void this.#fail(effect);
    }
  }

  /** Never rejects. */
  async #stepAfter(work: Promise<unknown>, input: QueueInput<QueuedRun>): Promise<void> {
    try {
      await work;
    } catch (error) {
      return this.#step({ type: "failed", error });
    }
    this.#step(input);
  }

  /** Waits for the log. Opening it has ended the runs without an end. */
  #useOpened(): void {
    const ready = this.#log.ready((event) => {
      for (const run of this.#state.pendingEnds) run.follow(event);
    });
    const opened = ready.then(() => {
      this.#endsSince = undefined;
      for (const run of this.#state.pendingEnds) run.fail(undefined);
    });
    void this.#stepAfter(opened, { type: "log_opened" });
  }

  #waitForReaders(): void {
    const { holds } = this.#deps;
    const onRead = () => this.#step({ type: "live_events_read" });
    if (holds.has(this.#sessionId)) holds.onReleased(this.#sessionId, onRead);
    else onRead();
  }

  /** Runs one run to its end. Never rejects. */
  async #run(run: QueuedRun, isFresh: boolean): Promise<void> {
    try {
      const log = this.#log.goLive();
      if (!run.saving) run.assertNew();
      if (!run.saving || (await run.saving)) await runMessage(this.#deps, log, run);
    } catch (error) {
      const isRefusal = GatewayError.is(error);
      // An idle log may have been closed by others, for example by an archive command. The run gets
      // a fresh one.
      if (!run.isAccepted && !isFresh && !isRefusal) return this.#step({ type: "log_failed" });
      if (!isRefusal) this.#deps.onFailure(error, `run ${run.runId}`);
      if (run.isAccepted) return this.#step({ type: "end_not_recorded" });
      run.refuse(error);
    }
    this.#step({ type: "run_ended" });
  }

  /**
   * Ends a run whose message waits, as if the message had not been sent. The first run ends by
   * itself. Never rejects.
   */
  async #cancel(run: QueuedRun): Promise<void> {
    await run.saving;
    const live = this.#log.live;
    // Without a live log, opening the log ends the run.
    if (run.state.is !== "queued" || !live || this.#state.runs.indexOf(run) < 1) return;
    this.#step({ type: "run_cancelled", run });
    try {
      await endCancelled(this.#deps, live.log, run);
    } catch (error) {
      run.fail(error);
      this.#deps.onFailure(error, `run ${run.runId}`);
    }
  }

  /** Rejects every run, because there is no log to run on, or to record an end in. */
  async #fail({ runs, pendingEnds, error }: Extract<QueueEffect<QueuedRun>, { do: "fail" }>): Promise<void> {
    const { wasReady, emittedSeq } = this.#log;
    const isElsewhere = this.#deps.isElsewhere(error);
    const isPending = pendingEnds.length > 0 || this.#endsSince !== undefined;
    // A session that is archived or deleted has none: those commands ended its runs.
    this.#endsSince = isPending && !isElsewhere && toClientError(error).retryable ? emittedSeq : undefined;
    // A log that cannot be used would lock its session. An error of closing it follows from this
    // error.
    if (wasReady) await this.#log.close().catch(() => {});
    for (const run of [...runs, ...pendingEnds]) run.fail(error);
    // Callers that still wait get the error. If nobody waits, it is reported.
    const isHandled = runs.length === 0 ? !wasReady : runs.some(({ saving }) => saving === undefined);
    if (!isHandled && !isElsewhere) this.#deps.onFailure(error, `the queue of session ${this.#sessionId}`);
    this.#deps.notify(this.#sessionId);
    this.#onDone();
  }
}
