import { getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import type { AgentRunner, ServerEvent } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type Dialect, type DialectConnection, GatewayServer } from "../src/index.ts";
import { chatDialect } from "./chat-dialect.ts";
import { echoAgent, heldAgent, testGateway } from "./test-gateway.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

interface Frame {
  id?: string;
  event?: string;
  answer?: ServerEvent;
  of?: ServerEvent & { seq: number; runId: string; sessionId: string };
  [field: string]: unknown;
}

const sockets: WebSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.terminate();
});

/** A client of the chat dialect. */
async function openChat(url: string, options: { hello?: object | false; headers?: object } = {}) {
  const socket = new WebSocket(url, { headers: options.headers as Record<string, string> });
  sockets.push(socket);
  const frames: Frame[] = [];
  socket.on("message", (bytes: Buffer) => {
    frames.push(JSON.parse(bytes.toString()) as Frame);
    socket.emit("frame");
  });
  const closed = once(socket, "close") as Promise<[number, Buffer]>;
  void closed.then(() => socket.emit("frame"));
  await once(socket, "open");
  const until = async (isIt: (frame: Frame) => boolean): Promise<Frame> => {
    for (;;) {
      const found = frames.find(isIt);
      if (found) return found;
      if (socket.readyState === WebSocket.CLOSED) throw new Error("The connection is closed.");
      await once(socket, "frame");
    }
  };
  const ask = (id: string, what: string, fields: object = {}) =>
    socket.send(JSON.stringify({ id, do: what, ...fields }));
  const answer = async (id: string, what: string, fields: object = {}) => {
    ask(id, what, fields);
    return (await until((frame) => frame.id === id && "answer" in frame)).answer;
  };
  const eventsOf = (id: string) => frames.flatMap((frame) => (frame.id === id && frame.of ? [frame.of] : []));
  const ended = (id: string) => until((frame) => frame.id === id && frame.of?.type === "run_end");
  if (options.hello !== false) {
    ask("hello", "hello", options.hello);
    await until((frame) => frame.id === "hello");
  }
  return { socket, frames, closed, until, ask, answer, eventsOf, ended };
}

/** Connects a client that sends nothing. */
function memoryClient(gateway: GatewayServer, dialect: Dialect): void {
  gateway.accept({ bufferedAmount: 0, send() {}, close() {}, addEventListener() {} }, { dialect });
}

const types = (events: { type: string }[]) => events.map(({ type }) => type);

const onePath = { "/chat": chatDialect };

describe("a dialect by path", () => {
  test("is spoken to clients that name no subprotocol, on a port of the gateway's own", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const native = await gateway.connect();

    const chat = await openChat(`ws://${gateway.address}/chat`);

    expect(chat.frames[0]).toEqual({ event: "challenge" });
    expect((await native.next("connected")).type).toBe("connected");
  });

  test("is spoken on an app's server, beside another path", async () => {
    await using gateway = await testGateway();
    const server = createServer();
    gateway.gateway.attach(server, { path: "/chat", dialect: chatDialect });
    gateway.gateway.attach(server, { path: "/claw" });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };

    const chat = await openChat(`ws://127.0.0.1:${port}/chat`);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/claw`);
    const [bytes] = (await once(socket, "message")) as [Buffer];

    expect(chat.frames[0]).toEqual({ event: "challenge" });
    expect(JSON.parse(bytes.toString())).toMatchObject({ type: "connected" });
    socket.terminate();
    server.close();
  });

  test("gives way to the subprotocol that a client names", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const socket = new WebSocket(`ws://${gateway.address}/chat`, ["mini-openclaw"]);
    sockets.push(socket);

    const [bytes] = (await once(socket, "message")) as [Buffer];

    expect(JSON.parse(bytes.toString())).toMatchObject({ type: "connected" });
  });

  test("refuses other paths and names those that there are", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const socket = new WebSocket(`ws://${gateway.address}/chats`);
    socket.on("error", () => undefined);

    const [, response] = (await once(socket, "unexpected-response")) as [unknown, { statusCode: number }];

    expect(response.statusCode).toBe(404);
  });

  test.each<[string, Partial<Dialect>, string]>([
    ["no function", { connect: 1 as never }, "`connect` must be a function, got 1."],
    ["a prefix with a slash", { keyPrefix: "a/" }, "`keyPrefix` must be a text without / and %"],
    ["an empty prefix", { keyPrefix: "" }, "`keyPrefix` must be a text without / and %"],
    ["a size that is none", { maxFrameBytes: 0 }, "`maxFrameBytes` must be an integer"],
    ["a time that is none", { proof: { timeoutMs: -1 } }, "`proof.timeoutMs` must be an integer"],
    ["a count that is none", { proof: { maxBytes: 0.5 } }, "`proof.maxBytes` must be an integer"],
    ["a subprotocol that is no text", { subprotocol: 5 as never }, "`subprotocol` must be an HTTP token"],
    ["an unknown limit", { proof: { bytes: 1 } as never }, "`bytes` is no option of `proof`"],
  ])("is refused with %s", async (_what, fields, message) => {
    await using gateway = await testGateway();

    expect(() =>
      gateway.gateway.attach(createServer(), { path: "/x", dialect: { ...chatDialect, ...fields } }),
    ).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(message) }));
  });

  test("is refused in `dialects` without a subprotocol, because no client could ask for it", async () => {
    await using gateway = await testGateway();
    const { store } = gateway;

    expect(() => new GatewayServer({ store, agent: echoAgent, dialects: [chatDialect] })).toThrow(
      "`subprotocol` must be a text, got nothing. Or pass the dialect to `attach`.",
    );
  });
});

