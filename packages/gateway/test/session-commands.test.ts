import type { ClientEvent } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { ownerOnly } from "../src/index.ts";
import { gate, heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

async function say(client: TestClient, content: string): Promise<void> {
  const before = client.types().filter((type) => type === "run_end").length;
  client.send({ type: "message", content });
  await client.next("run_end", before + 1);
}

/** The answer to a command that changes a session. */
async function updated(client: TestClient, replyTo: string) {
  for (;;) {
    const found = client.activity.find((event) => event.replyTo === replyTo);
    if (found) return found;
    await client.anyFrame();
  }
}

test("rename, archive and unarchive are answered with the session as it is then", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  const { sessionId } = client;
  await say(client, "hello");

  client.send({ type: "rename", id: "q1", sessionId, title: "Greetings" });
  client.send({ type: "archive", id: "q2", sessionId });
  await updated(client, "q2");
  client.send({ type: "list", id: "q3" });
  client.send({ type: "list", id: "q4", archived: true });
  client.send({ type: "unarchive", id: "q5", sessionId });

  expect(await updated(client, "q1")).toMatchObject({ sessionId, title: "Greetings", running: false });
  expect(await updated(client, "q2")).toMatchObject({ archived: true });
  expect(await updated(client, "q5")).toMatchObject({ archived: false, title: "Greetings" });
  expect((await client.next("sessions")).sessions).toEqual([]);
  expect((await client.next("sessions", 2)).sessions).toMatchObject([{ sessionId, archived: true }]);
});

test.each<["archive" | "unarchive" | "undelete", ("archive" | "delete")?]>([
  ["archive"],
  ["unarchive", "archive"],
  ["undelete", "delete"],
])(
  "answers %s again when a client asks twice, because the first answer may be lost",
  async (type, before) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const { sessionId } = client;
    await say(client, "hello");
    if (before) client.send({ type: before, id: "q0", sessionId });

    client.send({ type, id: "q1", sessionId });
    const first = await updated(client, "q1");
    client.send({ type, id: "q2", sessionId });
    const second = await updated(client, "q2");

    expect(second).toEqual({ ...first, replyTo: "q2" });
  },
);

test("messages that come at once into a session that was away and is back all run", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  const { sessionId } = client;
  await say(client, "hello");
  client.send({ type: "archive", sessionId });
  client.send({ type: "unarchive", id: "q1", sessionId });
  await updated(client, "q1");

  const contents = ["one", "two", "three"];
  const submitted = contents.map((content) => gateway.gateway.submit({ sessionId, content }));
  const runs = await Promise.all(submitted.map(async (accepted) => (await accepted).ended));

  expect(runs.map(({ outcome, content }) => [outcome, content])).toEqual(
    contents.map((content) => ["completed", content]),
  );
});

test.each<(sessionId: string) => ClientEvent>([
  (sessionId) => ({ type: "fork", sessionId, at: 999 }),
  () => ({ type: "list", cursor: "elsewhere" }),
  () => ({ type: "search", text: " " }),
])("what the store cannot take is the client's mistake, not the gateway's: %s", async (toCommand) => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  await say(client, "hello");

  client.send(toCommand(client.sessionId));

  expect(await client.next("error")).toMatchObject({ code: "INVALID_FRAME", retryable: false });
  expect(gateway.failures).toEqual([]);
});

test("fork begins a new session with the entries up to a place", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  const { sessionId } = client;
  await say(client, "one");
  const [{ seq: at } = { seq: 0 }] = (await gateway.store.loadMessages(sessionId)).slice(-1);
  await say(client, "two");

  client.send({ type: "fork", id: "q1", sessionId, at });

  const fork = await updated(client, "q1");
  expect(fork.sessionId).not.toBe(sessionId);
  expect(fork.forkedFrom).toEqual({ sessionId, seq: at });
  const messages = await gateway.store.loadMessages(fork.sessionId);
  expect(messages.map(({ content }) => content)).toEqual(["one", "one"]);
});

test("a fork of a session without messages, or of one that is deleted meanwhile, is refused by name", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  const { sessionId } = client;
  client.send({ type: "fork", id: "f1", sessionId });
  await client.next("error");
  await say(client, "hello");
  const { store } = gateway;
  const forkSession = store.forkSession.bind(store);
  store.forkSession = async (...given) => {
    await store.deleteSession(sessionId);
    return forkSession(...given).catch(() => {
      throw Object.assign(new Error("no entry"), { code: "INVALID_OPTION" });
    });
  };
  client.send({ type: "fork", id: "f2", sessionId });

  expect(await client.next("error", 2)).toMatchObject({ code: "SESSION_NOT_FOUND", replyTo: "f2" });
  const message = `\`sessionId\` must be a session with messages, got "${sessionId}".`;
  expect(await client.next("error")).toMatchObject({ code: "INVALID_FRAME", message, replyTo: "f1" });
});

