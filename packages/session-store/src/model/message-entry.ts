import type { AppendOptions, Message, MessageEntry } from "@mini-openclaw/protocol";
import { checkMessage } from "@mini-openclaw/protocol/schema";
import { isFlatJson } from "./json.ts";
import { StoreError } from "./errors.ts";
import { toJson } from "./json.ts";

// Chosen: as long as any id of a message queue.
const MAX_KEY_CHARS = 256;
// Chosen: a line of a list.
const MAX_TITLE_CHARS = 200;

/**
 * Returns a message as the transcript keeps it: a copy that shares no object with the caller's.
 *
 * @throws StoreError `INVALID_MESSAGE` for one that could not be read again
 */
export function assertMessage(message: Message): Message {
  const checked = checkedMessage(message);
  // JSON drops or changes values such as `undefined`, dates and infinities. What is left must be a message too.
  return isFlatJson(checked) ? checked : checkedMessage(JSON.parse(toJson(checked)));
}

function checkedMessage(message: unknown): Message {
  const checked = checkMessage(message);
  if (checked.ok) return checked.value;
  throw new StoreError("INVALID_MESSAGE", `message: ${checked.message}`);
}

/** @throws StoreError `INVALID_OPTION` */
export function assertAppendOptions({ idempotencyKey, expect, durability }: AppendOptions): void {
  if (idempotencyKey !== undefined && !isText(idempotencyKey, MAX_KEY_CHARS)) {
    throw new StoreError("INVALID_OPTION", `idempotencyKey: not a text of 1 to ${MAX_KEY_CHARS} characters`);
  }
  if (expect !== undefined && !(Number.isSafeInteger(expect.seq) && expect.seq >= 0)) {
    throw new StoreError("INVALID_OPTION", `expect.seq: ${String(expect.seq)} is not a whole number from 0`);
  }
  if (durability !== undefined) assertDurability(durability);
}

/** @throws StoreError `INVALID_OPTION` */
export function assertDurability(durability: "os" | "disk"): void {
  if (durability === "os" || durability === "disk") return;
  throw new StoreError("INVALID_OPTION", `durability: ${JSON.stringify(durability)} is not "os" or "disk"`);
}

/** @throws StoreError `SEQ_MISMATCH` unless the newest number is the one that the caller expects */
export function assertExpected(expect: AppendOptions["expect"], lastSeq: number): void {
  if (expect === undefined || expect.seq === lastSeq) return;
  throw new StoreError(
    "SEQ_MISMATCH",
    `expect.seq: ${expect.seq} is not the session's newest number, ${lastSeq}`,
  );
}

/** @throws StoreError `INVALID_OPTION` */
export function assertTitle(title: string): void {
  if (isText(title, MAX_TITLE_CHARS)) return;
  throw new StoreError("INVALID_OPTION", `title: not a text of 1 to ${MAX_TITLE_CHARS} characters`);
}

/** Gives a message its place in the transcript. */
export function toMessageEntry(message: Message, seq: number, id: string): MessageEntry {
  return { seq, id, ...message };
}

function isText(value: unknown, maxChars: number): boolean {
  return typeof value === "string" && value !== "" && value.length <= maxChars;
}