describe("a proof in a frame", () => {
  test("lets in a client with the gateway's token", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath, token: TOKEN } });

    const chat = await openChat(`ws://${gateway.address}/chat`, { hello: { token: TOKEN } });
    const answer = await chat.answer("1", "list");

    expect(chat.frames[1]).toEqual({ id: "hello", ok: true });
    expect(answer).toMatchObject({ type: "sessions", sessions: [] });
  });

  test.each([
    ["a wrong token", { token: "x".repeat(32) }],
    ["no token", {}],
  ])("refuses %s", async (_what, hello) => {
    await using gateway = await testGateway({ listen: { dialects: onePath, token: TOKEN } });

    const chat = await openChat(`ws://${gateway.address}/chat`, { hello });

    expect(await chat.closed).toEqual([1008, Buffer.from("unauthorized")]);
    expect(chat.frames[1]).toMatchObject({
      ok: false,
      status: 401,
      message: "The token is missing or wrong.",
    });
  });

  test("refuses wrong tokens for a minute after many", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath, token: TOKEN } });
    const url = `ws://${gateway.address}/chat`;
    for (let count = 0; count < 10; count += 1) await openChat(url, { hello: { token: `${count}` } });

    const chat = await openChat(url, { hello: { token: "once more" } });

    expect(chat.frames[1]).toMatchObject({ ok: false, status: 429, retryAfterMs: expect.any(Number) });
  });

  test("is not asked of a client whose request has the token", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath, token: TOKEN } });

    const chat = await openChat(`ws://${gateway.address}/chat`, {
      headers: { Authorization: `Bearer ${TOKEN}` },
    });

    expect(chat.frames[1]).toEqual({ id: "hello", ok: true });
  });

  test("is the second argument of the app's `authenticate`", async () => {
    await using gateway = await testGateway({
      authenticate: (_request, token) => (token === undefined ? null : { id: token }),
      listen: { dialects: onePath },
    });
    const url = `ws://${gateway.address}/chat`;

    const alice = await openChat(url, { hello: { token: "alice" } });
    const nobody = await openChat(url);

    expect(alice.frames[1]).toEqual({ id: "hello", ok: true, who: "alice" });
    expect(nobody.frames[1]).toMatchObject({ ok: false, status: 401 });
    expect(gateway.gateway.health().connections).toBe(1);
  });

  test("keeps out a client before it: commands are refused", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`, { hello: false });

    const answer = await chat.answer("1", "list");
    chat.ask("2", "both", { chat: "a", text: "hi" });
    const refused = await chat.until(({ event }) => event === "error");

    expect(answer).toMatchObject({ type: "error", code: "FORBIDDEN" });
    expect(refused).toMatchObject({ code: "FORBIDDEN" });
    expect((await gateway.store.listSessions()).sessions).toEqual([]);
  });

  test("has a limit of bytes", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`, { hello: false });

    chat.ask("1", "hello", { token: "x".repeat(1000) });

    expect((await chat.closed)[0]).toBe(1009);
    expect(gateway.gateway.health().connections).toBe(0);
  });

  test("has a limit of time", async () => {
    const dialect = { ...chatDialect, proof: { timeoutMs: 1 } };
    await using gateway = await testGateway({ listen: { dialects: { "/": dialect } } });

    const chat = await openChat(`ws://${gateway.address}/`, { hello: false });

    expect((await chat.closed)[0]).toBe(4408);
  });
});

