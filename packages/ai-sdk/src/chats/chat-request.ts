import { describeValue, isRecord } from "@mini-openclaw/protocol/shared";

/** A message of a client, as far as a request needs it. */
export interface ClientMessage {
  id: string;
  role: string;
  /** The number of the newest event that the message shows, if it shows any. */
  seq: number | undefined;
  parts: readonly ClientPart[];
}

/** A part of a client's message, with the fields that a request may need. */
export interface ClientPart extends Readonly<Record<string, unknown>> {
  type: string;
}

/** A request of `useChat` to send its messages. */
export interface ChatRequest {
  chatId: string;
  /** Distinguishes the requests of a chat. */
  requestId: string;
  trigger: "submit-message" | "regenerate-message";
  messageId: string | undefined;
  /**
   * The message that the request is about: an answer with new decisions on its tool calls, or else
   * the newest message.
   */
  last: ClientMessage | undefined;
}

// The longest key of a session.
const MAX_ID_CHARS = 512;
// An id of the protocol has 128. The id of an edit has the message's id and a UUID.
const MAX_MESSAGE_ID_CHARS = 90;

/**
 * Reads the fields of a request to send messages. Returns a text that names the wrong field and
 * the remedy. Only one message is read, because the history is the gateway's.
 */
export function readChatRequest(
  fields: Readonly<Record<string, unknown>>,
  requestId: string,
): ChatRequest | string {
  const { id: chatId, trigger = "submit-message", messageId, message } = fields;
  // Apps that let `prepareSendMessagesRequest` send the newest message alone call it `message`.
  const { messages = message === undefined ? undefined : [message] } = fields;
  if (!isChatId(chatId)) return wrong("id", `a text of 1 to ${MAX_ID_CHARS} characters`, chatId);
  if (trigger !== "submit-message" && trigger !== "regenerate-message")
    return wrong("trigger", "submit-message or regenerate-message", trigger);
  if (messageId !== undefined && messageId !== null && typeof messageId !== "string")
    return wrong("messageId", "a text", messageId);
  if (!Array.isArray(messages)) return wrong("messages", "an array", messages);
  const isDecided = (one: unknown) => isRecord(one) && one["role"] === "assistant" && one["id"] === messageId;
  // Messages may come after the answer that a user decides on.
  const decided = trigger === "submit-message" ? messages.findLast(isDecided) : undefined;
  const read = messages.length === 0 ? undefined : readMessage(decided ?? messages.at(-1));
  if (typeof read === "string") return read;
  return { chatId, requestId, trigger, messageId: messageId ?? undefined, last: read };
}

/** Returns true for the id of a chat: it becomes the key of a session. */
export function isChatId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= MAX_ID_CHARS;
}

function readMessage(value: unknown): ClientMessage | string {
  if (!isRecord(value)) return wrong("messages", "an array of objects", value);
  const { id, role, parts, metadata } = value;
  if (typeof id !== "string" || id === "" || id.length > MAX_MESSAGE_ID_CHARS) {
    const expected = `a text of 1 to ${MAX_MESSAGE_ID_CHARS} characters`;
    return wrong("id` of the last message in `messages", expected, id);
  }
  if (typeof role !== "string") return wrong("role` of the last message in `messages", "a text", role);
  if (!Array.isArray(parts) || !parts.every(isPart))
    return wrong("parts` of the last message in `messages", "an array of parts", parts);
  const seq = isRecord(metadata) ? metadata["seq"] : undefined;
  return { id, role, parts, seq: Number.isSafeInteger(seq) ? Number(seq) : undefined };
}

function isPart(value: unknown): value is ClientPart {
  return isRecord(value) && typeof value["type"] === "string";
}

function wrong(field: string, expected: string, value: unknown): string {
  return `\`${field}\` must be ${expected}, got ${describeValue(value)}.`;
}
