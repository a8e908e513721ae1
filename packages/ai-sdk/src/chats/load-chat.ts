import type { DialectConnection } from "@mini-openclaw/gateway";
import type { MessageEntry, RunEndEntry, UserEntry } from "@mini-openclaw/protocol";
import { messageIdOf } from "../shared/message-id.ts";
import { Refusal, refusalOf } from "./refusal.ts";

// As many messages as a `history` may have.
const PAGE = 200;

/** The messages and the ends of runs of a chat, oldest first. */
export type ChatEntries = readonly (MessageEntry | RunEndEntry)[];

/**
 * Loads the newest entries of a chat, page by page, until they are enough.
 *
 * @throws Refusal
 */
export async function loadChat(
  connection: DialectConnection,
  chatId: string,
  isEnough: (entries: ChatEntries) => boolean = () => false,
): Promise<{ sessionId: string; entries: ChatEntries }> {
  let entries: ChatEntries = [];
  for (let before: number | undefined; ; ) {
    const at = before === undefined ? {} : { before };
    const page = await connection.perform({ type: "history", key: chatId, limit: PAGE, ...at });
    if (page?.type !== "history") throw new Refusal(refusalOf(page));
    const { sessionId, messages, runEnds = [], hasMore } = page;
    entries = [...[...messages, ...runEnds].sort((one, other) => one.seq - other.seq), ...entries];
    before = messages[0]?.seq;
    if (!hasMore || before === undefined || isEnough(entries)) return { sessionId, entries };
  }
}

/** Returns the user's message that clients know by `messageId`. */
export function findUserEntry(entries: ChatEntries, messageId: string): UserEntry | undefined {
  return entries.findLast((entry) => isUser(entry) && messageIdOf(entry) === messageId) as
    | UserEntry
    | undefined;
}

/** Returns the newest message that a run has begun with. Others were added to an active run. */
export function newestMessage(entries: ChatEntries): UserEntry | undefined {
  const begun = new Set<string | undefined>();
  let newest: UserEntry | undefined;
  for (const entry of entries) {
    if (isUser(entry) && !begun.has(entry.runId)) newest = entry;
    if (entry.runId !== undefined) begun.add(entry.runId);
  }
  return newest;
}

function isUser(entry: ChatEntries[number]): entry is UserEntry {
  return "role" in entry && entry.role === "user";
}
