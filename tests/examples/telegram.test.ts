import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { limits } from "../../examples/telegram/bot-api-rules.js";
import { checkChannel } from "../../examples/telegram/check-channel.js";
import { startFakeBotApi } from "../../examples/telegram/fake-bot-api.js";
import { createStreamedMessage } from "../../examples/telegram/streamed-message.js";
import { createTelegramChannel } from "../../examples/telegram/telegram-channel.js";

// The types of the Bot API that grammY 1.46 is built on, with the documentation in their comments.
const TYPES = "5.0.0";
const here = fileURLToPath(new URL(".", import.meta.url));
const tsc = fileURLToPath(new URL("../../node_modules/@typescript/native/bin/tsc", import.meta.url));
const types = dirname(createRequire(import.meta.url).resolve("@grammyjs/types/package.json"));
const grammy = createRequire(new URL("../../examples/telegram/main.js", import.meta.url)).resolve("grammy");

interface Call {
  method: string;
  input: Record<string, unknown>;
  result: unknown;
}

/** Returns the compiler's complaints about calls, their results and updates. */
async function typeCheck(calls: readonly Call[], updates: readonly object[] = []): Promise<string> {
  // In this folder, because the import is resolved from it.
  const folder = mkdtempSync(join(here, "calls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const literal = (value: unknown) =>
    JSON.stringify(value, (_, one) => (one?.type === "Buffer" ? "attach://file" : one));
  const lines = calls.flatMap(({ method, input, result }, index) => [
    ...(Object.keys(input).length > 0
      ? [`export const input${index}: Parameters<Methods["${method}"]>[0] = ${literal(input)};`]
      : []),
    `export const result${index}: ReturnType<Methods["${method}"]> = ${literal(result)};`,
  ]);
  const program = [
    'import type { ApiMethods, Update } from "@grammyjs/types";',
    "type Methods = ApiMethods<string>;",
    ...lines,
    `export const updates: Update[] = ${literal(updates)};`,
  ];
  writeFileSync(join(folder, "calls.ts"), program.join("\n"));
  const options = { extends: "../../../tsconfig.base.json", include: ["*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
  const compiler = spawn(process.execPath, [tsc, "-p", ".", "--noEmit", "--pretty", "false"], {
    cwd: folder,
  });
  const [output] = await Promise.all([text(compiler.stdout), once(compiler, "exit")]);
  return output;
}

describe("the Telegram channel and its fake of the Bot API", () => {
  test("call, answer and update as the types of the Bot API demand", async () => {
    const { calls, pushed } = await checkChannel();
    const ofGrammy = createRequire(grammy).resolve("@grammyjs/types/package.json");
    const versions = [join(types, "package.json"), ofGrammy].map(
      (file) => (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version,
    );

    expect(versions).toEqual([TYPES, TYPES]);
    expect(new Set(calls.map(({ method }) => method))).toEqual(
      new Set([
        ...["getMe", "deleteWebhook", "getUpdates", "sendMessage", "editMessageText", "sendPhoto"],
        ...["sendDocument", "getFile", "answerCallbackQuery"],
      ]),
    );
    expect(await typeCheck(calls, pushed)).toBe("");
  });

  test("a misspelled field and an incomplete answer do not compile", async () => {
    const message = { message_id: 1, date: 1, chat: { id: 7, type: "private", first_name: "A" }, text: "a" };
    const output = await typeCheck([
      { method: "sendMessage", input: { chat_id: 7, txt: "a" }, result: message },
      { method: "getFile", input: {}, result: { file_path: "a" } },
    ]);

    expect(output).toContain(`'"txt"' does not exist in type`);
    expect(output).toMatch(/Type '{ file_path: string; }' is missing .*file_id, file_unique_id/);
  });

  test.each([
    ["methods.d.ts", `Text of the message to be sent, 1-${limits.textChars} characters`],
    [
      "methods.d.ts",
      `Photo caption (may also be used when resending photos by file_id), 0-${limits.captionChars} characters`,
    ],
    ["methods.d.ts", `nothing will be shown to the user, 0-${limits.callbackTextChars} characters`],
    ["markup.d.ts", `when the button is pressed, 1-${limits.buttonBytes} bytes`],
    ["methods.d.ts", `The photo must be at most ${limits.photoBytes / 2 ** 20} MB in size`],
    ["methods.d.ts", `width and height must not exceed ${limits.photoSides} in total`],
    ["methods.d.ts", `Width and height ratio must be at most ${limits.photoRatio}`],
    ["methods.d.ts", `bots can download files of up to ${limits.downloadBytes / 2 ** 20}MB in size`],
    ["methods.d.ts", `Values between 1-${limits.updates} are accepted`],
  ])("have the limit of the documentation in %s: %s", (file, words) => {
    expect(readFileSync(join(types, file), "utf8")).toContain(words);
  });
});

describe("the fake of the Bot API", () => {
  const photo = (width: number, height: number) => {
    const bytes = Buffer.alloc(24);
    Buffer.from("89504e470d0a1a0a0000000d49484452", "hex").copy(bytes);
    bytes.writeUInt32BE(width, 16);
    bytes.writeUInt32BE(height, 20);
    return bytes;
  };
  const keyboard = (data: string) => ({ inline_keyboard: [[{ text: "Yes", callback_data: data }]] });
  const refusals: [string, string, Record<string, unknown>, string][] = [
    ["a text that is too long", "sendMessage", { text: "x".repeat(4097) }, "message is too long"],
    ["an empty text", "sendMessage", { text: " \n" }, "message text is empty"],
    ["a text that nobody can see", "sendMessage", { text: "\u200B\r" }, "message text is empty"],
    ["half a character", "sendMessage", { text: "a\uD83D" }, "strings must be encoded in UTF-8"],
    [
      "a button with long data",
      "sendMessage",
      { text: "a", reply_markup: keyboard("ü".repeat(33)) },
      "BUTTON_DATA_INVALID",
    ],
    ["an unknown chat", "sendMessage", { chat_id: 8, text: "a" }, "chat not found"],
    ["an unknown message", "editMessageText", { message_id: 1, text: "a" }, "message to edit not found"],
    ["a late answer to a button", "answerCallbackQuery", { callback_query_id: "1" }, "query is too old"],
    [
      "a long answer to a button",
      "answerCallbackQuery",
      { callback_query_id: "1", text: "x".repeat(201) },
      "MESSAGE_TOO_LONG",
    ],
    ["a photo with long sides", "sendPhoto", { photo: photo(9000, 1001) }, "PHOTO_INVALID_DIMENSIONS"],
    ["a photo that is a stripe", "sendPhoto", { photo: photo(2100, 100) }, "PHOTO_INVALID_DIMENSIONS"],
    ["a photo that is no image", "sendPhoto", { photo: Buffer.from("text") }, "IMAGE_PROCESS_FAILED"],
    ["a photo that is too large", "sendPhoto", { photo: Buffer.alloc(10_485_761) }, "is too big for a photo"],
    [
      "a long caption",
      "sendPhoto",
      { photo: photo(1, 1), caption: "x".repeat(1025) },
      "message caption is too long",
    ],
    ["an unknown file", "getFile", { file_id: "1" }, "invalid file_id"],
  ];

  async function call(url: string, method: string, input: Record<string, unknown>) {
    const form = new FormData();
    const all: Record<string, unknown> = { chat_id: 7, ...input };
    for (const [name, value] of Object.entries(all))
      if (Buffer.isBuffer(value)) form.append(name, new Blob([new Uint8Array(value)]), "file");
      else form.append(name, String(value));
    const isForm = Object.values(input).some((value) => Buffer.isBuffer(value));
    const body = isForm ? form : JSON.stringify(all);
    const headers = isForm ? {} : { "content-type": "application/json" };
    const answer = await fetch(`${url}/bot1:a/${method}`, { method: "POST", headers, body });
    return (await answer.json()) as { ok: boolean; error_code?: number; description?: string };
  }

  test.each(refusals)("refuses %s", async (_, method, input, description) => {
    const telegram = await startFakeBotApi({ token: "1:a" });
    onTestFinished(() => telegram.close());
    telegram.write({ id: 7, type: "private", first_name: "Alice" }, 7, { text: "Hello" });

    expect(await call(telegram.url, method, input)).toMatchObject({
      ok: false,
      error_code: 400,
      description: expect.stringMatching(`^Bad Request: .*${description}`),
    });
  });

  test("refuses an edit that changes nothing that is visible", async () => {
    const telegram = await startFakeBotApi({ token: "1:a" });
    onTestFinished(() => telegram.close());
    telegram.write({ id: 7, type: "private", first_name: "Alice" }, 7, { text: "Hello" });
    const edit = (words: string) =>
      call(telegram.url, "editMessageText", { message_id: telegram.sent[0]?.message_id, text: words });

    await call(telegram.url, "sendMessage", { text: "One" });

    expect(await edit("One\r\u2028")).toMatchObject({
      error_code: 400,
      description: expect.stringContaining("message is not modified"),
    });
    expect(await edit("One two")).toMatchObject({ ok: true });
  });
});

// https://core.telegram.org/bots/faq: one message per second in a chat, 20 per minute in a group.
test.each([
  { type: "private", most: 60 },
  { type: "group", most: 20 },
])(
  "a message that grows is sent and edited at most $most times a minute in a $type chat",
  async ({ type, most }) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const times: number[] = [];
    const send = async () => {
      times.push(Date.now());
      return { message_id: 1 };
    };
    const context = { chat: { id: 1, type }, reply: send, api: { editMessageText: send } };
    const message = createStreamedMessage(context as never);

    for (let tenth = 0; tenth < 1800; tenth += 1) {
      message.add(`${tenth} `);
      await vi.advanceTimersByTimeAsync(100);
    }

    const inMinute = (start: number) => times.filter((time) => time >= start && time < start + 60_000).length;
    expect(Math.max(...times.map(inMinute))).toBeLessThanOrEqual(most);
    expect(times.length).toBeGreaterThan(most);
  },
);

describe("the Telegram channel", () => {
  test("reports that another instance took over, after which it gets no more updates", async () => {
    const telegram = await startFakeBotApi({ token: "1:secret" });
    onTestFinished(() => telegram.close());
    const ended = vi.fn<(error: Error) => void>();
    const channel = createTelegramChannel({
      ...{ botToken: "1:secret", apiRoot: telegram.url, allowedUsers: [] },
      gateway: { url: "ws://127.0.0.1:9/", token: "none" },
      onEnd: ended,
    });
    await channel.start();

    const other = new AbortController();
    const url = `${telegram.url}/bot1:secret/getUpdates`;
    const polled = fetch(url, { method: "POST", signal: other.signal }).catch(() => undefined);

    await vi.waitFor(() => expect(ended).toHaveBeenCalled());
    expect(ended.mock.calls).toEqual([[expect.objectContaining({ error_code: 409 })]]);
    other.abort();
    await polled;
    await channel.stop();
  });

  test("continues in a new message when somebody deletes the growing one", async () => {
    const { GrammyError } = createRequire(grammy)(grammy) as {
      GrammyError: new (...args: unknown[]) => Error;
    };
    const sent: string[] = [];
    const gone = {
      ok: false as const,
      error_code: 400,
      description: "Bad Request: message to edit not found",
    };
    const context = {
      chat: { id: 7, type: "private" },
      reply: async (text: string) => ({ message_id: sent.push(text) }),
      api: { editMessageText: () => Promise.reject(new GrammyError("", gone, "editMessageText", {})) },
    };
    const message = createStreamedMessage(context as never);

    message.add("One");
    await vi.waitFor(() => expect(sent).toEqual(["One"]));
    message.add(" and two.");
    await message.finish();

    expect(sent).toEqual(["One", "One and two."]);
  });
});