describe("sessions by key", () => {
  test("are created by their first message, and found by it", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);

    chat.ask("1", "say", { chat: "a/b", text: "one" });
    await chat.ended("1");
    chat.ask("2", "say", { chat: "a/b", text: "two" });
    await chat.ended("2");
    chat.ask("3", "say", { chat: "other", text: "three" });
    await chat.ended("3");
    const list = await chat.answer("4", "list");

    const { sessions } = await gateway.store.listSessions();
    expect(sessions.map(({ key, messageCount }) => [key, messageCount])).toEqual([
      ["chat:webchat/other", 2],
      ["chat:webchat/a/b", 4],
    ]);
    expect(list).toMatchObject({ type: "sessions", sessions: [{ title: "three" }, { title: "one" }] });
  });

  test("are listed by their key", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);
    for (const key of ["a", "ab"]) {
      chat.ask(key, "say", { chat: key, text: key });
      await chat.ended(key);
    }

    expect(await chat.answer("1", "list", { chat: "a" })).toMatchObject({ sessions: [{ title: "a" }] });
    expect(await chat.answer("2", "list", { chat: "none" })).toMatchObject({ sessions: [] });
  });

  test("are each caller's own, whatever the key", async () => {
    await using gateway = await testGateway({
      authenticate: (_request, token) => ({ id: token ?? "" }),
      listen: { dialects: onePath },
    });
    const url = `ws://${gateway.address}/chat`;
    const alice = await openChat(url, { hello: { token: "alice" } });
    const bob = await openChat(url, { hello: { token: "alice/x" } });

    alice.ask("1", "say", { chat: "x/y", text: "secret" });
    await alice.ended("1");
    const look = await bob.answer("2", "look", { chat: "y" });
    const list = await bob.answer("3", "list");

    expect(look).toMatchObject({ type: "resync", messages: [] });
    expect(list).toMatchObject({ sessions: [] });
    expect(bob.frames.some(({ event }) => event === "chat")).toBe(false);
  });

  test("are notified about by their key", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);

    chat.ask("1", "say", { chat: "a", text: "one" });

    expect(await chat.until(({ event }) => event === "chat")).toMatchObject({ chat: "a" });
  });

  test("begin anew with `create`", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);
    chat.ask("1", "say", { chat: "a", text: "old" });
    await chat.ended("1");

    await chat.answer("2", "reset", { chat: "a" });
    chat.ask("3", "say", { chat: "a", text: "new" });
    await chat.ended("3");

    const { sessions } = await gateway.store.listSessions();
    expect(sessions.map(({ title, messageCount }) => [title, messageCount])).toEqual([
      ["new", 2],
      ["old", 2],
    ]);
  });

  test.each([
    ["an empty key", ""],
    ["a key that is too long with its prefix", "x".repeat(500)],
    ["a number", 5],
  ])("are refused with %s", async (_what, key) => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);

    const answer = await chat.answer("1", "look", { chat: key });

    expect(answer).toMatchObject({
      code: "INVALID_FRAME",
      message: expect.stringContaining("`key` must be a text of 1 to 499 characters"),
    });
  });

  test.each([
    ["an empty message", { id: "1", text: "" }, "`content` must not be empty."],
    ["a long id", { id: "i".repeat(129), text: "a" }, "`id` must have at most 128 characters, got 129."],
  ])("have the limits of the native form: %s is refused", async (_what, { id, text }, message) => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);

    expect(await chat.answer(id, "say", { chat: "a", text })).toMatchObject({
      code: "INVALID_FRAME",
      message,
    });
  });

  test("need a dialect with a prefix", async () => {
    const { keyPrefix: _, ...dialect } = chatDialect;
    await using gateway = await testGateway({ listen: { dialects: { "/": dialect } } });
    const chat = await openChat(`ws://${gateway.address}/`);

    expect(await chat.answer("1", "look", { chat: "a" })).toMatchObject({
      message: "`key` needs a dialect with a `keyPrefix`. Send a `sessionId`.",
    });
  });

  test("need the right to create", async () => {
    await using gateway = await testGateway({
      authorize: ({ action }) => action !== "create",
      listen: { dialects: onePath },
    });
    const chat = await openChat(`ws://${gateway.address}/chat`);

    expect(await chat.answer("1", "say", { chat: "a", text: "x" })).toMatchObject({ code: "FORBIDDEN" });
  });
});

