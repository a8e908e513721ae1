import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { gate, heldAgent, MemorySocket, testGateway } from "./test-gateway.ts";

/** A store whose first search waits until the test opens it. */
function slowSearch() {
  const store = createMemoryStore();
  const search = store.searchSessions.bind(store);
  const [begun, begin] = gate();
  const [opened, open] = gate();
  store.searchSessions = async function* (...args) {
    begin();
    await opened;
    yield* search(...args);
  };
  return { store, begun, open };
}

describe("behind a slow search of the same connection", () => {
  test("a ping, an abort and a message do not wait", async () => {
    const { store, begun, open } = slowSearch();
    const { agent, started, release } = heldAgent();
    await using gateway = await testGateway({ store, agent });
    const client = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "one" });
    await started(1);
    client.send({ type: "search", text: "one", id: "s" });
    await begun;

    client.send({ type: "ping" });
    client.send({ type: "abort", sessionId });
    client.send({ type: "message", content: "two", id: "q2" });
    await client.next("pong");
    const { outcome } = await client.next("run_end");
    await client.next("ack");
    const before = client.types().includes("sessions");
    open();
    release();
    release();

    expect([outcome, before]).toEqual(["aborted", false]);
    expect((await client.next("sessions")).sessions).toMatchObject([{ sessionId }]);
    await client.next("run_end", 2);
  });

  test("a list waits, and a command that changes the list waits for both", async () => {
    const { store, begun, open } = slowSearch();
    await using gateway = await testGateway({ store });
    const client = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "one" });
    await client.next("run_end");
    client.send({ type: "search", text: "one", id: "s" });
    await begun;

    client.send({ type: "list", id: "l" });
    client.send({ type: "archive", sessionId });
    open();
    await client.next("sessions", 2);
    const answers = client.frames.flatMap((frame) => (frame.type === "sessions" ? [frame] : []));

    expect(answers.map(({ replyTo }) => replyTo)).toEqual(["s", "l"]);
    expect(answers.map(({ sessions }) => sessions.length)).toEqual([1, 1]);
  });

  test("more than 100 searches at once close the connection", async () => {
    const { store, open } = slowSearch();
    await using gateway = await testGateway({ store });
    const client = await gateway.connect();

    for (let count = 0; count < 110; count += 1) client.send({ type: "search", text: "one" });
    const closed = new Promise((resolve) => client.socket.once("close", resolve));

    expect(await closed).toBe(1008);
    open();
  });
});

test("a client that does not read gets of each session only the newest summary, once it reads", async () => {
  await using gateway = await testGateway();
  const { store } = gateway;
  const socket = new MemorySocket();
  gateway.gateway.accept(socket);
  const ids: string[] = [];
  for (let count = 0; count < 3; count += 1) ids.push((await store.createSession("webchat")).sessionId);
  // Fills the socket: the frame that does is sent, all later ones wait.
  await store.appendMessage(ids[0] ?? "", { role: "user", content: "x".repeat(1_100_000), timestamp: 1 });
  socket.receive({ type: "history", sessionId: ids[0] ?? "", id: "h" });
  while (socket.bufferedAmount < 1_048_576) await new Promise(setImmediate);
  const before = socket.bufferedAmount;

  for (let round = 0; round < 20; round += 1) {
    for (const sessionId of ids) await (await gateway.gateway.submit({ sessionId, content: "hi" })).ended;
    await new Promise(setImmediate);
  }
  const waiting = socket.bufferedAmount - before;
  socket.startReading();
  const newest = () =>
    ids.map((id) => socket.activity.findLast(({ sessionId }) => sessionId === id)?.messageCount);
  while (newest().join() !== "41,40,40") await socket.anyFrame();

  expect(waiting).toBe(0);
  expect(socket.activity.length).toBeLessThanOrEqual(6);
});

test("a page of large messages has fewer of them, and the next page has the rest", async () => {
  await using gateway = await testGateway();
  const { sessionId } = await gateway.store.createSession("webchat");
  const contents = ["a", "b", "c", "d"].map((letter) => letter.repeat(400_000));
  for (const content of contents) {
    await gateway.store.appendMessage(sessionId, { role: "user", content, timestamp: 1 });
  }
  const client = await gateway.connect();

  const pages: string[] = [];
  for (let before: number | undefined; ; ) {
    client.send({ type: "history", sessionId, ...(before !== undefined && { before }) });
    const page = await client.next("history", pages.length + 1);
    pages.push(page.messages.map(({ content }) => content[0]).join(""));
    before = page.messages[0]?.seq;
    if (!page.hasMore) break;
  }
  client.send({ type: "resume", sessionId });
  const resync = await client.next("resync");

  expect(pages).toEqual(["cd", "ab"]);
  expect([resync.messages.length, resync.hasMore]).toEqual([2, true]);
});

test("a message that is larger than a page is a page of its own", async () => {
  await using gateway = await testGateway();
  const { sessionId } = await gateway.store.createSession("webchat");
  for (const content of ["a", "b".repeat(1_200_000)]) {
    await gateway.store.appendMessage(sessionId, { role: "user", content, timestamp: 1 });
  }
  const client = await gateway.connect();

  client.send({ type: "history", sessionId });
  const { messages, hasMore } = await client.next("history");

  expect([messages.map(({ content }) => content[0]), hasMore]).toEqual([["b"], true]);
});

describe("a command that was done before is answered again:", () => {
  test.each(["archive", "unarchive", "delete", "undelete"] as const)("%s", async (type) => {
    await using gateway = await testGateway();
    const client = await gateway.connect();
    const { sessionId } = client;
    client.send({ type: "message", content: "one" });
    await client.next("run_end");
    const before = ({ unarchive: "archive", undelete: "delete", archive: "", delete: "" } as const)[type];
    if (before !== "") client.send({ type: before, sessionId });

    client.send({ type, sessionId, id: "q1" });
    client.send({ type, sessionId, id: "q2" });
    await client.roundTrip();

    const answers = [...client.activity, ...client.frames].flatMap((frame) =>
      "replyTo" in frame && frame.replyTo?.startsWith("q") ? [`${frame.replyTo} ${frame.type}`] : [],
    );
    const answer = type === "delete" ? "session_deleted" : "session_summary";
    expect(answers).toEqual([`q1 ${answer}`, `q2 ${answer}`]);
  });

  test("not for those who may not do it", async () => {
    await using gateway = await testGateway({
      authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
    });
    const owner = await gateway.connect({ "x-user": "owner" });
    const { sessionId } = owner;
    owner.send({ type: "message", content: "one" });
    await owner.next("run_end");
    owner.send({ type: "delete", sessionId });
    await owner.next("session_deleted");
    const stranger = await gateway.connect({ "x-user": "stranger" });

    stranger.send({ type: "delete", sessionId });
    stranger.send({ type: "undelete", sessionId });

    expect(await stranger.next("error", 2)).toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(await stranger.next("error")).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});

test("a later, more impatient close is obeyed", async () => {
  const { agent, started } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  client.send({ type: "message", content: "one" });
  await started(1);

  const patient = gateway.gateway.close({ drainMs: Number.POSITIVE_INFINITY });
  await gateway.gateway.close({ drainMs: 0 });
  await patient;

  expect((await client.next("run_end")).outcome).toBe("interrupted");
});
