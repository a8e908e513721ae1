import { once } from "node:events";
import { createServer } from "node:http";
import { Chat } from "@ai-sdk/react";
import { GatewayServer } from "@mini-openclaw/gateway";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { createMemoryStore } from "@mini-openclaw/session-store";
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  type UIMessage,
} from "ai";
import { describe, expect, test } from "vitest";
import { aiSdkHttp } from "../src/index.ts";
import { callsOf, chatGateway, newest, textOf, toolsAgent, until } from "./chat-gateway.ts";
import { gate } from "./gate.ts";

const textsOf = (chat: Chat<UIMessage>) => chat.messages.map(textOf);
const copyOf = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value));
const messagesOf = async (api: string, chatId = "chat-1") =>
  (await (await fetch(`${api}/${encodeURIComponent(chatId)}`)).json()) as UIMessage[];
const posting = (body: object | string) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: typeof body === "string" ? body : JSON.stringify(body),
});
const message = (text: string) => ({ id: `id-${text}`, role: "user", parts: [{ type: "text", text }] });

/** A run that continues after its first words when `open` was called. */
function heldRun() {
  const { opened: isFree, open } = gate();
  return { steps: [{ says: ["One, "] }, { waits: isFree }, "two."], open };
}

describe("a chat over HTTP", () => {
  test("is answered, edited and answered again", async () => {
    const agent = scriptedAgent([[{ thinks: "Hm." }, { says: ["Hel", "lo."] }], "B", "C", "D"]);
    await using gateway = await chatGateway(agent);
    const chat = gateway.httpChat();

    await chat.sendMessage({ text: "a" });
    expect(textsOf(chat)).toEqual(["a", "Hello."]);
    await chat.sendMessage({ text: "b" });
    await chat.regenerate();
    expect(textsOf(chat)).toEqual(["a", "Hello.", "b", "C"]);
    await chat.sendMessage({ text: "d", messageId: chat.messages[0]?.id ?? "" });

    expect(textsOf(chat)).toEqual(["d", "D"]);
    const loaded = await messagesOf(gateway.api);
    expect(loaded.map(({ id }) => id)).toEqual(chat.messages.map(({ id }) => id));
    expect(loaded.map(textOf)).toEqual(["d", "D"]);
    expect(gateway.failures).toEqual([]);
  });

  test.each([
    ["an edit", [0, 2, 4]],
    ["another answer", [0, 2, 4]],
    ["an edit, two pages back", [300, 400]],
  ])("keeps the messages before %s after a reload", async (what, edited) => {
    const runs = edited.length > 2 ? 3 : 203;
    const agent = scriptedAgent(Array.from({ length: runs + edited.length + 1 }, (_, run) => `${run}`));
    await using gateway = await chatGateway(agent);
    const chat = gateway.httpChat();
    for (let run = 0; run < runs; run += 1) await chat.sendMessage({ text: "a" });

    for (const index of [...edited].reverse()) {
      const messageId = chat.messages[index]?.id ?? "";
      if (what === "another answer") await chat.regenerate({ messageId });
      else await chat.sendMessage({ text: `edited ${index}`, messageId });
      const loaded = await messagesOf(gateway.api);
      expect(loaded.map(({ id }) => id)).toEqual(chat.messages.map(({ id }) => id));
      expect(loaded.map(textOf)).toEqual(textsOf(chat));
    }
    await chat.sendMessage({ text: "last" });

    expect((await messagesOf(gateway.api)).map(textOf)).toEqual(textsOf(chat));
  });

  test.each([
    [true, "output-available"],
    [false, "output-denied"],
  ])("continues a tool call when a user has answered %s, after a reload too", async (approved, state) => {
    await using gateway = await chatGateway(toolsAgent());
    const before = gateway.httpChat();
    await before.sendMessage({ text: "clean up" });
    const chat = gateway.httpChat({
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
      messages: await messagesOf(gateway.api),
    });
    await chat.resumeStream();
    expect(copyOf(newest(chat))).toEqual(copyOf(newest(before)));

    await chat.addToolApprovalResponse({ id: "call-rm", approved });
    await until(chat, () => textOf(newest(chat)).endsWith("Done.") && chat.status === "ready");

    expect(callsOf(newest(chat))).toEqual({ list: "output-available", rm: state });
    expect(textOf(newest(chat))).toBe("Let me look.Done.");
  });

  test("continues after a reload, without doubled text and under the same id", async () => {
    const { steps, open } = heldRun();
    await using gateway = await chatGateway(scriptedAgent([["First.", { calls: "list" }, ...steps]]));
    const before = gateway.httpChat();
    const sent = before.sendMessage({ text: "a" });
    await until(before, () => textOf(newest(before)) === "First.One, ");
    const chat = gateway.httpChat({ messages: await messagesOf(gateway.api) });
    expect(textsOf(chat)).toEqual(["a", "First."]);

    const resumed = chat.resumeStream();
    await until(chat, () => chat.status === "streaming");
    open();
    await Promise.all([sent, resumed]);

    expect(textsOf(chat)).toEqual(["a", "First.One, two."]);
    expect(copyOf(chat.messages[1])).toEqual(copyOf(before.messages[1]));
  });

  test("may send its newest message alone, as `message`", async () => {
    await using gateway = await chatGateway(scriptedAgent(["A", "B"]));
    const transport = new DefaultChatTransport<UIMessage>({
      api: gateway.api,
      prepareSendMessagesRequest: ({ id, messages, ...fields }) => ({
        body: { id, message: messages.at(-1), ...fields },
      }),
    });
    const chat = gateway.httpChat({ transport });

    await chat.sendMessage({ text: "a" });
    await chat.sendMessage({ text: "b" });

    expect(textsOf(chat)).toEqual(["a", "A", "b", "B"]);
    expect((await messagesOf(gateway.api)).map(textOf)).toEqual(["a", "A", "b", "B"]);
  });

  test("is stopped by a request of its own, because a cut response stops nothing", async () => {
    const { steps, open } = heldRun();
    const agent = scriptedAgent([steps, [{ says: ["B"] }, { hangs: true }]]);
    await using gateway = await chatGateway(agent);
    const chat = gateway.httpChat();
    const first = chat.sendMessage({ text: "a" });
    await until(chat, () => textOf(newest(chat)) === "One, ");
    await chat.stop();
    await first;
    expect(agent.inputs[0]?.signal.aborted).toBe(false);
    open();

    const second = chat.sendMessage({ text: "b" });
    await until(chat, () => textOf(newest(chat)) === "B");
    const stopped = await fetch(`${gateway.api}/chat-1/stop`, { method: "POST" });
    await second;

    expect(stopped.status).toBe(202);
    expect(newest(chat)?.metadata).toMatchObject({ outcome: "aborted" });
    const again = await fetch(`${gateway.api}/chat-1/stop`, { method: "POST" });
    expect(again.status).toBe(202);
  });

  test("shares its sessions with clients over a socket", async () => {
    const agent = scriptedAgent(["A", "B"]);
    await using gateway = await chatGateway(agent);
    await gateway.httpChat().sendMessage({ text: "a" });

    const chat = gateway.chat({ messages: await messagesOf(gateway.api) });
    await chat.sendMessage({ text: "b" });
    for (const socket of chat.sockets) socket.terminate();

    expect(textsOf(chat)).toEqual(["a", "A", "b", "B"]);
    expect(agent.inputs[1]?.messages.map(({ content }) => content)).toEqual(["a", "A", "b"]);
  });

  test("fails with the error of its run", async () => {
    await using gateway = await chatGateway(scriptedAgent([[{ says: ["Hm"] }, { throws: new Error("no") }]]));
    const chat = gateway.httpChat();

    await chat.sendMessage({ text: "a" });

    expect([chat.status, chat.error?.message]).toEqual(["error", "AGENT_FAILED: The agent failed."]);
  });

  test("has a history of 1.5 MB in its request, and loads one of 400 messages", async () => {
    const agent = scriptedAgent(Array.from({ length: 200 }, () => "A"));
    await using gateway = await chatGateway(agent);
    for (let index = 0; index < 200; index += 1)
      await (await fetch(gateway.api, posting({ id: "chat-1", messages: [message(`${index}`)] }))).text();
    const old = await messagesOf(gateway.api);
    expect(old).toHaveLength(400);
    const long = old.map((one) => ({ ...one, parts: [{ type: "text" as const, text: "x".repeat(4000) }] }));
    const chat = gateway.httpChat({ messages: long });
    await using next = await chatGateway(scriptedAgent(["B"]));
    const transport = new DefaultChatTransport<UIMessage>({ api: next.api });
    const other = new Chat<UIMessage>({ id: "chat-1", transport, messages: chat.messages });

    await other.sendMessage({ text: "b" });

    expect(textOf(newest(other))).toBe("B");
  });
});

