import type { Message, MessageEntry } from "@mini-openclaw/protocol";
import { checkMessage } from "@mini-openclaw/protocol/schema";
import { StoreError } from "./errors.ts";
import { createId } from "./names.ts";

/** Checks a message that somebody hands over to be kept. @throws StoreError `INVALID_MESSAGE` */
export function assertMessage(message: Message): Message {
  const checked = checkMessage(message);
  if (checked.ok) return checked.value;
  throw new StoreError("INVALID_MESSAGE", `message: ${checked.message}`);
}

/** Gives a message its place in the transcript. */
export function toMessageEntry(message: Message, seq: number): MessageEntry {
  return { seq, id: createId(), ...message };
}
