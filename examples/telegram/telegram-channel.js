import { autoRetry } from "@grammyjs/auto-retry";
import { connect } from "@mini-openclaw/client";
import { Bot, GrammyError, InputFile } from "grammy";
import { WebSocket } from "ws";
import { createApprovals } from "./approvals.js";
import { beginningOf, createStreamedMessage } from "./streamed-message.js";

const TELEGRAM = "https://api.telegram.org";

/**
 * The texts of runs that end early without an error. A user who stopped a run knows it.
 * @type {Readonly<Record<string, string>>}
 */
const earlyEnds = {
  interrupted: "The server stopped during this answer.",
  max_rounds: "This message reached its limit of tool rounds.",
  loop_detected: "The model repeated the same tool call.",
  refused: "The model declined to answer.",
};

/** @typedef {import("grammy").Context} Context */
/** @typedef {import("@mini-openclaw/client").Session} Session */
/** @typedef {import("@mini-openclaw/client").WatchedEvent} WatchedEvent */
/** @typedef {NonNullable<import("@mini-openclaw/client").SendOptions["blocks"]>} Blocks */

/**
 * @typedef {object} TelegramOptions
 * @property {string} botToken The token of the bot.
 * @property {readonly number[]} allowedUsers The ids of the users who may talk to the agent.
 * @property {{ url: string, token: string }} gateway
 * @property {string} [apiRoot] Another server of the Bot API.
 * @property {(error: unknown) => void} [onFailure]
 * @property {(error: Error) => void} [onEnd] Called when Telegram sends no more updates, as to a
 *   second instance.
 */

/**
 * Creates a Telegram bot that is a client of the gateway: one session per chat. `start` resolves
 * when the bot polls.
 *
 * @param {TelegramOptions} options
 */
export function createTelegramChannel({
  botToken,
  allowedUsers,
  gateway,
  apiRoot,
  onFailure = console.error,
  onEnd = onFailure,
}) {
  const bot = new Bot(botToken, { client: apiRoot === undefined ? {} : { apiRoot } });
  // Waits as long as Telegram asks for (429) and repeats calls that Telegram could not answer.
  bot.api.config.use(autoRetry({ maxRetryAttempts: 5 }));
  /** @type {Map<number, ReturnType<typeof openChat>>} */
  const chats = new Map();
  const approvals = createApprovals(bot.api);

  bot.catch(({ error }) => onFailure(error));
  bot.use(async (context, next) => {
    const { from, chat } = context;
    if (from && allowedUsers.includes(from.id)) return next();
    // A group may have other members. Only a private chat learns how to get in.
    if (chat?.type === "private" && context.message)
      await context.reply(`This bot is private. Your id is ${from?.id}. Its owner can allow it.`);
  });
  bot.command("start", (context) =>
    context.reply("Write a message. /new starts over, /stop stops an answer."),
  );
  bot.command("new", async (context) => {
    await chatOf(context).startOver();
    await context.reply("This is a new session.");
  });
  bot.command("stop", async (context) => {
    try {
      await chatOf(context).session().abort();
    } catch {
      await context.reply("No answer is active.");
    }
  });
  bot.on("callback_query:data", async (context) => {
    await context.answerCallbackQuery(await approvals.decide(context.callbackQuery.data));
  });
  bot.on(["message:text", "message:photo", "message:document"], async (context) => {
    const content = contentOf(context);
    if (content === undefined) return;
    const blocks = await orWarn(context, () => filesOf(context, { botToken, apiRoot: apiRoot ?? TELEGRAM }));
    if (!blocks) return;
    // Not awaited. grammY handles updates one by one, and /stop must not wait for the answer.
    void answer(chatOf(context), { context, content, blocks, approvals }).catch(onFailure);
  });

  /** @param {Context} context */
  function chatOf({ chat }) {
    const id = chat?.id ?? 0;
    const known = chats.get(id) ?? openChat(id, gateway);
    chats.set(id, known);
    return known;
  }

  return {
    async start() {
      await bot.init();
      let isPolling = false;
      return new Promise((resolve, reject) => {
        const onStart = () => {
          isPolling = true;
          resolve(undefined);
        };
        bot.start({ onStart, allowed_updates: ["message", "callback_query"] }).catch((error) => {
          reject(error);
          if (isPolling) onEnd(error);
        });
      });
    },
    async stop() {
      await bot.stop();
      for (const chat of chats.values()) chat.close();
    },
  };
}

/**
 * Returns the result of some work, or `undefined` after a message about its failure.
 * @template Result
 * @param {Context} context
 * @param {() => Promise<Result>} work
 */
async function orWarn(context, work) {
  try {
    return await work();
  } catch (error) {
    await context.reply(beginningOf(`⚠️ ${/** @type {Error} */ (error).message}`));
    return undefined;
  }
}

