import { v7 as createId } from "uuid";
import { Decisions } from "../run/approvals.ts";
import type { QueuedMessage } from "../run/queued-message.ts";
import type { Accepted, RunCause } from "../run/run-cause.ts";
import { Steering } from "../run/steering.ts";

/** A run on its way through a lane. */
export interface Job {
  readonly runId: string;
  readonly cause: RunCause;
  readonly stop: AbortController;
  readonly steering: Steering;
  readonly decisions: Decisions;
  /** Settles with what becomes of its cause. */
  readonly accepted: Promise<Accepted>;
  /** Resolves when its cause is kept, or will not be. */
  readonly settled: Promise<void>;
  /** Its cause is kept, and nobody was shown it yet. Called at most once, and not after `onRefused`. */
  readonly onAccepted: (accepted: Accepted) => void;
  /** Its cause could not be kept and it will not run. */
  readonly onRefused: (error: unknown) => void;
  /** Rejects when its end could not be kept, nor its session be opened again. */
  readonly lost: Promise<never>;
  readonly onLost: (error: unknown) => void;
  /** Whether the store keeps its message as a queued one; absent for the job that found the lane empty. */
  queued?: Promise<boolean>;
  /** Its message, while that waits. */
  waiting?: QueuedMessage | undefined;
  /** Whether it stopped the run before it, and so runs before messages that only wait. */
  isInterrupt: boolean;
  /** Whether its cause is kept and the agent at work. */
  isBegun: boolean;
}

/** Returns whether the run reads further messages. A run that was stopped, or whose agent has ended, reads none. */
export function takesSteering({ isBegun, stop, steering }: Job): boolean {
  return isBegun && !stop.signal.aborted && steering.isOpen;
}

/** `onKept` is called when the cause is kept, before anybody is shown it. */
export function toJob(cause: RunCause, onKept: () => void = () => undefined): Job {
  const kept = withResolvers<Accepted>();
  const ended = withResolvers<never>();
  // Few wait for it.
  ended.promise.catch(() => undefined);
  return {
    runId: createId(),
    cause,
    stop: new AbortController(),
    steering: new Steering(),
    decisions: new Decisions(),
    accepted: kept.promise,
    settled: kept.promise.then(
      () => undefined,
      () => undefined,
    ),
    onAccepted(accepted) {
      onKept();
      kept.resolve(accepted);
    },
    onRefused: kept.reject,
    lost: ended.promise,
    onLost: ended.reject,
    isInterrupt: false,
    isBegun: false,
  };
}

/** `Promise.withResolvers`, which Node 20 does not have. */
function withResolvers<Value>() {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<Value>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}
