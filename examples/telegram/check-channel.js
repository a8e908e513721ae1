import assert from "node:assert/strict";
import { AgentRuntime, defineTool } from "@mini-openclaw/agent-runtime";
import { calls, createScriptedProvider, ends, hangs, says } from "@mini-openclaw/agent-runtime/testing";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { startGateway } from "./create-gateway.js";
import { startFakeBotApi } from "./fake-bot-api.js";
import { createTelegramChannel } from "./telegram-channel.js";

/**
 * Checks the channel against a fake of the Bot API that enforces the rules of the real one. Returns
 * the calls and the updates of both.
 */
export async function checkChannel() {
  const botToken = "1234:secret";
  const telegram = await startFakeBotApi({ token: botToken });
  const pixel = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
    "base64",
  );
  const jpeg = Buffer.from("ffd8ffe000104a46494600010100000100010000ffd9", "hex");
  // Width and height have 12,000 pixels together. Telegram takes 10,000 for a photo.
  const panorama = Buffer.from(pixel);
  panorama.writeUInt32BE(11_000, 16);
  panorama.writeUInt32BE(1000, 20);
  const long = Array.from({ length: 1200 }, (_, index) => `line ${index}`).join("\n");

  /** Opens when the test has seen the first piece of an answer. */
  let proceed = () => {};
  const firstSeen = new Promise((resolve) => {
    proceed = () => resolve(undefined);
  });
  let pieces = Number.NaN;

  // A model that does what the last message asks for.
  const provider = createScriptedProvider(
    ({ messages }) => {
      const users = messages.filter(({ role }) => role === "user");
      const last = messages.at(-1);
      const asked = users.at(-1);
      const text = asked?.content ?? "";
      if (last?.role === "tool") return [says(`The tool returned: ${last.content.split("\n")[0]}`)];
      if (text.includes("slow")) pieces = 0;
      if (text.includes("slow")) return [says("One ", "two ", "three.")];
      if (text.includes("refuse")) return [ends("refusal")];
      if (text.includes("hang")) return [says("It begins. "), hangs()];
      if (text.includes("delete")) return [calls("delete_all")];
      if (text.includes("draw")) return [calls(text.includes("panorama") ? "draw_panorama" : "draw")];
      if (text.includes("invisible")) return [says("\u200B"), says("Visible"), says("\r"), says("\u2028")];
      if (text.includes("long")) return [says(long)];
      const image =
        asked && "blocks" in asked ? asked.blocks?.find(({ type }) => type === "image") : undefined;
      if (image) return [says(`An image of type ${"mediaType" in image ? image.mediaType : ""}.`)];
      return [says(`Message ${users.length}: ${text}`)];
    },
    {
      pause: async () => {
        pieces += 1;
        if (pieces === 2) await firstSeen;
      },
    },
  );

  const tool = {
    description: "A tool.",
    parameters: { type: /** @type {const} */ ("object"), properties: {} },
  };
  /** @param {string} name @param {Buffer} image */
  const drawing = (name, image) =>
    defineTool({
      ...tool,
      name,
      execute: async () => ({
        success: true,
        output: "a picture",
        files: [{ type: "image", mediaType: "image/png", data: image.toString("base64") }],
      }),
    });
  const agent = new AgentRuntime({
    provider,
    tools: [
      defineTool({
        ...tool,
        name: "delete_all",
        execute: async () => ({ success: true, output: "deleted" }),
      }),
      drawing("draw", pixel),
      drawing("draw_panorama", panorama),
    ],
    approval: ({ toolName }) => (toolName === "delete_all" ? "ask" : undefined),
  });
  const store = createMemoryStore();
  const { gateway, url, token } = await startGateway({ store, agent });
  /** @type {unknown[]} */
  const failures = [];
  const channel = createTelegramChannel({
    botToken,
    apiRoot: telegram.url,
    allowedUsers: [7, 8],
    gateway: { url, token },
    onFailure: (error) => failures.push(error),
  });
  await channel.start();

  /** @type {import("./fake-bot-api.js").Chat} */
  const alice = { id: 7, type: "private", first_name: "Alice" };
  /** @type {import("./fake-bot-api.js").Chat} */
  const stranger = { id: 99, type: "private", first_name: "Stranger" };
  /** @type {import("./fake-bot-api.js").Chat} */
  const group = { id: -100, type: "group", title: "Friends" };

  /** @param {import("./fake-bot-api.js").Chat} chat */
  const textsOf = (chat) =>
    telegram.sent.flatMap((one) => (one.chat.id === chat.id ? (one.text ?? "photo") : []));
  /** @param {import("./fake-bot-api.js").Chat} chat @param {string} text */
  const shown = (chat, text) => telegram.until(() => textsOf(chat).includes(text));

  /** @param {{ file_id: string } | undefined} file @param {Buffer} bytes */
  const isFile = (file, bytes) => file && telegram.file(file.file_id)?.equals(bytes);

  // Only people of the list reach the agent.
  telegram.write(stranger, 99, { text: "Hello" });
  await shown(stranger, "This bot is private. Your id is 99. Its owner can allow it.");

  // One session per chat.
  telegram.write(alice, 7, { text: "Hello" });
  await shown(alice, "Message 1: Hello");
  telegram.write(alice, 7, { text: "Again" });
  await shown(alice, "Message 2: Again");

  // An answer grows by edits, also where Telegram asks to wait.
  telegram.refuseEdits(1);
  telegram.write(alice, 7, { text: "slow" });
  await shown(alice, "One");
  proceed();
  await shown(alice, "One two three.");

  // A question has buttons, and only people of the list can press them.
  telegram.write(alice, 7, { text: "delete" });
  const question = await telegram.until(() => telegram.sent.find(({ reply_markup }) => reply_markup));
  telegram.press(question, "Allow once", 99);
  telegram.press(question, "Allow once", 7);
  await shown(alice, "The tool returned: deleted");
  assert.match(question.text ?? "", /^Allow delete_all\?\n[\s\S]*→ Allow once$/);
  assert.equal(question.reply_markup, undefined);

  // Photos in and out.
  telegram.write(alice, 7, {
    photo: [{ file_id: telegram.addFile(jpeg), file_unique_id: "p", width: 1, height: 1 }],
  });
  await shown(alice, "An image of type image/jpeg.");
  telegram.write(alice, 7, { text: "draw" });
  await telegram.until(() => telegram.sent.find(({ photo }) => isFile(photo?.[0], pixel)));

  // An image that Telegram refuses as a photo comes as a document.
  telegram.write(alice, 7, { text: "draw a panorama" });
  await telegram.until(() => telegram.sent.find(({ document }) => isFile(document, panorama)));

  // A file that Telegram does not pass on is named to the user.
  const large = { file_id: telegram.addFile(Buffer.alloc(21_000_000)), file_unique_id: "l" };
  telegram.write(alice, 7, { document: large });
  await telegram.until(() => textsOf(alice).some((text) => text.includes("file is too big")));

  // An answer may begin with, and grow by, characters that Telegram removes.
  telegram.write(alice, 7, { text: "invisible" });
  await shown(alice, "\u200BVisible");

  // An answer that never came has a reason.
  telegram.write(alice, 7, { text: "refuse" });
  await shown(alice, "⚠️ The model declined to answer.");

  // A long answer is several messages, and nothing is lost.
  const before = textsOf(alice).length;
  telegram.write(alice, 7, { text: "long" });
  const parts = await telegram.until(() => {
    const found = textsOf(alice)
      .slice(before)
      .filter((text) => text.startsWith("line "));
    return found.join("\n") === long && found;
  });
  assert.equal(parts.length, 3);

  // A group has a session of its own. The bot answers those who name it.
  telegram.write(group, 7, { text: "Nobody asked you" });
  telegram.write(group, 8, { text: "@claw_bot Hello" });
  await shown(group, "Message 1: User8: Hello");
  assert.equal(textsOf(group).length, 1);

  // /stop ends an answer, and /new a session.
  telegram.write(alice, 7, { text: "hang" });
  await shown(alice, "It begins.");
  telegram.write(alice, 7, { text: "/stop", entities: [{ type: "bot_command", offset: 0, length: 5 }] });
  telegram.write(alice, 7, { text: "/new", entities: [{ type: "bot_command", offset: 0, length: 4 }] });
  await shown(alice, "This is a new session.");
  telegram.write(alice, 7, { text: "Hello" });
  await telegram.until(() => textsOf(alice).filter((text) => text === "Message 1: Hello").length === 2);

  await channel.stop();
  await gateway.close();
  telegram.close();
  assert.deepEqual(failures, []);
  const { sessions } = await store.listSessions({ keyPrefix: "telegram:" });
  return { summary: `Three sessions of two chats: ${sessions.length === 3}.`, ...telegram };
}
