import type { RunEvent, SessionLog, UserMessage } from "@mini-openclaw/protocol";
import { type QueuedMessage, recordQueued } from "./queued-message.ts";
import type { Publish } from "./record.ts";
import type { Accepted, SubmittedMessage } from "./run-cause.ts";

/** What users say to a run that goes on, until its transcript has it. */
export class Steering {
  /** Oldest first, each with the event that it was recorded as, as soon as it is. */
  readonly #waiting = new Map<UserMessage, QueuedMessage | undefined>();
  /** Those of them that were handed over: an agent may fail before it says so. */
  readonly #taken = new Set<UserMessage>();
  #isOpen = true;

  /** False when the run is about to end: the message needs a run of its own. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** What waits, as it was recorded. */
  get queued(): QueuedMessage[] {
    return [...this.#waiting.values()].filter((message) => message !== undefined);
  }

  /** Takes in a message that is about to be recorded: the run must not end without it. */
  add(message: UserMessage): void {
    this.#waiting.set(message, undefined);
  }

  /** It was recorded. */
  keep(message: UserMessage, queued: QueuedMessage): void {
    if (this.#waiting.has(message)) this.#waiting.set(message, queued);
  }

  /** It could not be recorded. */
  drop(message: UserMessage): void {
    this.#waiting.delete(message);
    this.#taken.delete(message);
  }

  /** Hands over what waits, oldest first, once. */
  take(): UserMessage[] {
    const messages = [...this.#waiting.keys()].filter((message) => !this.#taken.has(message));
    for (const message of messages) this.#taken.add(message);
    return messages;
  }

  /** Hands over what the transcript does not have, whether the agent took it or not. */
  takeAll(): UserMessage[] {
    this.#taken.clear();
    return this.take();
  }

  /** Follows what the run records: the oldest message that was handed over is in the transcript with its `user_message`. */
  see({ type }: RunEvent): void {
    if (type !== "user_message") return;
    const [oldest] = this.#taken;
    if (oldest) this.drop(oldest);
  }

  /** Accepts no further messages: those need a run of their own. */
  close(): void {
    this.#isOpen = false;
  }
}

/** Hears what becomes of a message. */
interface Fate {
  readonly onAccepted: (accepted: Accepted) => void;
  readonly onRefused: (error: unknown) => void;
}

/** Lets a message into the run that goes on; the agent takes it when it next asks the model. */
export async function steer(
  { publish, now }: { publish: Publish; now: () => number },
  log: SessionLog,
  { runId, steering }: { runId: string; steering: Steering },
  { message, job: { onAccepted, onRefused } }: { message: SubmittedMessage; job: Fate },
): Promise<void> {
  const { content, requestId } = message;
  const said = { content, timestamp: now(), ...(requestId !== undefined && { requestId }) };
  const waiting: UserMessage = { role: "user", ...said };
  steering.add(waiting);
  const onKept = (kept: QueuedMessage) => {
    steering.keep(waiting, kept);
    onAccepted({ runId, position: 0 });
  };
  try {
    await recordQueued({ publish, onKept }, log, { runId, ...said });
  } catch (error) {
    steering.drop(waiting);
    onRefused(error);
  }
}
