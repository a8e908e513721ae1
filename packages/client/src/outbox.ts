import type {
  Limits,
  MessageCommand,
  MessageEntry,
  MessageMode,
  NumberedEvent,
  ResyncEvent,
} from "@mini-openclaw/protocol";
import { ClientError } from "./errors.ts";

/** A message that was written here and that the session does not show yet. */
export type OutgoingMessage = OutgoingFields & Delivery;

/** How far a message has come. */
export type Delivery =
  | { readonly phase: "queued" | "sent" }
  /** It will end in exactly one `run_end` of this run. */
  | { readonly phase: "accepted"; readonly runId: string }
  /** The gateway did not take it, or the client knows that it would not. */
  | { readonly phase: "refused"; readonly refusal: ClientError };

interface OutgoingFields {
  /** Chosen once: it goes with every repetition, so that the gateway runs the message once. */
  readonly id: string;
  readonly content: string;
  readonly mode?: MessageMode | undefined;
  /** It was sent on an earlier connection too, which did not say whether it arrived. */
  readonly isRepeat: boolean;
}

/** A message as it was written. */
export type WrittenMessage = Pick<OutgoingFields, "id" | "content" | "mode">;

/** The messages of a session on their way, oldest first. */
export type Outbox = readonly OutgoingMessage[];

// Chosen: more than a person types while offline, in all sessions of a client. With the questions it stays below the 100 frames that a gateway takes at once.
export const MAX_OUTGOING = 50;

export function addMessage(outbox: Outbox, message: WrittenMessage): Outbox {
  return [...removeMessage(outbox, message.id), { ...message, isRepeat: false, phase: "queued" }];
}

/** The frame that sends a message. */
export function toCommand(
  { id, content, mode = "queue" }: WrittenMessage,
  sessionId: string,
): MessageCommand {
  return { type: "message", id, sessionId, content, mode };
}

export function removeMessage(outbox: Outbox, id: string): Outbox {
  return outbox.filter((message) => message.id !== id);
}

/** A repetition that is acknowledged may have been shown long ago: nothing would remove it later, so it goes at once. */
export function markDelivery(outbox: Outbox, id: string, delivery: Delivery): Outbox {
  return outbox.flatMap((message) => {
    if (message.id !== id) return message;
    return message.isRepeat && delivery.phase === "accepted" ? [] : { ...message, ...delivery };
  });
}

/** The connection is gone: whatever it did not answer is sent again on the next one. */
export function requeueUnanswered(outbox: Outbox): Outbox {
  return outbox.map((message) =>
    message.phase === "sent" ? { ...message, isRepeat: true, phase: "queued" } : message,
  );
}

/** Why a message is not even sent: it would cost the connection. */
export function refuseTooLong(command: MessageCommand, { maxFrameBytes }: Limits): ClientError | undefined {
  const { length } = new TextEncoder().encode(JSON.stringify(command));
  if (length <= maxFrameBytes) return undefined;
  return new ClientError("MESSAGE_TOO_LONG", `more than ${maxFrameBytes} bytes as a frame`);
}

/** Which messages a frame shows to be in the session, by id, and their runs. */
export function shownBy(outbox: Outbox, frame: NumberedEvent | ResyncEvent): ReadonlyMap<string, string> {
  const arrived = ("seq" in frame ? [frame] : frame.messages).filter(isArrival);
  return new Map(
    outbox.flatMap((message) => {
      const found = arrived.find(
        ({ requestId, runId }) =>
          requestId === message.id || (message.phase === "accepted" && runId === message.runId),
      );
      return found ? [[message.id, found.runId] as const] : [];
    }),
  );
}

interface Arrival {
  requestId?: string;
  runId: string;
}

/** A message that waits, one that runs, or the end of a run whose message nobody was shown. */
function isArrival(one: NumberedEvent | MessageEntry): one is (NumberedEvent | MessageEntry) & Arrival {
  return "role" in one
    ? one.role === "user" && one.runId !== undefined
    : ["user_message", "message_queued", "run_end"].includes(one.type);
}