test("delete removes a session, and undelete takes it back", async () => {
  await using gateway = await testGateway();
  const [client, other] = await Promise.all([gateway.connect(), gateway.connect()]);
  const { sessionId } = client;
  await say(client, "hello");

  client.send({ type: "delete", id: "q1", sessionId });
  expect(await other.next("session_deleted")).toEqual({ type: "session_deleted", sessionId });
  expect(await client.next("session_deleted")).toEqual({ type: "session_deleted", sessionId, replyTo: "q1" });
  client.send({ type: "history", sessionId });
  expect(await client.next("error")).toMatchObject({ code: "SESSION_NOT_FOUND" });
  client.send({ type: "undelete", id: "q2", sessionId });

  expect(await updated(client, "q2")).toMatchObject({ sessionId, title: "hello" });
});

test("search finds sessions by title and by message", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  await say(client, "about a whale");
  client.send({ type: "create" });
  await client.next("connected", 2);
  await say(client, "about a fish");

  client.send({ type: "search", text: "WHALE" });
  client.send({ type: "search", text: "whale", archived: true });

  expect((await client.next("sessions")).sessions).toMatchObject([
    { title: "about a whale", excerpt: "about a whale" },
  ]);
  expect((await client.next("sessions", 2)).sessions).toEqual([]);
});

test("a search ends when its client goes", async () => {
  const store = createMemoryStore();
  const search = store.searchSessions.bind(store);
  const [begun, begin] = gate();
  const [stopped, stop] = gate();
  store.searchSessions = async function* (text, options) {
    begin();
    await new Promise((resolve) => options?.signal?.addEventListener("abort", resolve));
    try {
      yield* search(text, options);
    } finally {
      stop();
    }
  };
  await using gateway = await testGateway({ store });
  const [client, other] = [await gateway.connect(), await gateway.connect()];
  await say(client, "about a whale");
  client.send({ type: "search", text: "whale" });
  await begun;

  await client.close();

  await stopped;
  await other.roundTrip();
  expect(gateway.failures).toEqual([]);
});

test("search is answered page by page", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  for (const [index, content] of ["whale one", "a fish", "whale two", "whale three"].entries()) {
    if (index > 0) {
      client.send({ type: "create" });
      await client.next("connected", index + 1);
    }
    await say(client, content);
  }

  client.send({ type: "search", text: "whale", limit: 2 });
  const { cursor = "" } = await client.next("sessions");
  client.send({ type: "search", text: "whale", limit: 2, cursor });
  const [first, rest] = [await client.next("sessions"), await client.next("sessions", 2)];
  client.send({ type: "search", text: "whale", limit: 3 });
  client.send({ type: "search", id: "q1", text: "whale", cursor: "elsewhere" });

  expect(first.sessions.map(({ title }) => title)).toEqual(["whale three", "whale two"]);
  expect(rest.sessions.map(({ title }) => title)).toEqual(["whale one"]);
  expect(rest.cursor).toBeUndefined();
  // All there are, and no more.
  expect((await client.next("sessions", 3)).cursor).toBeUndefined();
  expect(await client.next("error")).toMatchObject({ replyTo: "q1", code: "INVALID_FRAME" });
});

test.each(["archive", "delete"] as const)("%s is refused while a run goes on", async (type) => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  client.send({ type: "message", content: "one" });
  await started(1);

  client.send({ type, id: "q1", sessionId: client.sessionId });

  expect(await client.next("error")).toMatchObject({ code: "SESSION_BUSY", replyTo: "q1", retryable: true });
  release();
  await client.next("run_end");
});

describe("session_summary", () => {
  test("is sent to each connection of the caller when a session runs and comes to rest", async () => {
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ agent });
    const [client, other] = await Promise.all([gateway.connect(), gateway.connect()]);
    const { sessionId } = client;
    other.send({ type: "create" });
    await other.next("connected", 2);

    client.send({ type: "message", sessionId, content: "hello" });
    await started(1);
    while (other.activity.length < 1) await other.anyFrame();
    release();
    while (other.activity.length < 2) await other.anyFrame();

    expect(other.activity).toMatchObject([
      { sessionId, running: true },
      { sessionId, running: false, title: "hello", messageCount: 2 },
    ]);
    expect(other.activity[1]?.lastSeq).toBe((await client.next("run_end")).seq);
  });
});

