import { once } from "node:events";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { inputOf } from "./call-input.js";

// Limits and texts of https://core.telegram.org/bots/api. Clients compare the texts.
const MAX_TEXT_CHARS = 4096;
const MAX_BUTTON_BYTES = 64;

/** An answer with `ok: false`. */
class Refused extends Error {
  /** @param {number} code @param {string} description @param {object} [parameters] */
  constructor(code, description, parameters) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }
}

/** @typedef {{ id: number, type: "private" | "group", title?: string }} Chat */
/** @typedef {{ message_id: number, chat: Chat, text?: string, reply_markup?: Keyboard, photo?: Buffer }} Sent */
/** @typedef {{ inline_keyboard: { text: string, callback_data: string }[][] }} Keyboard */

/**
 * Starts a server with the methods of the Bot API that the channel uses. It enforces the rules of
 * the real one: limits on texts and buttons, one poller, confirmed updates, unchanged edits.
 *
 * @param {{ token: string }} options
 */
export async function startFakeBotApi({ token }) {
  const me = { id: 1, is_bot: true, first_name: "Claw", username: "claw_bot" };
  /** @type {Map<number, Chat>} */
  const chats = new Map();
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  /** @type {Sent[]} */
  const sent = [];
  /** @type {{ messageId: number, text: string }[]} */
  const edits = [];
  /** @type {Set<string>} */
  const queries = new Set();
  /** @type {{ update_id: number }[]} */
  let updates = [];
  /** @type {((reason?: Refused) => void) | undefined} */
  let wakePoller;
  let lastId = 1000;
  let refusedEdits = 0;
  const changed = new EventTarget();

  /** @type {Record<string, (input: any, response: import("node:http").ServerResponse) => unknown>} */
  const methods = {
    getMe: () => me,
    deleteWebhook: () => true,
    async getUpdates({ offset = 0, timeout = 0 }, response) {
      wakePoller?.(
        new Refused(
          409,
          "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
        ),
      );
      // An offset confirms every update before it.
      updates = updates.filter(({ update_id }) => update_id >= offset);
      if (updates.length === 0 && timeout > 0) await waitForUpdate(timeout, response);
      return updates;
    },
    sendMessage({ chat_id, text, reply_markup }) {
      checkText(text);
      checkKeyboard(reply_markup);
      return deliver({ chat: chatOf(chat_id), text: text.trim(), ...(reply_markup && { reply_markup }) });
    },
    editMessageText({ chat_id, message_id, text, reply_markup }) {
      checkText(text);
      if (refusedEdits > 0) {
        refusedEdits -= 1;
        throw new Refused(429, "Too Many Requests: retry after 1", { retry_after: 1 });
      }
      const message = sent.find((one) => one.message_id === message_id && one.chat.id === chat_id);
      if (!message) throw new Refused(400, "Bad Request: message to edit not found");
      if (
        message.text === text.trim() &&
        JSON.stringify(message.reply_markup) === JSON.stringify(reply_markup)
      )
        throw new Refused(
          400,
          "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
        );
      message.text = text.trim();
      // Buttons that an edit does not repeat disappear.
      delete message.reply_markup;
      edits.push({ messageId: message_id, text: text.trim() });
      changed.dispatchEvent(new Event("change"));
      return message;
    },
    answerCallbackQuery({ callback_query_id }) {
      if (!queries.delete(callback_query_id))
        throw new Refused(
          400,
          "Bad Request: query is too old and response timeout expired or query ID is invalid",
        );
      changed.dispatchEvent(new Event("change"));
      return true;
    },
    getFile({ file_id }) {
      if (!files.has(file_id)) throw new Refused(400, "Bad Request: invalid file_id");
      return { file_id, file_unique_id: file_id, file_path: `photos/${file_id}.jpg` };
    },
    sendPhoto({ chat_id, photo }) {
      if (!isImage(photo)) throw new Refused(400, "Bad Request: IMAGE_PROCESS_FAILED");
      return deliver({ chat: chatOf(chat_id), photo });
    },
  };

  /** @param {number} seconds @param {import("node:http").ServerResponse} response */
  function waitForUpdate(seconds, response) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(done, seconds * 1000);
      response.once("close", done);
      wakePoller = done;
      /** @param {unknown} [reason] */
      function done(reason) {
        clearTimeout(timer);
        wakePoller = undefined;
        if (reason instanceof Refused) reject(reason);
        else resolve(undefined);
      }
    });
  }

  /** @param {unknown} id */
  function chatOf(id) {
    const chat = chats.get(Number(id));
    if (!chat) throw new Refused(400, "Bad Request: chat not found");
    return chat;
  }

  /** @param {Omit<Sent, "message_id">} message */
  function deliver(message) {
    lastId += 1;
    const delivered = { message_id: lastId, date: lastId, from: me, ...message };
    sent.push(delivered);
    changed.dispatchEvent(new Event("change"));
    return { ...delivered, photo: undefined };
  }

  /** @param {object} content */
  function push(content) {
    lastId += 1;
    updates.push({ update_id: lastId, ...content });
    wakePoller?.();
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async function answer(request, response) {
    const [, given, path = ""] = /^\/(?:file\/)?bot([^/]+)\/(.*)$/.exec(request.url ?? "") ?? [];
    const body = await buffer(request);
    if (request.url?.startsWith("/file/")) {
      const file = given === token ? files.get(path.replace(/^photos\/|[.]jpg$/g, "")) : undefined;
      response.writeHead(file ? 200 : 404).end(file);
      return;
    }
    try {
      if (given !== token) throw new Refused(401, "Unauthorized");
      const method = methods[path];
      if (!method) throw new Refused(404, "Not Found");
      const result = await method(inputOf(request.headers["content-type"] ?? "", body), response);
      send(response, 200, { ok: true, result });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { code, message, parameters } = error;
      send(response, code, {
        ok: false,
        error_code: code,
        description: message,
        ...(parameters && { parameters }),
      });
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

  return {
    url: `http://127.0.0.1:${port}`,
    sent,
    edits,
    /** Refuses the next edits with 429. @param {number} count */
    refuseEdits(count) {
      refusedEdits = count;
    },
    /**
     * Sends a message of a user to the bot.
     * @param {Chat} chat
     * @param {number} userId
     * @param {object} message
     */
    write(chat, userId, message) {
      chats.set(chat.id, chat);
      const from = { id: userId, is_bot: false, first_name: `User${userId}` };
      lastId += 1;
      push({ message: { message_id: lastId, date: lastId, chat, from, ...message } });
    },
    /** @param {Buffer} bytes */
    addFile(bytes) {
      lastId += 1;
      files.set(`file${lastId}`, bytes);
      return `file${lastId}`;
    },
    /**
     * Presses a button of a message.
     * @param {Sent} message
     * @param {string} label
     * @param {number} userId
     */
    press({ chat, message_id, reply_markup }, label, userId) {
      const button = reply_markup?.inline_keyboard.flat().find(({ text }) => text === label);
      if (!button) throw new Error(`The message has no button ${label}.`);
      lastId += 1;
      queries.add(`query${lastId}`);
      const from = { id: userId, is_bot: false, first_name: `User${userId}` };
      const message = { message_id, date: 1, chat };
      push({
        callback_query: {
          id: `query${lastId}`,
          from,
          message,
          chat_instance: "1",
          data: button.callback_data,
        },
      });
    },
    /**
     * Waits until `find` returns something.
     * @template Found
     * @param {() => Found | undefined | false} find
     * @returns {Promise<Found>}
     */
    async until(find) {
      for (;;) {
        const found = find();
        if (found) return found;
        await new Promise((resolve) => changed.addEventListener("change", resolve, { once: true }));
      }
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** @param {unknown} text */
function checkText(text) {
  if (typeof text !== "string" || text.trim() === "")
    throw new Refused(400, "Bad Request: message text is empty");
  if (text.length > MAX_TEXT_CHARS) throw new Refused(400, "Bad Request: message is too long");
}

/** @param {Keyboard | undefined} keyboard */
function checkKeyboard(keyboard) {
  for (const { callback_data } of keyboard?.inline_keyboard.flat() ?? []) {
    const bytes = Buffer.byteLength(callback_data);
    if (bytes < 1 || bytes > MAX_BUTTON_BYTES) throw new Refused(400, "Bad Request: BUTTON_DATA_INVALID");
  }
}

/** @param {unknown} photo */
function isImage(photo) {
  if (!Buffer.isBuffer(photo)) return false;
  const start = photo.subarray(0, 4).toString("hex");
  return start === "89504e47" || start.startsWith("ffd8ff");
}

/** @param {import("node:http").ServerResponse} response @param {number} status @param {object} body */
function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
