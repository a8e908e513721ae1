import type { Message } from "@mini-openclaw/protocol";
import type { StartFinder } from "./context.ts";

/** The share of the limit that remains when messages must be left out. */
const KEPT = 0.65;

/** Sessions whose first message is remembered. */
const MAX_SESSIONS = 1000;

/**
 * The first message that each session's model gets. It stays the first one until the limit on
 * messages is reached again. Then about a third of them is left out at once.
 *
 * A window that moved with every run would begin differently each time, and the cache of the
 * model's server would be of no use. After a restart, a window begins anew.
 */
export class WindowStarts {
  /** By session, the least recently used first. */
  readonly #firsts = new Map<string, string>();

  /** Returns a function that finds the start of a session's window, without moving it. */
  find(sessionId: string, given: readonly Message[]): StartFinder {
    const first = this.#firsts.get(sessionId);
    return (messages, maxMessages) => startOf(messages, maxMessages, first, given);
  }

  /** Returns a function that finds the start of a session's window, and remembers it. */
  move(sessionId: string, given: readonly Message[]): StartFinder {
    const find = this.find(sessionId, given);
    return (messages, maxMessages) => {
      const start = find(messages, maxMessages);
      this.#remember(sessionId, messages[start]);
      return start;
    };
  }

  #remember(sessionId: string, message: Message | undefined): void {
    this.#firsts.delete(sessionId);
    if (!message) return;
    this.#firsts.set(sessionId, keyOf(message));
    const [oldest] = this.#firsts.keys();
    if (this.#firsts.size > MAX_SESSIONS && oldest !== undefined) this.#firsts.delete(oldest);
  }
}

/**
 * Returns the index of the window's first message. `given` are the messages as the caller passed
 * them, who may have limited them already.
 */
function startOf(
  messages: readonly Message[],
  maxMessages: number,
  first: string | undefined,
  given: readonly Message[],
): number {
  const isFirst = (message: Message) => keyOf(message) === first;
  const known = first === undefined ? -1 : messages.findIndex(isFirst);
  const start = Math.max(0, known);
  const hasMoved = first !== undefined && known === -1 && !given.some(isFirst);
  if (!hasMoved && messages.length - start <= maxMessages) return start;
  if (first === undefined) return messages.length - maxMessages;
  const kept = Math.ceil(KEPT * Math.min(maxMessages, given.length));
  return Math.max(0, messages.length - kept);
}

/** Messages of a store have an id. Others are known by their time and text. */
function keyOf(message: Message): string {
  if ("id" in message && typeof message.id === "string") return message.id;
  return `${message.role} ${message.timestamp} ${message.content.slice(0, 200)}`;
}
