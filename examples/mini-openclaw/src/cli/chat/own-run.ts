import { randomUUID } from "node:crypto";
import type { Session, WatchedEvent } from "@mini-openclaw/client";
import type { GivenMessage } from "../read-message.ts";

/** The run that answers a message of this terminal. */
export interface OwnRun {
  events: AsyncIterableIterator<WatchedEvent>;
  /** Stops this run, or cancels it while it waits behind the run of another client. */
  stop: () => void;
}

/** Sends a message and starts an iteration over its run. An `id` makes it run once. */
export function startRun(
  session: Session,
  { content, blocks }: GivenMessage,
  id: string = randomUUID(),
): OwnRun {
  const events = session.ask(content, { blocks, id });
  // The same id is the same message. The run that is active may be another one.
  const accepted = session.send(content, { blocks, id });
  return {
    events,
    // A failure also ends the iteration, which reports it.
    stop: () => void accepted.then(({ runId }) => session.abort(runId)).catch(() => undefined),
  };
}