describe("two principals", () => {
  const commands: [string, (sessionId: string) => ClientEvent][] = [
    ["message", (sessionId) => ({ type: "message", sessionId, content: "mine now" })],
    ["steer", (sessionId) => ({ type: "message", sessionId, content: "mine now", mode: "steer" })],
    ["interrupt", (sessionId) => ({ type: "message", sessionId, content: "mine now", mode: "interrupt" })],
    ["abort", (sessionId) => ({ type: "abort", sessionId })],
    ["approve", (sessionId) => ({ type: "approve", sessionId, callId: "c1", decision: "once" })],
    ["history", (sessionId) => ({ type: "history", sessionId })],
    ["resume", (sessionId) => ({ type: "resume", sessionId })],
    ["resume at a place", (sessionId) => ({ type: "resume", sessionId, after: 0 })],
    ["rename", (sessionId) => ({ type: "rename", sessionId, title: "mine now" })],
    ["fork", (sessionId) => ({ type: "fork", sessionId })],
    ["archive", (sessionId) => ({ type: "archive", sessionId })],
    ["unarchive", (sessionId) => ({ type: "unarchive", sessionId })],
    ["delete", (sessionId) => ({ type: "delete", sessionId })],
    ["undelete", (sessionId) => ({ type: "undelete", sessionId })],
  ];

  test.each(commands)("%s cannot reach the other's session", async (_name, command) => {
    await using gateway = await testGateway({
      authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
    });
    const alice = await gateway.connect({ "x-user": "alice" });
    await say(alice, "a secret");
    const before = await gateway.store.getSession(alice.sessionId);
    const bob = await gateway.connect({ "x-user": "bob" });

    bob.send(command(alice.sessionId));
    await bob.roundTrip();
    await alice.roundTrip();

    expect(bob.frames.slice(1)).toMatchObject([{ type: "error", code: "SESSION_NOT_FOUND" }]);
    expect(bob.activity).toEqual([]);
    expect(await gateway.store.getSession(alice.sessionId)).toEqual(before);
  });

  test("a deletion is shown to a principal of another key that watches the session", async () => {
    await using gateway = await testGateway({
      authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
      authorize: (attempt) => ownerOnly(attempt) || attempt.principal?.id === "boss",
    });
    const alice = await gateway.connect({ "x-user": "alice" });
    const { sessionId } = alice;
    const boss = { "x-user": "boss" };
    const moved = await gateway.connect(boss);
    const keeping = await gateway.connect(boss);
    const idle = await gateway.connect(boss);
    moved.send({ type: "resume", sessionId });
    keeping.send({ type: "resume", sessionId, keep: true });
    await Promise.all([moved.next("resync"), keeping.next("resync")]);

    alice.send({ type: "delete", sessionId });
    await Promise.all([moved.next("session_deleted"), keeping.next("session_deleted")]);
    await Promise.all([moved.roundTrip(), keeping.roundTrip(), idle.roundTrip()]);

    const counts = [moved, keeping, idle].map(
      (one) => one.types().filter((type) => type === "session_deleted").length,
    );
    expect(counts).toEqual([1, 1, 0]);
  });

  test("lists and searches show only one's own, and a deleted session comes back only to its owner", async () => {
    await using gateway = await testGateway({
      authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
      // The worst case: both under one key.
      sessionKey: () => "shared",
    });
    const alice = await gateway.connect({ "x-user": "alice" });
    await say(alice, "a secret");
    expect((await gateway.connect({ "x-user": "bob" })).sessionId).not.toBe(alice.sessionId);
    alice.send({ type: "delete", sessionId: alice.sessionId });
    await alice.next("session_deleted");
    const bob = await gateway.connect({ "x-user": "bob" });

    bob.send({ type: "undelete", sessionId: alice.sessionId });
    await bob.next("error");
    alice.send({ type: "undelete", id: "q1", sessionId: alice.sessionId });
    await updated(alice, "q1");
    bob.send({ type: "list" });
    bob.send({ type: "search", text: "secret" });

    expect((await bob.next("sessions")).sessions).toEqual([]);
    expect((await bob.next("sessions", 2)).sessions).toEqual([]);
  });
});
