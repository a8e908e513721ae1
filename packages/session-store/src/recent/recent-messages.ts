import type { Entry, MessageEntry } from "@mini-openclaw/protocol";
import { isMessageEntry } from "@mini-openclaw/protocol";
import { copyJson } from "../model/json.ts";

// More than most models get.
const MAX_MESSAGES = 200;

// 1 Mi characters for each session that is written now.
const MAX_CHARS = 1_048_576;

/**
 * The newest messages of a session that is open for writing, so that a run need not read them from
 * the file. Empty until the first read.
 */
export class RecentMessages {
  #messages: MessageEntry[] | undefined;
  /** True if the session has no other messages. */
  #isWhole = false;
  #chars = 0;
  /** The number of added messages. It shows if an append overtook a read. */
  #added = 0;

  /**
   * Returns the last `limit` messages, oldest first. Calls `read` if they are not all here, and
   * holds its result.
   */
  async readThrough(limit: number, read: () => Promise<MessageEntry[]>): Promise<MessageEntry[]> {
    const messages = this.#messages;
    if (messages && (messages.length >= limit || this.#isWhole)) return messages.slice(-limit).map(copyJson);
    const added = this.#added;
    const found = await read();
    // A read that an append overtook is not the newest.
    if (added === this.#added && found.length >= (this.#messages?.length ?? 0)) this.#fill(found, limit);
    return found;
  }

  add(entries: readonly (Entry | undefined)[]): void {
    for (const entry of entries) {
      if (!entry || !isMessageEntry(entry)) continue;
      this.#added += 1;
      this.#push(entry);
    }
  }

  #fill(messages: readonly MessageEntry[], limit: number): void {
    this.#messages = [];
    this.#chars = 0;
    this.#isWhole = messages.length < limit;
    for (const message of messages) this.#push(message);
  }

  #push(message: MessageEntry): void {
    const messages = this.#messages;
    if (!messages) return;
    // A copy: the caller has the other one.
    messages.push(copyJson(message));
    this.#chars += sizeOf(message);
    while (messages.length > MAX_MESSAGES || this.#chars > MAX_CHARS) {
      const oldest = messages.shift();
      if (!oldest) return;
      this.#chars -= sizeOf(oldest);
      this.#isWhole = false;
    }
  }
}

/** Returns about the memory that a message needs. Values that are no text count as their JSON. */
function sizeOf(message: MessageEntry): number {
  if (message.role === "user") return message.content.length + lengthOf(message.blocks);
  if (message.role !== "assistant") return message.content.length;
  return message.content.length + lengthOf(message.blocks) + lengthOf(message.toolCalls);
}

function lengthOf(value: unknown): number {
  return value === undefined ? 0 : JSON.stringify(value).length;
}
