import type { Message, MessageEntry } from "@mini-openclaw/protocol";
import { checkMessage, copyMessage } from "@mini-openclaw/protocol/schema";
import { StoreError } from "./errors.ts";
import { toJson } from "./json.ts";

/**
 * Returns a message as the transcript saves it: a copy that shares no object with the caller's.
 *
 * @throws StoreError `INVALID_MESSAGE` for a message that could not be read again
 */
export function assertMessage(message: Message): Message {
  // JSON drops or changes values such as `undefined`, dates and infinities. The rest must be a
  // message too.
  return copyMessage(message) ?? checkedMessage(JSON.parse(toJson(checkedMessage(message))));
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
