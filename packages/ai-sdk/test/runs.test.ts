import { on, once } from "node:events";
import { scriptedAgent } from "@mini-openclaw/gateway/testing";
import { createMemoryStore } from "@mini-openclaw/session-store";
import type { UIMessage } from "ai";
import { afterEach, describe, expect, test, vi } from "vitest";
import { aiSdkDialect, aiSdkHttp, createUiMessageStream, fromLangGraph, toUiMessages } from "../src/index.ts";
import { AiSdkError } from "../src/shared/errors.ts";
import { chatGateway, newest, type openChat, textOf, until } from "./chat-gateway.ts";
import { gate } from "./gate.ts";

type TestChat = ReturnType<typeof openChat>;

const chats: TestChat[] = [];
const opened = (chat: TestChat) => {
  chats.push(chat);
  return chat;
};
afterEach(() => {
  vi.useRealTimers();
  for (const chat of chats.splice(0)) for (const socket of chat.sockets) socket.terminate();
});

/** Resolves when the gateway has begun to answer the next resume of a chat. */
async function nextStart({ sockets }: TestChat): Promise<void> {
  const [socket] = sockets;
  if (!socket) throw new Error("The chat has no socket.");
  for await (const [bytes] of on(socket, "message"))
    if ((JSON.parse(String(bytes)) as { type: string }).type === "start") return;
}

const graph = { stream: () => Promise.reject(new Error("never")) };
const textsOf = (chat: TestChat) => chat.messages.map(textOf);
const copyOf = (messages: UIMessage[]): UIMessage[] => JSON.parse(JSON.stringify(messages));

/** A run that continues after its first words when `open` was called. */
function heldRun() {
  const { opened: isFree, open } = gate();
  return { steps: [{ says: ["One, "] }, { waits: isFree }, "two."], open };
}

describe("stop()", () => {
  test("aborts the run, and the chat continues with the next message", async () => {
    const agent = scriptedAgent([[{ says: ["One, "] }, { hangs: true }], "B"]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());
    const sent = chat.sendMessage({ text: "a" });
    await until(chat, () => textOf(newest(chat)) === "One, ");

    await chat.stop();
    await sent;
    await chat.sendMessage({ text: "b" });

    expect(agent.inputs[0]?.signal.aborted).toBe(true);
    expect(textsOf(chat)).toEqual(["a", "One, ", "b", "B"]);
  });

  test("before the run is known aborts it as soon as it is", async () => {
    const agent = scriptedAgent([{ hangs: true }, "B"]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());
    const sent = chat.sendMessage({ text: "a" });
    while (chat.sockets[0]?.readyState !== 1) await new Promise((resolve) => void setImmediate(resolve));

    await chat.stop();
    await sent;
    await chat.sendMessage({ text: "b" });

    expect(textOf(newest(chat))).toBe("B");
  });

  test('leaves the run alone with `abort: "detach"`', async () => {
    const { steps, open } = heldRun();
    const agent = scriptedAgent([steps]);
    await using gateway = await chatGateway(agent, { dialect: { abort: "detach" } });
    const chat = opened(gateway.chat());
    const sent = chat.sendMessage({ text: "a" });
    await until(chat, () => textOf(newest(chat)) === "One, ");

    await chat.stop();
    await sent;
    const resumed = chat.resumeStream();
    await until(chat, () => chat.status === "streaming");
    open();
    await resumed;

    expect(textOf(newest(chat))).toBe("One, two.");
  });

  test("of a client that has resumed aborts the run", async () => {
    const agent = scriptedAgent([[{ says: ["One, "] }, { hangs: true }]]);
    await using gateway = await chatGateway(agent);
    const [one, other] = [opened(gateway.chat()), opened(gateway.chat())];
    const sent = one.sendMessage({ text: "a" });
    await until(one, () => textOf(newest(one)) === "One, ");
    const resumed = other.resumeStream();
    await until(other, () => textOf(newest(other)) === "One, ");

    await other.stop();
    await Promise.all([sent, resumed]);

    expect(newest(one)?.metadata).toMatchObject({ outcome: "aborted" });
  });
});

describe("a failed run", () => {
  test("is an error of the chat, and can be run again", async () => {
    const agent = scriptedAgent([[{ says: ["Hm"] }, { throws: new Error("no") }], "A"]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());
    await chat.sendMessage({ text: "a" });
    expect([chat.status, chat.error?.message]).toEqual(["error", "AGENT_FAILED: The agent failed."]);

    await chat.regenerate();

    expect(chat.status).toBe("ready");
    expect(textsOf(chat)).toEqual(["a", "A"]);
    expect(agent.inputs[1]?.messages.map(({ content }) => content)).toEqual(["a"]);
  });
});

