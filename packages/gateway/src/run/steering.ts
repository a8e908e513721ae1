import type { SessionEvent, SessionLog, UserMessage } from "@mini-openclaw/protocol";
import { type Publish, recordQueued } from "./record.ts";
import type { Accepted, QueuedMessage, SubmittedMessage } from "./run-types.ts";

/** Messages that steer one run, until they are in its transcript. */
export class Steering {
  /** Oldest first. Each has its `message_queued` event as soon as that is recorded. */
  readonly #waiting = new Map<UserMessage, QueuedMessage | undefined>();
  /** Messages that the agent took. An agent may fail before it yields them. */
  readonly #taken = new Set<UserMessage>();
  #isOpen = true;

  /** False when the run is about to end. Then a message needs a run of its own. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** The recorded events of the waiting messages. */
  get queued(): QueuedMessage[] {
    return [...this.#waiting.values()].filter((message) => message !== undefined);
  }

  /** Adds a message before it is recorded, because the run must not end without it. */
  add(message: UserMessage): void {
    this.#waiting.set(message, undefined);
  }

  /** Sets the event that a message was recorded as. */
  save(message: UserMessage, queued: QueuedMessage): void {
    if (this.#waiting.has(message)) this.#waiting.set(message, queued);
  }

  /** Removes a message that could not be recorded, or that the transcript has. */
  remove(message: UserMessage): void {
    this.#waiting.delete(message);
    this.#taken.delete(message);
  }

  /** Returns the messages that the agent has not taken yet, oldest first. */
  take(): UserMessage[] {
    const messages = [...this.#waiting.keys()].filter((message) => !this.#taken.has(message));
    for (const message of messages) this.#taken.add(message);
    return messages;
  }

  /** Returns all messages that the transcript does not have, even if the agent took them. */
  takeAll(): UserMessage[] {
    this.#taken.clear();
    return this.take();
  }

  /** Removes the oldest message that was taken when the run records a `user_message`. */
  follow({ type }: SessionEvent): void {
    if (type !== "user_message") return;
    const [oldest] = this.#taken;
    if (oldest) this.remove(oldest);
  }

  /** Accepts no further messages: those need a run of their own. */
  close(): void {
    this.#isOpen = false;
  }
}

/**
 * Adds a message to an active run. The agent takes it before it asks the model again. Resolves when
 * the message is saved, and calls `onSaved` before the event is emitted.
 */
export async function steer(
  { publish, now }: { publish: Publish; now: () => number },
  log: SessionLog,
  { runId, steering }: { runId: string; steering: Steering },
  { onSaved, ...message }: Omit<SubmittedMessage, "mode" | "role"> & { onSaved: (runId: string) => void },
): Promise<Accepted> {
  const fields = { ...message, timestamp: now() };
  const waiting: UserMessage = { role: "user", ...fields };
  steering.add(waiting);
  const onRecorded = (saved: QueuedMessage) => {
    steering.save(waiting, saved);
    onSaved(runId);
  };
  try {
    await recordQueued({ publish, onSaved: onRecorded }, log, { runId, ...fields });
    return { runId, position: 0 };
  } catch (error) {
    steering.remove(waiting);
    throw error;
  }
}
