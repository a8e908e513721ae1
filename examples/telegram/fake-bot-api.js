import { once } from "node:events";
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import {
  badRequest,
  checkCallbackText,
  checkCaption,
  checkKeyboard,
  checkPhoto,
  checkText,
  limits,
  Refused,
} from "./bot-api-rules.js";
import { inputOf } from "./call-input.js";

/** @typedef {{ id: number, type: "private", first_name: string } | { id: number, type: "group", title: string }} Chat */
/** @typedef {{ file_id: string, file_unique_id: string, width: number, height: number }} PhotoSize */
/** @typedef {{ file_id: string, file_unique_id: string, file_name: string }} Document */
/**
 * @typedef {object} Sent
 * @property {number} message_id
 * @property {Chat} chat
 * @property {string} [text]
 * @property {Keyboard} [reply_markup]
 * @property {PhotoSize[]} [photo]
 * @property {Document} [document]
 */
/** @typedef {{ inline_keyboard: { text: string, callback_data: string }[][] }} Keyboard */
/** @typedef {{ method: string, input: Record<string, unknown>, result: unknown }} Call */

/**
 * Starts a server with the methods of the Bot API that the channel uses. It enforces the rules of
 * the real one: limits on texts, buttons and files, one poller, confirmed updates, unchanged edits.
 *
 * @param {{ token: string }} options
 */
export async function startFakeBotApi({ token }) {
  const user = { id: 1, is_bot: true, first_name: "Claw", username: "claw_bot" };
  const me = {
    ...user,
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
    has_topics_enabled: false,
    allows_users_to_create_topics: false,
    can_manage_bots: false,
    supports_join_request_queries: false,
  };
  /** @type {Map<number, Chat>} */
  const chats = new Map();
  /** @type {Map<string, Buffer>} */
  const files = new Map();
  /** @type {Sent[]} */
  const sent = [];
  /** @type {Call[]} */
  const calls = [];
  /** @type {object[]} */
  const pushed = [];
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
      return updates.slice(0, limits.updates);
    },
    sendMessage({ chat_id, text, reply_markup }) {
      checkKeyboard(reply_markup);
      return deliver({ chat: chatOf(chat_id), text: checkText(text), ...(reply_markup && { reply_markup }) });
    },
    editMessageText({ chat_id, message_id, text, reply_markup }) {
      const saved = checkText(text);
      checkKeyboard(reply_markup);
      if (refusedEdits > 0) {
        refusedEdits -= 1;
        throw new Refused(429, "Too Many Requests: retry after 1", { retry_after: 1 });
      }
      const message = sent.find((one) => one.message_id === message_id && one.chat.id === chat_id);
      if (!message) throw badRequest("message to edit not found");
      if (message.text === saved && JSON.stringify(message.reply_markup) === JSON.stringify(reply_markup))
        throw badRequest(
          "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
        );
      message.text = saved;
      // Buttons that an edit does not repeat disappear.
      delete message.reply_markup;
      changed.dispatchEvent(new Event("change"));
      return { ...message, edit_date: lastId };
    },
    answerCallbackQuery({ callback_query_id, text }) {
      checkCallbackText(text);
      if (!queries.delete(callback_query_id))
        throw badRequest("query is too old and response timeout expired or query ID is invalid");
      changed.dispatchEvent(new Event("change"));
      return true;
    },
    getFile({ file_id }) {
      const bytes = files.get(file_id);
      if (!bytes) throw badRequest("invalid file_id");
      if (bytes.length > limits.downloadBytes) throw badRequest("file is too big");
      return { file_id, file_unique_id: file_id, file_path: `photos/${file_id}.jpg` };
    },
    sendPhoto({ chat_id, photo, caption }) {
      checkCaption(caption);
      const size = checkPhoto(photo);
      const file = fileOf(photo);
      return deliver({ chat: chatOf(chat_id), photo: [{ ...file, ...size }] });
    },
    sendDocument({ chat_id, document, caption }) {
      checkCaption(caption);
      return deliver({ chat: chatOf(chat_id), document: { ...fileOf(document), file_name: "file" } });
    },
  };

  /** @param {Buffer} bytes */
  function fileOf(bytes) {
    lastId += 1;
    const id = `file${lastId}`;
    files.set(id, bytes);
    return { file_id: id, file_unique_id: id };
  }

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
    if (!chat) throw badRequest("chat not found");
    return chat;
  }

  /** @param {Omit<Sent, "message_id">} message */
  function deliver(message) {
    lastId += 1;
    const delivered = { message_id: lastId, date: lastId, from: user, ...message };
    sent.push(delivered);
    changed.dispatchEvent(new Event("change"));
    return delivered;
  }

  /** @param {object} content */
  function push(content) {
    lastId += 1;
    const update = { update_id: lastId, ...content };
    updates.push(update);
    pushed.push(update);
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
      const input = inputOf(request.headers["content-type"] ?? "", body);
      const result = await method(input, response);
      calls.push({ method: path, input, result });
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
    /** The calls that were answered, and the updates that were sent. */
    calls,
    pushed,
    /** Returns the bytes of a file. @param {string} id */
    file: (id) => files.get(id),
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
    /** Adds a file of a user. @param {Buffer} bytes */
    addFile: (bytes) => fileOf(bytes).file_id,
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

/** @param {import("node:http").ServerResponse} response @param {number} status @param {object} body */
function send(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