describe("regenerate()", () => {
  test("answers the newest message again", async () => {
    const agent = scriptedAgent(["A", "B", "C", "D"]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());
    await chat.sendMessage({ text: "a" });
    await chat.sendMessage({ text: "b" });

    await chat.regenerate();
    await chat.regenerate();

    expect(textsOf(chat)).toEqual(["a", "A", "b", "D"]);
    expect(agent.inputs[3]?.messages.map(({ content }) => content)).toEqual(["a", "A", "b"]);
  });

  test("answers an earlier message again, and leaves out all that came after it", async () => {
    const agent = scriptedAgent(["A", "B", "C", "D"]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());
    await chat.sendMessage({ text: "a" });
    await chat.sendMessage({ text: "b" });

    await chat.regenerate({ messageId: chat.messages[1]?.id ?? "" });
    await chat.sendMessage({ text: "c" });

    expect(textsOf(chat)).toEqual(["a", "C", "c", "D"]);
    expect(agent.inputs.slice(2).map(({ messages }) => messages.map(({ content }) => content))).toEqual([
      ["a"],
      ["a", "C", "c"],
    ]);
  });

  test("is refused in an empty chat", async () => {
    await using gateway = await chatGateway(scriptedAgent([]));
    const answer: UIMessage = { id: "nobody", role: "assistant", parts: [{ type: "text", text: "?" }] };
    const chat = opened(gateway.chat({ messages: [answer] }));

    await chat.regenerate();

    expect(chat.error?.message).toBe("RUN_NOT_FOUND: The chat has no answer yet.");
  });

  test("answers a message that was lost on its way", async () => {
    const agent = scriptedAgent(["A", "B"]);
    await using gateway = await chatGateway(agent);
    const message: UIMessage = { id: "lost", role: "user", parts: [{ type: "text", text: "a" }] };
    const chat = opened(gateway.chat({ messages: [message] }));

    await chat.regenerate();
    await chat.regenerate();

    expect(textsOf(chat)).toEqual(["a", "B"]);
    expect(agent.inputs[1]?.messages.map(({ content }) => content)).toEqual(["a"]);
  });
});

describe("a message that is sent again", () => {
  test.each([
    ["has completed", ["A"]],
    ["is active", [{ says: ["A"] }, { hangs: true } as const]],
  ])("runs once when its run %s", async (_, steps) => {
    const agent = scriptedAgent([steps]);
    await using gateway = await chatGateway(agent);
    const before = opened(gateway.chat());
    const sent = before.sendMessage({ text: "a" });
    await until(before, () => textOf(newest(before)) === "A");
    before.sockets[0]?.terminate();
    await sent;

    const chat = opened(gateway.chat({ messages: before.messages.slice(0, 1) }));
    const again = chat.sendMessage();
    await until(chat, () => textOf(newest(chat)) === "A");
    for (const socket of chat.sockets) socket.terminate();
    await again;

    expect(agent.inputs).toHaveLength(1);
  });

  test("runs once when it is an edit", async () => {
    const agent = scriptedAgent(["A", "B"]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());
    await chat.sendMessage({ text: "a" });
    await chat.sendMessage({ text: "b", messageId: chat.messages[0]?.id ?? "" });

    chat.messages = chat.messages.slice(0, 1);
    await chat.sendMessage();

    expect(textsOf(chat)).toEqual(["b", "B"]);
    expect(agent.inputs).toHaveLength(2);
  });

  test("runs again when its run has failed", async () => {
    const agent = scriptedAgent([{ throws: new Error("no") }, "A"]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());
    await chat.sendMessage({ text: "a" });

    chat.messages = chat.messages.slice(0, 1);
    await chat.sendMessage();

    expect(textsOf(chat)).toEqual(["a", "A"]);
  });

  test("runs when it was stopped before its run began", async () => {
    const { steps, open } = heldRun();
    const agent = scriptedAgent([steps, "B"]);
    await using gateway = await chatGateway(agent);
    const [one, other] = [opened(gateway.chat()), opened(gateway.chat())];
    const first = one.sendMessage({ text: "a" });
    await until(one, () => textOf(newest(one)) === "One, ");
    const second = other.sendMessage({ text: "b" });
    await expect.poll(() => gateway.gateway.health().waiting).toBe(1);
    await other.stop();
    await second;
    open();
    await first;

    await other.sendMessage();

    expect(textsOf(other)).toEqual(["b", "B"]);
  });
});

