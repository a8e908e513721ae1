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
export type OutgoingMessage = OutgoingFields &
  (
    | { readonly phase: "queued" | "sent" }
    /** It will end in exactly one `run_end` of this run. */
    | { readonly phase: "accepted"; readonly runId: string }
    /** The gateway did not take it, or the client knows that it would not. */
    | { readonly phase: "refused"; readonly refusal: ClientError }
  );

interface OutgoingFields {
  /** Chosen once: it goes with every repetition, so that the gateway runs the message once. */
  readonly id: string;
  readonly content: string;
  readonly mode?: MessageMode;
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
export function toCommand({ id, content, mode }: WrittenMessage, sessionId: string): MessageCommand {
  return { type: "message", id, sessionId, content, ...(mode && { mode }) };
}

export function removeMessage(outbox: Outbox, id: string): Outbox {
  return outbox.filter((message) => message.id !== id);
}

export function markSent(outbox: Outbox, id: string): Outbox {
  return change(outbox, id, (fields) => ({ ...fields, phase: "sent" }));
}

export function markRefused(outbox: Outbox, id: string, refusal: ClientError): Outbox {
  return change(outbox, id, (fields) => ({ ...fields, phase: "refused", refusal }));
}

/** A repetition that is acknowledged may have been shown long ago: nothing would remove it later. */
export function markAccepted(outbox: Outbox, id: string, runId: string): Outbox {
  const accepted = change(outbox, id, (fields) => ({ ...fields, phase: "accepted", runId }));
  return accepted.filter((message) => message.id !== id || !message.isRepeat);
}

/** While nobody watches the session nothing would remove what was accepted; whoever watches it again is shown it. */
export function withoutAccepted(outbox: Outbox): Outbox {
  return outbox.filter(({ phase }) => phase !== "accepted");
}

/** The connection is gone: whatever it did not answer is sent again on the next one. */
export function requeueUnanswered(outbox: Outbox): Outbox {
  return outbox.map((message) =>
    message.phase === "sent" ? { ...message, isRepeat: true, phase: "queued" } : message,
  );
}

/** The gateway takes nothing at the moment: the message waits for another time. */
export function requeue(outbox: Outbox, id: string): Outbox {
  return change(outbox, id, (fields) => ({ ...fields, phase: "queued" }));
}

/** Why a message is not even sent: it would cost the connection. */
export function refuseTooLong(command: MessageCommand, { maxFrameBytes }: Limits): ClientError | undefined {
  const { length } = new TextEncoder().encode(JSON.stringify(command));
  if (length <= maxFrameBytes) return undefined;
  return new ClientError(
    "MESSAGE_TOO_LONG",
    `${length} bytes as a frame; the gateway takes ${maxFrameBytes}`,
  );
}

/** Which messages a frame shows to be in the session, by id, and their runs. */
export function shownBy(outbox: Outbox, frame: NumberedEvent | ResyncEvent): ReadonlyMap<string, string> {
  if (outbox.length === 0) return new Map();
  const arrived = "seq" in frame ? [arrivalOf(frame)] : frame.messages.map(arrivalOfEntry);
  const isIt = (one: Arrival, message: OutgoingMessage) =>
    one?.requestId === message.id || (message.phase === "accepted" && one?.runId === message.runId);
  return new Map(
    outbox.flatMap((message) => {
      const found = arrived.find((one) => isIt(one, message));
      return found ? [[message.id, found.runId] as const] : [];
    }),
  );
}

type Arrival = { requestId: string | undefined; runId: string } | undefined;

function arrivalOf(event: NumberedEvent): Arrival {
  const { type } = event;
  if (type === "run_end") return { requestId: undefined, runId: event.runId };
  if (type !== "user_message" && type !== "message_queued") return undefined;
  return { requestId: event.requestId, runId: event.runId };
}

function arrivalOfEntry(entry: MessageEntry): Arrival {
  if (entry.role !== "user" || entry.runId === undefined) return undefined;
  return { requestId: entry.requestId, runId: entry.runId };
}

function change(outbox: Outbox, id: string, make: (fields: OutgoingFields) => OutgoingMessage): Outbox {
  return outbox.map((message) => {
    if (message.id !== id) return message;
    const { content, isRepeat, mode } = message;
    return make({ id, content, isRepeat, ...(mode && { mode }) });
  });
}