describe("streams of a connection", () => {
  test("need the right to resume, before the message is saved", async () => {
    await using gateway = await testGateway({
      authorize: ({ action }) => action !== "resume",
      listen: { dialects: onePath },
    });
    const chat = await openChat(`ws://${gateway.address}/chat`);
    const refused = await chat.answer("1", "say", { chat: "a", text: "x" });
    const { sessions } = await gateway.store.listSessions();

    expect(refused).toMatchObject({ code: "FORBIDDEN", message: expect.stringContaining("resume") });
    expect(chat.eventsOf("1")).toEqual([]);
    expect(sessions).toEqual([]);
  });

  test("are not those of commands without events, however many", async () => {
    let connection: DialectConnection | undefined;
    const connect: Dialect["connect"] = (opened) => {
      connection = opened;
      return { read: () => undefined, write: () => [] };
    };
    await using gateway = await testGateway();
    memoryClient(gateway.gateway, { keyPrefix: "many:", connect });
    const { signal } = new AbortController();
    const answers = new Set<string | undefined>();
    for (let count = 0; count <= 100; count += 1) {
      const answer = await connection?.perform({ type: "list" }, { onEvent: () => undefined, signal });
      answers.add(answer?.type);
    }

    expect([...answers]).toEqual(["sessions"]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("are several at once: each has the events of its own run, after its answer", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent, listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);

    chat.ask("1", "say", { chat: "a", text: "one" });
    chat.ask("2", "say", { chat: "b", text: "two" });
    await started(2);
    release();
    release();
    await Promise.all([chat.ended("1"), chat.ended("2")]);

    for (const id of ["1", "2"]) {
      const mine = chat.frames.filter((frame) => frame.id === id);
      expect(mine[0]?.answer?.type).toBe("ack");
      expect(types(chat.eventsOf(id)).slice(0, 3)).toEqual(["user_message", "run_start", "chunk"]);
      expect(new Set(chat.eventsOf(id).map(({ runId }) => runId)).size).toBe(1);
    }
  });

  test("replay a whole run, from its first event on, while it is active", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent, listen: { dialects: onePath } });
    const url = `ws://${gateway.address}/chat`;
    const first = await openChat(url);
    first.ask("1", "say", { chat: "a", text: "one" });
    await started(1);
    const { of } = await first.until((frame) => frame.of?.type === "chunk");

    const second = await openChat(url);
    const resumed = await second.answer("2", "replay", { chat: "a", runId: of?.runId });
    release();
    await Promise.all([first.ended("1"), second.ended("2")]);

    expect(resumed).toMatchObject({ type: "resumed", from: "events" });
    expect(second.eventsOf("2")).toEqual(first.eventsOf("1"));
  });

  test("replay a whole run when it is over", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath }, idleMs: 0 });
    const chat = await openChat(`ws://${gateway.address}/chat`);
    chat.ask("1", "say", { chat: "a", text: "one" });
    const { of } = await chat.ended("1");
    await gateway.gateway.submit({ sessionId: of?.sessionId ?? "", content: "later" });

    await chat.answer("2", "replay", { chat: "a", runId: of?.runId });
    await chat.ended("2");

    expect(types(chat.eventsOf("2")).filter((type) => type.endsWith("message"))).toEqual([
      "user_message",
      "assistant_message",
    ]);
  });

  test("have no events with a signal that is aborted, and the message is accepted", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);

    const ack = await chat.answer("1", "say without events", { chat: "a", text: "one" });
    const again = await chat.answer("1", "say without events", { chat: "a", text: "one" });

    expect([ack?.type, again?.type]).toEqual(["ack", "ack"]);
    expect(chat.eventsOf("1")).toEqual([]);
  });

  test("of an unknown run are refused", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);

    expect(await chat.answer("1", "replay", { chat: "a", runId: "none" })).toMatchObject({
      type: "error",
      code: "RUN_NOT_FOUND",
      replyTo: expect.any(String),
    });
  });

  test("of a repeated message show its run again, and its answer has the end", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const url = `ws://${gateway.address}/chat`;
    const first = await openChat(url);
    first.ask("m1", "say", { chat: "a", text: "one" });
    await first.ended("m1");

    const second = await openChat(url);
    const ack = await second.answer("m1", "say", { chat: "a", text: "one" });
    await second.ended("m1");

    expect(ack).toMatchObject({ type: "ack", repeated: true, runEnd: { outcome: "completed" } });
    expect(types(second.eventsOf("m1"))).toContain("assistant_message");
    expect((await gateway.store.listSessions()).sessions[0]?.messageCount).toBe(2);
  });

  test("of a session have its new events, until they are ended", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);
    await chat.answer("look", "look", { chat: "a" });
    chat.ask("1", "say", { chat: "a", text: "one" });
    await chat.ended("look");
    const count = chat.eventsOf("look").length;

    chat.ask("x", "unlook", { text: "look" });
    chat.ask("2", "say", { chat: "a", text: "two" });
    await chat.ended("2");

    expect(count).toBeGreaterThan(4);
    expect(chat.eventsOf("look").length).toBe(count);
  });

  test("are limited in number", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);
    for (let count = 0; count < 100; count += 1) await chat.answer(`${count}`, "look", { chat: "a" });

    const answer = await chat.answer("more", "look", { chat: "a" });

    expect(answer).toMatchObject({ code: "TOO_MANY_WATCHES" });
  });
});

