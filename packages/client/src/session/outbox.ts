import type {
  Limits,
  MessageBlock,
  MessageCommand,
  MessageMode,
  NumberedEvent,
  ResyncEvent,
} from "@mini-openclaw/protocol";
import { ClientError } from "../lib/errors.ts";

/** A message that was written here and that the session does not show yet. */
export type OutgoingMessage = OutgoingFields & Delivery;

/** The progress of a message. */
export type Delivery =
  | { readonly phase: "queued" | "sent"; readonly isRepeat?: boolean }
  /** The message ends in exactly one `run_end` of this run. */
  | { readonly phase: "accepted"; readonly runId: string }
  /** The gateway refused the message, or the client knows that it would. */
  | { readonly phase: "refused"; readonly refusal: ClientError };

interface OutgoingFields {
  /** Goes with every repetition, so that the gateway runs the message once. */
  readonly id: string;
  readonly content: string;
  /** The files and texts beside `content`. */
  readonly blocks?: readonly MessageBlock[] | undefined;
  readonly mode?: MessageMode | undefined;
  /** True if the gateway may have the message already, such as from a connection that was lost. */
  readonly isRepeat: boolean;
}

/** A message as the app wrote it. */
export type WrittenMessage = Pick<OutgoingFields, "id" | "content" | "blocks" | "mode"> & {
  readonly isRepeat?: boolean;
};

/** The messages of a session on their way, oldest first. */
export type Outbox = readonly OutgoingMessage[];

// More than a person types while offline, in all sessions of a client.
export const MAX_OUTGOING = 50;

export function addMessage(outbox: Outbox, message: WrittenMessage): Outbox {
  return [...removeMessage(outbox, message.id), { isRepeat: false, ...message, phase: "queued" }];
}

export function removeMessage(outbox: Outbox, id: string): Outbox {
  return outbox.filter((message) => message.id !== id);
}

/**
 * Marks the progress of a message. An accepted repetition is removed at once: the session may have
 * shown it long ago, and then no event would remove it later.
 */
export function markDelivery(outbox: Outbox, id: string, delivery: Delivery): Outbox {
  return outbox.flatMap((message) => {
    if (message.id !== id) return message;
    return message.isRepeat && delivery.phase === "accepted" ? [] : { ...message, ...delivery };
  });
}

/** Returns an error for a message that would cost the connection. */
export function refuseTooLong(command: MessageCommand, { maxFrameBytes }: Limits): ClientError | undefined {
  const { size } = new Blob([JSON.stringify(command)]);
  if (size <= maxFrameBytes) return undefined;
  return new ClientError("MESSAGE_TOO_LONG", `More than ${maxFrameBytes} bytes.`);
}

/** Returns the ids of the messages that a frame shows in the session, with their runs. */
export function shownBy(outbox: Outbox, frame: NumberedEvent | ResyncEvent): ReadonlyMap<string, string> {
  const shown: readonly Shown[] = "seq" in frame ? [frame] : frame.messages;
  return new Map(
    outbox.flatMap((message) => {
      // A message that is cancelled in the queue is never shown. The end of its run is.
      const { runId } = message as { runId?: string };
      const found = shown.find(
        (one) => one.requestId === message.id || (one.type === "run_end" && one.runId === runId),
      );
      return found ? [[message.id, found.runId as string] as const] : [];
    }),
  );
}

interface Shown {
  readonly type?: string;
  readonly requestId?: string;
  readonly runId?: string;
}
