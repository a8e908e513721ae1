import type { TaskRun } from "../run/pull-agent.ts";
import type { RunCause, SubmittedMessage } from "../run/run-types.ts";
import { GatewayError } from "../shared/errors.ts";
import type { AddedRun } from "./queued-run.ts";
import type { SessionQueue } from "./session-queue.ts";

/** A message that replaces another one. */
export interface Edit extends Omit<SubmittedMessage, "mode"> {
  /** The id of the message to replace. */
  messageId: string;
}

type OnSaved = (runId: string) => void;

/**
 * Adds a message to a queue.
 *
 * @throws GatewayError `QUEUE_FULL` where `most` messages wait already
 */
export function addMessage(
  queue: SessionQueue,
  message: SubmittedMessage,
  { most, ...added }: { most: number; onSaved: OnSaved; task: TaskRun | undefined },
): AddedRun {
  if (queue.length === 0 || queue.waitingCount < most) return queue.addMessage(message, added);
  throw new GatewayError(
    "QUEUE_FULL",
    `The session's queue is full (limit: ${most}). Send the message again later.`,
  );
}

/**
 * Adds a run that needs the session as its caller saw it: a retry or an edited message.
 *
 * @throws GatewayError `SESSION_BUSY`
 */
export function addAlone(queue: SessionQueue, cause: RunCause, onSaved: OnSaved): AddedRun {
  if (!queue.isBusy) return queue.addAlone(cause, onSaved);
  const message = "A run is active or waits in the session. Wait for its end, or stop it.";
  throw new GatewayError("SESSION_BUSY", message);
}