describe("commands of one frame", () => {
  test("are several, with the answers awaited", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);
    chat.ask("1", "say", { chat: "a", text: "one" });
    const { of } = await chat.ended("1");

    const ack = await chat.answer("2", "again", { chat: "a" });
    await chat.ended("2");

    expect(ack).toMatchObject({ type: "ack" });
    expect(chat.eventsOf("2")[0]).toMatchObject({ type: "run_start", retryOf: of?.runId });
  });

  test("are performed in order, up to the first refused one", async () => {
    await using gateway = await testGateway({ listen: { dialects: onePath } });
    const chat = await openChat(`ws://${gateway.address}/chat`);

    chat.ask("1", "both", { chat: "a", text: "one" });
    await chat.until(({ event }) => event === "run_end");
    await chat.answer("2", "list");

    const answers = chat.frames.filter(({ event }) => event === "error" || event === "sessions");
    expect(answers).toEqual([expect.objectContaining({ code: "RUN_NOT_FOUND", replyTo: "1-2" })]);
  });
});

test("a dialect has frames of its own size", async () => {
  await using gateway = await testGateway({
    limits: { maxFrameBytes: 1_048_576 },
    listen: { dialects: onePath },
  });
  const chat = await openChat(`ws://${gateway.address}/chat`);
  const native = await gateway.connect();
  await native.next("connected");

  chat.ask("1", "say", { chat: "a", text: "x".repeat(1_500_000) });
  await chat.ended("1");
  native.send({ type: "message", content: "x".repeat(1_500_000) });
  const [code] = (await once(native.socket, "close")) as [number];
  chat.ask("2", "say", { chat: "a", text: "x".repeat(2_000_000) });

  expect(code).toBe(1009);
  expect((await chat.closed)[0]).toBe(1009);
});

/** An agent that asks for approval of one call. */
const asking: AgentRunner = {
  async *run({ runId, decision, signal }) {
    yield { type: "run_start", runId, timestamp: 1 };
    const toolCalls = [{ callId: "c1", toolName: "bash", input: {} }];
    yield { type: "assistant_message", runId, id: "m", content: "", timestamp: 1, toolCalls };
    const call = { runId, callId: "c1", toolName: "bash" };
    yield { type: "approval_request", ...call, reason: "Run ls?", timestamp: 1, expiresAt: 2 };
    const decided = (await decision?.("c1", { signal })) ?? "deny";
    yield { type: "approval_done", runId, callId: "c1", decision: decided };
    yield { type: "tool_done", ...call, id: "t", output: decided, isError: false, timestamp: 1 };
    yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
  },
};