describe("an edit", () => {
  test.each([
    [0, ["d", "D"], ["d"]],
    [2, ["a", "A", "d", "D"], ["a", "A", "d"]],
  ])("of message %i replaces all that came after it", async (index, texts, messages) => {
    const agent = scriptedAgent(["A", "B", "D", "E"]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());
    await chat.sendMessage({ text: "a" });
    await chat.sendMessage({ text: "b" });
    const messageId = chat.messages[index]?.id ?? "";

    await chat.sendMessage({ text: "d", messageId });
    expect(textsOf(chat)).toEqual(texts);
    await chat.sendMessage({ text: "e", messageId });

    expect(textsOf(chat)).toEqual([...texts.slice(0, -2), "e", "E"]);
    expect(agent.inputs[2]?.messages.map(({ content }) => content)).toEqual(messages);
    const { sessions } = await gateway.store.listSessions();
    expect(sessions).toHaveLength(1);
    const page = await gateway.store.loadMessages(sessions[0]?.sessionId ?? "", { limit: 50 });
    expect(toUiMessages(page).map(({ id }) => id)).toEqual(chat.messages.map(({ id }) => id));
  });

  test("of a message that the gateway never got is a new message", async () => {
    await using gateway = await chatGateway(scriptedAgent(["A"]));
    const message: UIMessage = { id: "unsent", role: "user", parts: [{ type: "text", text: "?" }] };
    const chat = opened(gateway.chat({ messages: [message] }));

    await chat.sendMessage({ text: "a", messageId: "unsent" });

    expect(textsOf(chat)).toEqual(["a", "A"]);
  });

  test("has its files, and so has an earlier message that is answered again", async () => {
    const agent = scriptedAgent(["A", "B", "C", "D"]);
    await using gateway = await chatGateway(agent);
    const chat = opened(gateway.chat());
    await chat.sendMessage({ text: "a" });
    const files = [{ type: "file" as const, mediaType: "text/plain", url: "data:text/plain;base64,YQ==" }];

    await chat.sendMessage({ text: "b", files, messageId: chat.messages[0]?.id ?? "" });
    await chat.sendMessage({ text: "c" });
    await chat.regenerate({ messageId: chat.messages[1]?.id ?? "" });

    const blocks = [{ type: "document" }, { type: "text", text: "b" }];
    expect(agent.inputs[1]?.messages).toMatchObject([{ blocks }]);
    expect(agent.inputs[3]?.messages).toMatchObject([{ blocks }]);
  });

  test("is refused while a run is active", async () => {
    await using gateway = await chatGateway(scriptedAgent(["A", [{ says: ["B"] }, { hangs: true }]]));
    const chat = opened(gateway.chat());
    await chat.sendMessage({ text: "a" });
    const other = opened(gateway.chat({ messages: copyOf(chat.messages) }));
    const sent = chat.sendMessage({ text: "b" });
    await until(chat, () => textOf(newest(chat)) === "B");

    await other.sendMessage({ text: "d", messageId: other.messages[0]?.id ?? "" });
    await chat.stop();
    await sent;

    expect(other.error?.message).toContain("SESSION_BUSY");
  });
});