describe("an answer", () => {
  test("is a stream of server-sent events that ends with [DONE]", async () => {
    await using gateway = await chatGateway(scriptedAgent(["A"]));

    const response = await fetch(gateway.api, posting({ id: "c", messages: [message("a")] }));
    const lines = (await response.text()).split("\n\n");

    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "x-vercel-ai-ui-message-stream": "v1",
      "cache-control": "no-cache, no-transform",
      "x-accel-buffering": "no",
    });
    expect(lines.every((line) => line === "" || line.startsWith("data: "))).toBe(true);
    expect(lines.slice(-2)).toEqual(["data: [DONE]", ""]);
  });

  test("is 204 where no run is active", async () => {
    await using gateway = await chatGateway(scriptedAgent([]));

    expect((await fetch(`${gateway.api}/a%2Fb/stream`)).status).toBe(204);
    expect(await messagesOf(gateway.api, "a/b")).toEqual([]);
  });

  test.each<[string, string, RequestInit, number, string]>([
    ["a wrong body", "", posting("[]"), 400, "The body must be a JSON object."],
    [
      "no messages",
      "",
      posting({ id: "c" }),
      400,
      "INVALID_FRAME: `messages` must be an array, got nothing.",
    ],
    [
      "an empty message",
      "",
      posting({ id: "c", messages: [message("")] }),
      400,
      "INVALID_FRAME: `parts` of the last message in `messages` must have a text that is not empty",
    ],
    [
      "a message with a long id",
      "",
      posting({ id: "c", messages: [{ ...message("a"), id: "i".repeat(91) }] }),
      400,
      "INVALID_FRAME: `id` of the last message in `messages` must be a text of 1 to 90 characters",
    ],
    [
      "a long key of a chat",
      "",
      posting({ id: "x".repeat(512), messages: [message("a")] }),
      400,
      "INVALID_FRAME: `id` must be a text of 1 to",
    ],
    ["no chat", "", posting({ messages: [] }), 400, "INVALID_FRAME: `id` must be a text of 1 to 512"],
    [
      "no answer to run again",
      "",
      posting({ id: "c", trigger: "regenerate-message", messages: [] }),
      404,
      "RUN_NOT_FOUND",
    ],
    ["a long chat id", `/${"x".repeat(513)}/stream`, {}, 404, "SESSION_NOT_FOUND: There is no such chat."],
    ["another method", "/c/stream", { method: "POST" }, 405, "This path accepts GET."],
    ["a path of nobody", "/c/other", {}, 404, "Nothing is at this path."],
    ["a path that is not UTF-8", "/%E0%A4/stream", {}, 404, "Nothing is at this path."],
  ])("to %s has its status and reason", async (_what, path, init, status, text) => {
    await using gateway = await chatGateway(scriptedAgent([]));

    const response = await fetch(gateway.api + path, init);

    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(text)]);
  });

  test("to an edit during a run is 409", async () => {
    await using gateway = await chatGateway(scriptedAgent([[{ says: ["A"] }, { hangs: true }]]));
    const chat = gateway.httpChat();
    const sent = chat.sendMessage({ text: "a" });
    await until(chat, () => textOf(newest(chat)) === "A");
    const messageId = chat.messages[0]?.id ?? "";

    const edit = { ...message("b"), id: messageId };
    const response = await fetch(gateway.api, posting({ id: "chat-1", messageId, messages: [edit] }));
    await fetch(`${gateway.api}/chat-1/stop`, { method: "POST" });
    await sent;

    expect([response.status, await response.text()]).toEqual([409, expect.stringContaining("SESSION_BUSY")]);
  });

  test("needs the token of the gateway", async () => {
    const token = "0123456789abcdef0123456789abcdef";
    await using gateway = await chatGateway(scriptedAgent(["A"]), {
      listen: { token, forms: { "/api/chat": aiSdkHttp() } },
    });
    const init = posting({ id: "c", messages: [message("a")] });

    const refused = await fetch(gateway.api, init);
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const accepted = await fetch(gateway.api, { ...init, headers });

    expect([refused.status, accepted.status]).toEqual([401, 200]);
    await accepted.text();
  });

  test("is cut off when the gateway ends its run, so that no client takes it for whole", async () => {
    const agent = scriptedAgent([[{ says: ["A"] }, { hangs: true }]]);
    const gateway = await chatGateway(agent);
    const response = await fetch(gateway.api, posting({ id: "c", messages: [message("a")] }));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes('"delta":"A"')) text += (await reader?.read())?.value ?? "";

    await gateway.gateway.close({ drainMs: 0 });
    for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read())
      text += next.value;

    expect(text).toContain('"finishReason":"interrupted"');
  });
});