test("approvals that wait are a list, for every session of the caller", async () => {
  await using gateway = await testGateway({ agent: asking, listen: { dialects: onePath } });
  const chat = await openChat(`ws://${gateway.address}/chat`);
  chat.ask("1", "say", { chat: "a", text: "one" });
  const { of } = await chat.until((frame) => frame.of?.type === "approval_request");

  const before = await chat.answer("2", "approvals");
  const call = { sessionId: of?.sessionId, callId: "c1" };
  const allowed = await chat.answer("3", "allow", { call });
  await chat.ended("1");
  const after = await chat.answer("4", "approvals");

  expect(before).toMatchObject({
    type: "approvals",
    approvals: [
      { ...call, toolName: "bash", reason: "Run ls?", timestamp: 1, expiresAt: 2, runId: of?.runId },
    ],
  });
  expect(allowed).toBeNull();
  expect(after).toMatchObject({ approvals: [] });
});

describe("a dialect that fails in a means", () => {
  const plain = (connect: Dialect["connect"]): Dialect => ({ keyPrefix: "p:", connect });

  test.each<[string, Dialect]>([
    [
      "by a promise that rejects",
      plain(() => ({ read: () => Promise.reject(new Error("no words")), write: () => [] })),
    ],
    [
      "in `onEvent`",
      plain((connection) => ({
        read: () => {
          const onEvent = () => {
            throw new Error("no words");
          };
          void connection.perform({ type: "message", key: "a", content: "x" }, { onEvent });
        },
        write: () => [],
      })),
    ],
    [
      "in an async `onEvent`",
      plain((connection) => ({
        read: () => {
          const onEvent = (() => Promise.reject(new Error("no words"))) as () => void;
          void connection.perform({ type: "message", key: "a", content: "x" }, { onEvent });
        },
        write: () => [],
      })),
    ],
    [
      "by a frame that is no text",
      plain((connection) => ({ read: () => connection.send(5 as never), write: () => [] })),
    ],
  ])("%s costs its own connection and nothing else", async (_how, dialect) => {
    await using gateway = await testGateway({ listen: { dialects: { "/p": dialect } } });
    const socket = new WebSocket(`ws://${gateway.address}/p`);
    socket.on("open", () => socket.send("x"));

    const [code] = (await once(socket, "close")) as [number];
    const native = await gateway.connect();
    native.send({ type: "message", content: "still there?" });
    await native.next("run_end");

    expect(code).toBe(1011);
    expect(gateway.failures).toEqual([expect.stringMatching(/^a dialect: /)]);
  });

  test.each<[string, unknown, string]>([
    ["nothing", undefined, "nothing"],
    ["null", null, "null"],
    ["no `write`", { read: () => undefined }, "an object"],
  ])("is named when its `connect` returns %s", async (_what, translator, got) => {
    const connect = () => translator as never;
    await using gateway = await testGateway({ listen: { dialects: { "/p": plain(connect) } } });

    const [code] = (await once(new WebSocket(`ws://${gateway.address}/p`), "close")) as [number];

    const expected = "`connect` must be a function that returns `read` and `write`";
    expect(code).toBe(1011);
    expect(gateway.failures).toEqual([`a dialect: ${expected}, got ${got}.`]);
  });

  test("gets an error for commands after the end of its connection", async () => {
    const answers: (ServerEvent | undefined)[] = [];
    const dialect = plain((connection) => {
      connection.closed.addEventListener("abort", () => {
        void connection.perform({ type: "list" }).then((answer) => answers.push(answer));
        connection.send("too late");
      });
      return { read: () => connection.close(4000, "enough"), write: () => [] };
    });
    await using gateway = await testGateway({ listen: { dialects: { "/p": dialect } } });
    const socket = new WebSocket(`ws://${gateway.address}/p`);
    socket.on("open", () => socket.send("x"));

    await once(socket, "close");

    expect(answers).toEqual([expect.objectContaining({ code: "DRAINING" })]);
  });
});
