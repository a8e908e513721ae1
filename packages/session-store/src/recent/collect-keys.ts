import { isMessageEntry, type Message, type MessageEntry } from "@mini-openclaw/protocol";
import { checkMessage } from "@mini-openclaw/protocol/schema";
import type { TranscriptLine } from "../format/transcript-line.ts";
import { digestMessages, REMEMBERED_ENTRIES, RememberedKeys } from "./remembered-keys.ts";

/** Collects the idempotency keys of the newest entries of a transcript, from its last line on. */
export async function collectKeys(newestFirst: AsyncIterable<TranscriptLine>): Promise<RememberedKeys> {
  const groups: { key: string; messages: MessageEntry[] }[] = [];
  let count = 0;
  for await (const line of newestFirst) {
    if (line.kind !== "entry") continue;
    const { entry, marks } = line;
    const { idempotencyKey: key, groupRest = 0 } = marks;
    const group = groups.at(-1);
    // Only the last line of a group has no line after it.
    const isSameGroup = groupRest > 0 && group?.key === key;
    if (count >= REMEMBERED_ENTRIES && !isSameGroup) break;
    count += 1;
    if (key === undefined || !isMessageEntry(entry)) continue;
    if (isSameGroup) group?.messages.push(entry);
    else groups.push({ key, messages: [entry] });
  }
  const keys = new RememberedKeys();
  for (const { key, messages } of groups.reverse()) {
    const [last] = messages;
    const kept = messages.reverse();
    const firstSeq = kept[0]?.seq ?? 0;
    keys.remember(key, {
      digest: digestMessages(kept.map(toMessage)),
      firstSeq,
      lastSeq: last?.seq ?? firstSeq,
    });
  }
  return keys;
}

/** Returns the message of an entry, without the fields that the append added. */
function toMessage(entry: MessageEntry): Message {
  const checked = checkMessage(entry);
  return checked.ok ? checked.value : entry;
}