describe("an app", () => {
  test("serves chats on its own server, and by a Request of the Fetch standard", async () => {
    const gateway = new GatewayServer({ store: createMemoryStore(), agent: scriptedAgent(["A", "B"]) });
    const form = aiSdkHttp();
    const server = createServer((request, response) => {
      if (!gateway.handleRequest(request, response, { path: "/chat", form })) response.end("page");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const base = `http://127.0.0.1:${port}`;

    const chat = new Chat<UIMessage>({ transport: new DefaultChatTransport({ api: `${base}/chat` }) });
    await chat.sendMessage({ text: "a" });
    const page = await (await fetch(`${base}/chats`)).text();
    const request = new Request("http://localhost/chat", posting({ id: "f", messages: [message("b")] }));
    const fetched = await gateway.handleFetch(request, { path: "/chat", form });
    const none = await gateway.handleFetch(new Request("http://localhost/chat/f/stream"), {
      path: "/chat",
      form,
    });
    const text = await fetched.text();
    await gateway.close();
    server.close();

    expect(textOf(newest(chat))).toBe("A");
    expect(page).toBe("page");
    expect(text).toContain('"delta":"B"');
    expect(none.status).toBe(204);
  });

  test("names the address of files that its store keeps beside the messages", async () => {
    const blocks = [
      { type: "image" as const, mediaType: "image/png", blob: "b1", bytes: 3 },
      { type: "text" as const, text: "look" },
    ];
    await using gateway = await chatGateway(scriptedAgent([]));
    await fetch(`${gateway.api}/chat-1`);
    const { sessionId } = await gateway.store.getOrCreateSession("ai:webchat/chat-1");
    await gateway.store.appendMessages(sessionId, [{ role: "user", content: "look", timestamp: 1, blocks }]);

    const [first] = await messagesOf(gateway.api);

    expect(first?.parts[1]).toEqual({
      type: "file",
      mediaType: "image/png",
      url: `/sessions/${sessionId}/blobs/b1`,
    });
  });

  test("gets the name of a wrong option", () => {
    expect(() => aiSdkHttp({ replayMs: -1 })).toThrow("`replayMs` must be a number of at least 0, got -1.");
    expect(() => aiSdkHttp({ path: "/" } as never)).toThrow("`path` is no option of `aiSdkHttp`.");
  });
});