describe("resumeStream()", () => {
  test("continues an answer after a cut, without doubled text and under the same id", async () => {
    const { steps, open } = heldRun();
    await using gateway = await chatGateway(scriptedAgent([["First.", { calls: "list" }, ...steps]]));
    const before = opened(gateway.chat());
    const sent = before.sendMessage({ text: "a" });
    await until(before, () => textOf(newest(before)) === "First.One, ");
    before.sockets[0]?.terminate();
    await sent;
    expect(before.status).toBe("error");
    expect(before.error?.message).toMatch(/network connection/);

    const chat = opened(gateway.chat({ messages: copyOf(before.messages) }));
    const resumed = chat.resumeStream();
    await until(chat, () => chat.status === "streaming");
    open();
    await resumed;

    expect(textsOf(chat)).toEqual(["a", "First.One, two."]);
    expect(chat.messages.map(({ id }) => id)).toEqual(before.messages.map(({ id }) => id));
  });

  test("changes nothing when the run is over, and in a chat without messages", async () => {
    await using gateway = await chatGateway(scriptedAgent(["A"]));
    const chat = opened(gateway.chat());
    await chat.resumeStream();
    expect(chat.messages).toEqual([]);
    await chat.sendMessage({ text: "a" });
    const messages = copyOf(chat.messages);

    await chat.resumeStream();

    expect(chat.status).toBe("ready");
    expect(copyOf(chat.messages)).toEqual(messages);
  });

  test("gets a run that has just ended with `replayMs`", async () => {
    const { steps, open } = heldRun();
    await using gateway = await chatGateway(scriptedAgent([steps]), { dialect: { replayMs: 60_000 } });
    const [cut, whole] = [opened(gateway.chat()), opened(gateway.chat())];
    const sent = cut.sendMessage({ text: "a" });
    await until(cut, () => textOf(newest(cut)) === "One, ");
    const resumed = whole.resumeStream();
    await until(whole, () => whole.status === "streaming");
    cut.sockets[0]?.terminate();
    open();
    await Promise.all([sent, resumed]);

    await cut.resumeStream();

    expect(textsOf(cut)).toEqual(["a", "One, two."]);
  });

  test("shows the same in two tabs", async () => {
    const { steps, open } = heldRun();
    await using gateway = await chatGateway(scriptedAgent([steps]));
    const one = opened(gateway.chat());
    const sent = one.sendMessage({ text: "a" });
    await until(one, () => textOf(newest(one)) === "One, ");
    const other = opened(gateway.chat({ messages: copyOf(one.messages.slice(0, 1)) }));

    const resumed = other.resumeStream();
    await until(other, () => textOf(newest(other)) === "One, ");
    open();
    await Promise.all([sent, resumed]);

    expect(copyOf(other.messages)).toEqual(copyOf(one.messages));
  });

  test("twice on one socket leaves the run alone", async () => {
    const { steps, open } = heldRun();
    const agent = scriptedAgent([steps]);
    await using gateway = await chatGateway(agent);
    const one = opened(gateway.chat());
    const sent = one.sendMessage({ text: "a" });
    await until(one, () => textOf(newest(one)) === "One, ");
    const other = opened(gateway.chat());
    const first = other.resumeStream();
    await until(other, () => other.status === "streaming");

    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const started = nextStart(other);
    const second = other.resumeStream();
    await Promise.all([first, started]);
    // Longer than a run is kept for a client that may resume again.
    vi.advanceTimersByTime(60_000);
    open();
    await Promise.all([sent, second]);

    expect(agent.inputs[0]?.signal.aborted).toBe(false);
    expect(textOf(newest(other))).toBe("One, two.");
  });

  test("shows a run that the end of the server has interrupted", async () => {
    const store = createMemoryStore();
    const agent = scriptedAgent([[{ says: ["One, "] }, { hangs: true }]]);
    const first = await chatGateway(agent, { store });
    const before = opened(first.chat());
    const sent = before.sendMessage({ text: "a" });
    await until(before, () => textOf(newest(before)) === "One, ");
    before.sockets[0]?.terminate();
    await first.gateway.close({ drainMs: 0 });
    await sent;
    expect(before.status).toBe("error");

    await using second = await chatGateway(scriptedAgent([]), { store });
    const chat = opened(second.chat({ messages: copyOf(before.messages) }));
    await chat.resumeStream();

    expect(textsOf(chat)).toEqual(["a", "One, "]);
    expect(newest(chat)?.metadata).toMatchObject({ outcome: "interrupted" });
  });
});

