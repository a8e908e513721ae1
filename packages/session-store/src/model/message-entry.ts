import type { Message, MessageEntry } from "@mini-openclaw/protocol";
import { checkMessage, copyMessage } from "@mini-openclaw/protocol/schema";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { reason, StoreError } from "./errors.ts";
import { isTooDeep, toJson, tooDeep } from "./json.ts";

/**
 * Returns a message as the transcript saves it: a copy that shares no object with the caller's.
 *
 * @throws StoreError `INVALID_MESSAGE` for a message that could not be read again
 */
export function assertMessage(message: Message): Message {
  try {
    return copyMessage(message) ?? asJson(message);
  } catch (cause) {
    throw toMessageError(cause);
  }
}

/** @throws StoreError `INVALID_MESSAGE` unless it is an array of messages */
export function assertMessages(messages: readonly Message[]): Message[] {
  if (Array.isArray(messages)) return Array.from(messages, assertMessage);
  throw new StoreError("INVALID_MESSAGE", mustBe("messages", "an array", messages));
}

/**
 * Returns a message as JSON makes it. JSON drops or changes values such as `undefined`, dates and
 * infinities. The rest must be a message too.
 */
function asJson(message: Message): Message {
  const value: unknown = JSON.parse(toJson(checkedMessage(message)));
  if (isTooDeep(value)) throw tooDeep();
  return checkedMessage(value);
}

/** Returns the error of a message whose own getters throw, and a `StoreError` as it is. */
export function toMessageError(cause: unknown): StoreError {
  if (StoreError.is(cause)) return cause;
  const message = `The message must be a readable object, got one that throws: ${reason(cause)}.`;
  return new StoreError("INVALID_MESSAGE", message, { cause });
}

function checkedMessage(message: unknown): Message {
  const checked = checkMessage(message);
  if (checked.ok) return checked.value;
  throw new StoreError("INVALID_MESSAGE", `Invalid message: ${checked.message}`);
}

/** Returns the entry of a message under a number and an id. */
export function toMessageEntry(message: Message, seq: number, id: string): MessageEntry {
  return { seq, id, ...message };
}
