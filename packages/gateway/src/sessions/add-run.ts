import type { RunCause, SubmittedMessage } from "../run/run-types.ts";
import { GatewayError } from "../shared/errors.ts";
import type { AddedRun, RunHooks } from "./queued-run.ts";
import type { SessionQueue } from "./session-queue.ts";

/** A message that replaces another one. */
export interface Edit extends Omit<SubmittedMessage, "mode"> {
  /** The id of the message to replace. */
  messageId: string;
}

/**
 * Adds a message to a queue. An answer waits for its turn before it is saved, because it must not
 * come between a tool call and its result.
 *
 * @throws GatewayError `QUEUE_FULL` where `most` messages wait already
 */
export function addMessage(
  queue: SessionQueue,
  message: SubmittedMessage,
  { most, ...hooks }: { most: number } & RunHooks,
): AddedRun {
  if (queue.length === 0 || queue.waitingCount < most)
    return message.role ? queue.addAlone(message, hooks) : queue.addMessage(message, hooks);
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
export function addAlone(queue: SessionQueue, cause: RunCause, hooks: RunHooks): AddedRun {
  if (!queue.isBusy) return queue.addAlone(cause, hooks);
  const message = "A run is active or waits in the session. Wait for its end, or stop it.";
  throw new GatewayError("SESSION_BUSY", message);
}