/**
 * Connects a chat to the gateway, which trusts the channel to name it.
 * @param {number} id
 * @param {{ url: string, token: string }} gateway
 */
function openChat(id, { url, token }) {
  class Authorized extends WebSocket {
    /** @param {string} address */
    constructor(address) {
      super(address, { headers: { authorization: `Bearer ${token}`, "x-telegram-chat": String(id) } });
    }
  }
  const client = connect({ url, WebSocket: Authorized });
  let session = client.session();
  return {
    session: () => session,
    async startOver() {
      session = await client.create();
    },
    /** @param {string} blob */
    async loadBlob(blob) {
      const { sessionId } = session.getSnapshot();
      const response = await fetch(
        new URL(`sessions/${sessionId}/blobs/${blob}`, url.replace(/^ws/, "http")),
        {
          headers: { authorization: `Bearer ${token}`, "x-telegram-chat": String(id) },
        },
      );
      if (!response.ok) throw new Error(`The gateway has no file ${blob}: status ${response.status}.`);
      return Buffer.from(await response.arrayBuffer());
    },
    close: () => client.close(),
  };
}

/**
 * Returns the text of a message for the agent, or `undefined` for a message of a group that is not
 * for the bot.
 * @param {Context} context
 */
function contentOf({ chat, message, me, from }) {
  const text = message?.text ?? message?.caption ?? "";
  if (chat?.type === "private") return text;
  const mention = `@${me.username}`;
  const isAnswer = message?.reply_to_message?.from?.id === me.id;
  if (!isAnswer && !text.includes(mention)) return undefined;
  return `${from?.first_name}: ${text.replaceAll(mention, "").trim()}`;
}

/**
 * Downloads the photo or document of a message.
 * @param {Context} context
 * @param {{ botToken: string, apiRoot: string }} api
 * @returns {Promise<Blocks>}
 */
async function filesOf(context, { botToken, apiRoot }) {
  const { photo, document } = context.message ?? {};
  if (!photo && !document) return [];
  const { file_path } = await context.getFile();
  const response = await fetch(`${apiRoot}/file/bot${botToken}/${file_path}`);
  // The address has the bot's token, so that no error repeats it.
  if (!response.ok) throw new Error(`Telegram did not send the file: status ${response.status}.`);
  const data = Buffer.from(await response.arrayBuffer()).toString("base64");
  // Telegram converts photos to JPEG.
  if (photo) return [{ type: "image", mediaType: "image/jpeg", data }];
  const mediaType = document?.mime_type ?? "application/octet-stream";
  const type = mediaType.startsWith("image/") ? "image" : "document";
  return [{ type, mediaType, data, ...(document?.file_name && { name: document.file_name }) }];
}

/**
 * Sends a message to the agent, and its answer to the chat while it is written.
 * @param {ReturnType<typeof openChat>} chat
 * @param {{
 *   context: Context,
 *   content: string,
 *   blocks: Blocks,
 *   approvals: ReturnType<typeof createApprovals>,
 * }} message
 */
async function answer(chat, { context, content, blocks, approvals }) {
  const session = chat.session();
  const shown = createStreamedMessage(context);
  // Telegram sends an update again if it was not confirmed. The same id runs once.
  const id = `telegram:${context.update.update_id}`;
  await orWarn(context, async () => {
    try {
      for await (const event of session.ask(content, { id, blocks })) {
        if (event.type === "chunk") shown.add(event.content);
        if (event.type === "tool_start") await shown.finish();
        if (event.type === "approval_request") await approvals.ask(context, session, event);
        // The rest of the answer matters more than an image.
        if (event.type === "tool_done") await orWarn(context, () => sendImages(event, chat, context));
        const warning = warningOf(event);
        if (warning !== undefined) shown.add(`\n⚠️ ${warning}`);
      }
    } finally {
      await shown.finish();
    }
  });
}

/**
 * Returns why an answer is not complete, where an event has the reason.
 * @param {WatchedEvent} event
 */
function warningOf(event) {
  if (event.type === "run_error") return event.message;
  return event.type === "run_end" ? earlyEnds[event.outcome] : undefined;
}

/**
 * Sends the images of a tool's result as photos, or as documents if Telegram refuses the photo.
 * @param {Extract<WatchedEvent, { type: "tool_done" }>} event
 * @param {ReturnType<typeof openChat>} chat
 * @param {Context} context
 */
async function sendImages({ blocks = [] }, chat, context) {
  for (const block of blocks) {
    if (block.type !== "image") continue;
    const { data, blob = "", name = "image.png" } = block;
    const bytes = data === undefined ? await chat.loadBlob(blob) : Buffer.from(data, "base64");
    const file = new InputFile(bytes, name);
    // A photo has limits on its bytes and its sides. A document has the image as it is.
    await context.replyWithPhoto(file).catch((error) => {
      if (!(error instanceof GrammyError)) throw error;
      return context.replyWithDocument(file);
    });
  }
}
