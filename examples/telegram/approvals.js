import { GrammyError, InlineKeyboard } from "grammy";
import { beginningOf } from "./streamed-message.js";

/** @typedef {"once" | "session" | "deny"} Decision */

/** @type {Record<Decision, string>} */
const labels = { once: "Allow once", session: "Allow in this chat", deny: "Deny" };

/**
 * Creates the questions about tool calls. A button has at most 64 bytes of data, so that it has a
 * number instead of the call's id.
 * @param {import("grammy").Api} api
 */
export function createApprovals(api) {
  /**
   * @type {Map<string, {
   *   session: import("@mini-openclaw/client").Session,
   *   callId: string,
   *   chatId: number,
   *   messageId: number,
   *   text: string,
   * }>}
   */
  const open = new Map();
  let count = 0;

  return {
    /**
     * Asks the chat about a call.
     * @param {import("grammy").Context} context
     * @param {import("@mini-openclaw/client").Session} session
     * @param {{ callId: string, toolName: string, reason: string }} call
     */
    async ask(context, session, { callId, toolName, reason }) {
      count += 1;
      const name = String(count);
      // The decision is added to the text later.
      const text = beginningOf(`Allow ${toolName}?\n${reason}`, 4000);
      const keyboard = new InlineKeyboard();
      for (const [decision, label] of Object.entries(labels)) keyboard.text(label, `${decision}:${name}`);
      const message = await context.reply(text, { reply_markup: keyboard });
      open.set(name, { session, callId, chatId: message.chat.id, messageId: message.message_id, text });
    },
    /**
     * Applies the button that a user pressed. Returns the text of the answer.
     * @param {string} data
     */
    async decide(data) {
      const [decision = "", name = ""] = data.split(":");
      const question = open.get(name);
      if (!question || !isDecision(decision)) return "This question is over.";
      open.delete(name);
      const { session, callId, chatId, messageId, text } = question;
      try {
        await session.approve(callId, decision);
      } catch {
        return "This question is over.";
      }
      // Somebody may have deleted the question.
      await api.editMessageText(chatId, messageId, `${text}\n→ ${labels[decision]}`).catch((error) => {
        if (!(error instanceof GrammyError)) throw error;
      });
      return labels[decision];
    },
  };
}

/** @param {string} text @returns {text is Decision} */
function isDecision(text) {
  return Object.hasOwn(labels, text);
}
