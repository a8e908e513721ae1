import type { SessionEvent } from "@mini-openclaw/protocol";
import { Approvals } from "../run/approvals.ts";
import type { ActiveRun, TaskRun } from "../run/pull-agent.ts";
import {
  type Accepted,
  type QueuedMessage,
  type RunCause,
  type RunResult,
  RunStopped,
  type StopReason,
  toResult,
} from "../run/run-types.ts";
import { Steering } from "../run/steering.ts";
import { createId } from "../shared/create-id.ts";
import { endNotRecorded, GatewayError } from "../shared/errors.ts";

/** The state of a run on its way through a session's queue. */
export type RunState =
  /** Its cause is not saved. */
  | { readonly is: "waiting" }
  /** Its message is saved, and waits for the runs before it. */
  | { readonly is: "queued"; readonly saved: QueuedMessage }
  /** Its cause is saved, and the agent works on it. */
  | { readonly is: "running" }
  | { readonly is: "ended" };

/** Functions that are called at moments of a run. */
export interface RunHooks {
  /** Called with the run's id when its cause is saved, before the event is emitted. */
  onSaved: (runId: string) => void;
  /** Set for the run of a sub-agent. */
  task?: TaskRun | undefined;
  /** Returns false if another process may have recorded the same request. @default true */
  isNew?: (() => boolean) | undefined;
}

/** A run waiting in a session's queue, or active. */
export class QueuedRun implements ActiveRun {
  readonly runId = createId();
  readonly cause: RunCause;
  /** True for a message that stopped the run before it. It runs before messages that only wait. */
  readonly isInterrupt: boolean;
  readonly steering = new Steering();
  readonly approvals = new Approvals();
  readonly task: TaskRun | undefined;
  readonly #stopping = new AbortController();
  readonly #accepting = withResolvers<Accepted>();
  readonly #ending = withResolvers<RunResult>();
  readonly #onSaved: (runId: string) => void;
  readonly #isNew: () => boolean;
  #state: RunState = { is: "waiting" };
  #content = "";
  #firstSeq: number | undefined;
  #saving: Promise<boolean> | undefined;

  constructor(
    cause: RunCause,
    {
      isInterrupt = false,
      onSaved = () => {},
      task,
      isNew = () => true,
    }: { isInterrupt?: boolean } & Partial<RunHooks> = {},
  ) {
    this.cause = cause;
    this.isInterrupt = isInterrupt;
    this.task = task;
    this.#onSaved = onSaved;
    this.#isNew = isNew;
    // Few callers wait for both. A rejection that nobody handles would end the process.
    this.#accepting.promise.catch(() => {});
    this.#ending.promise.catch(() => {});
  }

  get state(): RunState {
    return this.#state;
  }

  /** The number of the run's first event. Absent while the run waits. */
  get firstSeq(): number | undefined {
    return this.#firstSeq;
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Resolves when the cause is saved. Rejects if it cannot be. */
  get accepted(): Promise<Accepted> {
    return this.#accepting.promise;
  }

  /** Resolves with the run's end. Rejects if the cause or the end cannot be recorded. */
  get ended(): Promise<RunResult> {
    return this.#ending.promise;
  }

  /**
   * Resolves with whether the message was saved as a queued one. Absent for a run that found the
   * queue empty.
   */
  get saving(): Promise<boolean> | undefined {
    return this.#saving;
  }

  /** True if a failure must not discard the run, because its cause is saved or being saved. */
  get isAccepted(): boolean {
    return this.#state.is === "running" || this.#saving !== undefined;
  }

  /**
   * True if the run still takes messages. A run that was stopped, or whose agent has ended, takes
   * none.
   */
  get takesSteering(): boolean {
    return this.#state.is === "running" && !this.signal.aborted && this.steering.isOpen;
  }

  /** The messages that wait for this run: its own, and those that steer it. */
  get queuedMessages(): QueuedMessage[] {
    const own = this.#state.is === "queued" ? [this.#state.saved] : [];
    return [...own, ...this.steering.queued];
  }

  /** Checks that the cause may be saved. @throws GatewayError `SESSION_LOCKED` */
  assertNew(): void {
    if (this.#isNew()) return;
    throw new GatewayError("SESSION_LOCKED", "Another node had the session. Send the command again.");
  }

  stop(reason: StopReason): void {
    this.#stopping.abort(new RunStopped(reason));
  }

  /** Sets the saving of the message, which waits for other runs. */
  saveWith(saving: Promise<boolean>): void {
    this.#saving = saving;
  }

  /** Marks the message as saved behind `position` other runs. */
  queue(saved: QueuedMessage, position: number): void {
    this.#state = { is: "queued", saved };
    this.#accept(position);
  }

  begin(seq: number): void {
    this.#firstSeq = seq;
    this.#state = { is: "running" };
    if (!this.#saving) this.#accept(0);
  }

  follow(event: SessionEvent): void {
    this.task?.follow(event);
    this.steering.follow(event);
    if (event.type !== "message_done" && event.type !== "run_end") return;
    if (event.runId !== this.runId) return;
    if (event.type === "message_done") this.#content = event.content;
    if (event.type !== "run_end") return;
    this.#state = { is: "ended" };
    this.#ending.resolve(toResult(event, this.#content));
  }

  /** Rejects a run whose cause cannot be saved. */
  refuse(error: unknown): void {
    this.#accepting.reject(error);
    this.#ending.reject(error);
  }

  /** Rejects a run whose end cannot be recorded, or that has no log to run on. */
  fail(error: unknown): void {
    this.#accepting.reject(error);
    this.#ending.reject(endNotRecorded(error));
  }

  #accept(position: number): void {
    this.#onSaved(this.runId);
    this.#accepting.resolve({ runId: this.runId, position });
  }
}

/** A run that answers a message or a retry. */
export interface AddedRun {
  readonly run: QueuedRun;
  /** Resolves when the message or retry is saved. */
  readonly accepted: Promise<Accepted>;
}

/** Returns a promise with its resolvers. Node 20 has no `Promise.withResolvers`. */
function withResolvers<Value>() {
  let resolve: (value: Value) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<Value>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