describe("the socket", () => {
  const token = "0123456789abcdef0123456789abcdef";

  test("takes the token by subprotocol", async () => {
    await using gateway = await chatGateway(scriptedAgent(["A"]), { listen: { token } });
    const chat = opened(gateway.chat({}, ["ai-sdk-7", `bearer.${token}`]));
    const refused = opened(gateway.chat());
    refused.sockets.push = (...sockets) => {
      for (const socket of sockets) socket.on("error", () => undefined);
      return Array.prototype.push.apply(refused.sockets, sockets);
    };

    await chat.sendMessage({ text: "a" });
    await refused.sendMessage({ text: "a" });

    expect(textOf(newest(chat))).toBe("A");
    expect(refused.status).toBe("error");
  });

  test("serves several chats of one transport, each with its own stream", async () => {
    await using gateway = await chatGateway(scriptedAgent([[{ says: ["A"] }, { hangs: true }], "B"]));
    const one = opened(gateway.chat());
    const transport = (one as unknown as { transport: never }).transport;
    const other = opened(gateway.chat({ id: "chat-2", transport }));
    const sent = one.sendMessage({ text: "a" });
    await until(one, () => textOf(newest(one)) === "A");

    await other.sendMessage({ text: "b" });
    await one.stop();
    await sent;

    expect([textOf(newest(one)), textOf(newest(other))]).toEqual(["A", "B"]);
    expect(one.sockets).toHaveLength(1);
  });

  test.each<[string, unknown, string]>([
    ["text that is no JSON", "no", "A frame must be a JSON object."],
    ["a binary frame", Buffer.from("{}"), "A frame must be text, got a binary frame."],
    ["a frame without a request", { type: "send" }, "`requestId` must be a text, got nothing."],
    ["an unknown type", { type: "x", requestId: "r" }, '`type` must be send, resume or abort, got "x".'],
    ["no chat", { type: "resume", requestId: "r", id: "" }, '`id` must be the id of a chat, got "".'],
    [
      "a long chat id",
      { type: "resume", requestId: "r", id: "é".repeat(513) },
      "`id` must be the id of a chat",
    ],
  ])("is closed for %s", async (_what, frame, reason) => {
    await using gateway = await chatGateway(scriptedAgent([]));
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(gateway.url, ["ai-sdk-7"]);
    await once(socket, "open");

    socket.send(typeof frame === "string" || frame instanceof Buffer ? frame : JSON.stringify(frame));
    const [code, bytes] = (await once(socket, "close")) as [number, Buffer];

    expect([code, bytes.toString().slice(0, reason.length)]).toEqual([1008, reason]);
  });

  test.each<[string, object, string]>([
    ["no messages", {}, "`messages` must be an array, got nothing."],
    ["an unknown trigger", { trigger: "x", messages: [] }, "`trigger` must be submit-message or"],
    ["a wrong messageId", { messageId: 1, messages: [] }, "`messageId` must be a text, got 1."],
    ["no message", { messages: [] }, "`messages` must end with a message of the user."],
    ["a message that is none", { messages: [1] }, "`messages` must be an array of objects, got 1."],
    ["a message without an id", { messages: [{}] }, "`id` of the last message in `messages` must be"],
    ["a message without a role", { messages: [{ id: "a" }] }, "`role` of the last message in"],
    ["wrong parts", { messages: [{ id: "a", role: "user", parts: [1] }] }, "`parts` of the last message"],
  ])("answers a request with %s with an error, and stays open", async (_what, fields, text) => {
    await using gateway = await chatGateway(scriptedAgent([]));
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(gateway.url, ["ai-sdk-7"]);
    await once(socket, "open");
    const ask = async (frame: object) => {
      socket.send(JSON.stringify(frame));
      const [bytes] = (await once(socket, "message")) as [Buffer];
      return JSON.parse(bytes.toString()) as { type: string; errorText: string };
    };

    const answer = await ask({ type: "send", requestId: "r", id: "c", ...fields });
    socket.send(JSON.stringify({ type: "abort", requestId: "r" }));
    const next = await ask({ type: "resume", requestId: "r", id: "c" });
    socket.terminate();

    expect(answer).toMatchObject({ type: "error", requestId: "r" });
    expect(answer.errorText).toContain(text);
    expect(next).toEqual({ type: "no-active", requestId: "r" });
  });
});

test.each<[string, () => unknown, string]>([
  [
    "a subprotocol",
    () => aiSdkDialect({ subprotocol: 5 as never }),
    "`subprotocol` must be a string that is",
  ],
  ["a fileUrl", () => aiSdkDialect({ fileUrl: "/files" as never }), "`fileUrl` must be a function, got"],
  [
    "a fileUrl over HTTP",
    () => aiSdkHttp({ fileUrl: null as never }),
    "`fileUrl` must be a function, got null.",
  ],
  [
    "a graph's option",
    () => fromLangGraph(graph, { configurable: 5 as never }),
    "`configurable` must be a function",
  ],
  ["no entries", () => toUiMessages(null as never), "`entries` must be a list of entries, got null."],
  ["wrong entries", () => toUiMessages(["x"] as never), "`entries` must be a list of entries, got an array."],
  ["options of messages", () => toUiMessages([], null as never), "`options` must be an object, got null."],
  [
    "an address of messages",
    () => toUiMessages([], { fileUrl: 5 as never }),
    "`fileUrl` must be a function, got 5.",
  ],
  [
    "no run",
    () => createUiMessageStream(null as never),
    "`run` must be what `run` of an agent returns, got null.",
  ],
])("%s of a wrong type is named", (_what, use, message) => {
  expect(use).toThrow(AiSdkError);
  expect(use).toThrow(message);
});

test("wrong options are named", async () => {
  expect(() => aiSdkDialect({ abort: "no" as never })).toThrow(
    '`abort` must be "stop" or "detach", got "no".',
  );
  expect(() => aiSdkDialect({ replayMs: -1 })).toThrow("`replayMs` must be a number of at least 0, got -1.");
  expect(() => aiSdkDialect({ aborts: "stop" } as never)).toThrow("`aborts` is no option of `aiSdkDialect`.");
});
