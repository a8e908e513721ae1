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
  /** @type {number | undefined} */
  let messageId;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let work = Promise.resolve();

  /** Sends or edits the message, and begins the next one where this one is full. */
  async function write() {
    for (;;) {
      const part = text.slice(0, endOfMessage(text));
      const isWhole = part.length === text.length;
      // Telegram removes spaces at both ends, and refuses an edit that changes nothing.
      const shown = part.trim();
      if (shown !== "" && shown !== sent) {
        if (messageId === undefined) ({ message_id: messageId } = await context.reply(shown));
        else await context.api.editMessageText(context.chat?.id ?? 0, messageId, shown);
        sent = shown;
      }
      if (isWhole) return;
      text = text.slice(part.length);
      sent = "";
      messageId = undefined;
    }
  }

  function schedule() {
    timer ??= setTimeout(
      () => {
        timer = undefined;
        work = work.then(write);
        // `finish` gets the failure.
        work.catch(() => undefined);
      },
      messageId === undefined ? 0 : pauseMs,
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
      work = work.then(write);
      try {
        await work;
      } finally {
        work = Promise.resolve();
        text = "";
        sent = "";
        messageId = undefined;
      }
    },
  };
}

/**
 * Returns the length of the longest part that fits into a message. It ends at a line if possible,
 * and never between the two halves of a character.
 * @param {string} text
 */
function endOfMessage(text) {
  if (text.length <= MAX_CHARS) return text.length;
  const line = text.lastIndexOf("\n", MAX_CHARS - 1);
  if (line > MAX_CHARS / 2) return line + 1;
  const last = text.charCodeAt(MAX_CHARS - 1);
  return last >= 0xd800 && last < 0xdc00 ? MAX_CHARS - 1 : MAX_CHARS;
}
