import { GrammyError } from "grammy";

// Bot API 9, sendMessage: 1 to 4096 characters.
const MAX_CHARS = 4096;
// https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: about one message
// per second in a chat, and 20 per minute in a group.
const PAUSE_MS = { private: 1000, group: 3000 };

/**
 * Creates a message of the chat that grows while the answer is written. A long answer becomes
 * several messages.
 * @param {import("grammy").Context} context
 */
export function createStreamedMessage(context) {
  const pauseMs = context.chat?.type === "private" ? PAUSE_MS.private : PAUSE_MS.group;
  let text = "";
  let sent = "";
  let isFirst = true;
  /** @type {number | undefined} */
  let messageId;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let work = Promise.resolve();

  /** @param {string} part */
  async function send(part) {
    if (messageId !== undefined && (await edit(messageId, part))) return;
    ({ message_id: messageId } = await context.reply(part));
  }

  /**
   * Edits the message. Returns false if somebody deleted it.
   * @param {number} id
   * @param {string} part
   */
  async function edit(id, part) {
    try {
      await context.api.editMessageText(context.chat?.id ?? 0, id, part);
      return true;
    } catch (error) {
      if (error instanceof GrammyError && /message to edit not found/.test(error.description)) return false;
      throw error;
    }
  }

  /** Sends or edits the message. Returns true if the text has more than fits into it. */
  async function write() {
    const part = text.slice(0, endOfMessage(text));
    // Telegram removes spaces at both ends, and refuses an edit that changes nothing.
    const trimmed = part.trim();
    if (trimmed !== "" && trimmed !== sent) {
      await ignoreInvisible(send(trimmed));
      sent = trimmed;
    }
    if (part.length === text.length) return false;
    text = text.slice(part.length);
    sent = "";
    messageId = undefined;
    return true;
  }

  async function writeLater() {
    if (await write()) schedule();
  }

  async function writeAll() {
    while (await write());
  }

  /** Writes now if nothing was written, or after the pause. */
  function schedule() {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        isFirst = false;
        work = work.then(writeLater);
        // `finish` gets the failure.
        work.catch(() => undefined);
      },
      isFirst ? 0 : pauseMs,
    );
  }

  return {
    /** @param {string} more */
    add(more) {
      text += more;
      schedule();
    },
    /** Writes what is left. The next text begins a new message. */
    async finish() {
      clearTimeout(timer);
      timer = undefined;
      work = work.then(writeAll);
      try {
        await work;
      } finally {
        clearTimeout(timer);
        timer = undefined;
        isFirst = true;
        work = Promise.resolve();
        text = "";
        sent = "";
        messageId = undefined;
      }
    },
  };
}

/**
 * Ignores the refusal of a text that Telegram changes into nothing, or into the text that the
 * message has. It removes carriage returns and other invisible characters.
 * @param {Promise<void>} sending
 */
async function ignoreInvisible(sending) {
  try {
    await sending;
  } catch (error) {
    const isInvisible =
      error instanceof GrammyError && /message (?:is not modified|text is empty)/.test(error.description);
    if (!isInvisible) throw error;
  }
}

/**
 * Returns the length of the longest part that fits into a message. It ends at a line if possible,
 * and never between the two halves of a character.
 * @param {string} text
 */
function endOfMessage(text) {
  if (text.length <= MAX_CHARS) return text.length;
  const line = text.lastIndexOf("\n", MAX_CHARS - 1);
  return line > MAX_CHARS / 2 ? line + 1 : beginningOf(text, MAX_CHARS).length;
}

/**
 * Returns the beginning of a text that fits into a message. It never ends between the two halves of
 * a character.
 * @param {string} text
 * @param {number} [maxChars]
 */
export function beginningOf(text, maxChars = MAX_CHARS) {
  return text.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/, "");
}
