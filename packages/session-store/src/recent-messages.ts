import type { Entry, MessageEntry } from "@mini-openclaw/protocol";
import { isMessageEntry } from "@mini-openclaw/protocol";

// Chosen: what a model is shown, and some more.
const MAX_MESSAGES = 200;

// Chosen: 1 MiB of text for each session that is written now.
const MAX_CHARS = 1_048_576;

/**
 * The newest messages of a session that is open for writing: whoever asks for the last few of them, as each run does,
 * need not wait for the disk. Empty until the first read from the file is put in.
 */
export class RecentMessages {
  #messages: MessageEntry[] | undefined;
  /** Whether the session has no others. */
  #isWhole = false;
  #chars = 0;
  /** Counts the messages that were added, so that a read which one of them overtook is not taken for the newest. */
  #added = 0;

  get added(): number {
    return this.#added;
  }

  /** The last `limit` messages, oldest first; `undefined` when they must be read. */
  last(limit: number): MessageEntry[] | undefined {
    if (!this.#messages || (this.#messages.length < limit && !this.#isWhole)) return undefined;
    return limit === 0 ? [] : this.#messages.slice(-limit);
  }

  /** Takes over what was read as the last `limit` messages, unless one was added since `added`. */
  fill(messages: readonly MessageEntry[], { limit, added }: { limit: number; added: number }): void {
    if (added !== this.#added || messages.length < (this.#messages?.length ?? 0)) return;
    this.#messages = [];
    this.#chars = 0;
    this.#isWhole = messages.length < limit;
    for (const message of messages) this.#push(message);
  }

  add(entries: readonly (Entry | undefined)[]): void {
    for (const entry of entries) {
      if (!entry || !isMessageEntry(entry)) continue;
      this.#added += 1;
      this.#push(entry);
    }
  }

  #push(message: MessageEntry): void {
    const messages = this.#messages;
    if (!messages) return;
    messages.push(message);
    this.#chars += sizeOf(message);
    while (messages.length > MAX_MESSAGES || this.#chars > MAX_CHARS) {
      const oldest = messages.shift();
      if (!oldest) return;
      this.#chars -= sizeOf(oldest);
      this.#isWhole = false;
    }
  }
}

/** About how much memory a message takes; what is not text counts as its JSON. */
function sizeOf(message: MessageEntry): number {
  if (message.role === "user") return message.content.length + lengthOf(message.blocks);
  if (message.role !== "assistant") return message.content.length;
  return message.content.length + lengthOf(message.blocks) + lengthOf(message.toolCalls);
}

function lengthOf(value: unknown): number {
  return value === undefined ? 0 : JSON.stringify(value).length;
}
