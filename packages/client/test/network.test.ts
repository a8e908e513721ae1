import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { ManualClock } from "./manual-clock.ts";
import { createSpeaker } from "./speaker.ts";
import { shown, type TestGateway, testGateway, until, untilShown } from "./test-client.ts";

/** Every way in which a network takes a connection away, and how the client comes to know. */
const cuts: Record<string, (gateway: TestGateway) => void> = {
  "is reset": ({ network }) => network.reset(),
  "is half-open: only the client knows": ({ network }) => network.cutClientOff(),
  "is frozen: nobody knows before the client asks": ({ network, clock }) => {
    network.freeze();
    network.mend();
    clock.advance(25_000);
    clock.advance(10_000);
  },
};

describe.each(Object.entries(cuts))("a connection that %s", (_, cut) => {
  test("in the middle of an answer neither loses nor repeats any of it", async () => {
    const speaker = createSpeaker();
    await using gateway = await testGateway(speaker.agent);
    const client = gateway.connect();
    const session = client.session();
    await session.send("a story");
    await speaker.say("Once ");
    await untilShown(session, "streaming: Once ");

    cut(gateway);
    await until(client, ({ phase }) => phase === "waiting");
    await speaker.say("upon ");
    await speaker.say("a time");
    client.retryNow();
    await untilShown(session, "streaming: Once upon a time");
    await speaker.say(".");
    speaker.end();
    await until(session, ({ view }) => view.activeRuns.length === 0);

    expect(shown(session)).toEqual(["user: a story", "assistant: Once upon a time."]);
  });

  test("until after the answer shows the answer from the transcript", async () => {
    const speaker = createSpeaker();
    await using gateway = await testGateway(speaker.agent);
    const client = gateway.connect();
    const session = client.session();
    const direct = `ws://127.0.0.1:${gateway.network.port}/`;
    const watching = gateway.connect({ url: direct, clock: new ManualClock() }).session();
    await session.send("a story");
    await speaker.say("Once ");
    await untilShown(session, "streaming: Once ");

    cut(gateway);
    await until(client, ({ phase }) => phase === "waiting");
    await speaker.say("upon a time.");
    speaker.end();
    await until(watching, ({ view }) => view.items.length === 2 && view.activeRuns.length === 0);
    client.retryNow();
    await untilShown(session, "assistant: Once upon a time.");

    expect(shown(session)).toEqual(["user: a story", "assistant: Once upon a time."]);
    expect(session.getSnapshot().view.activeRuns).toEqual([]);
  });
});

test("sends messages written offline once, in order, when the network is back", async () => {
  const speaker = createSpeaker((content) => `You said: ${content}`);
  await using gateway = await testGateway(speaker.agent);
  const client = gateway.connect();
  const session = client.session();
  await session.send("one");
  gateway.network.refuses = true;
  gateway.network.reset();
  await until(client, ({ phase }) => phase === "waiting");

  const accepted = [session.send("two"), session.send("three")];
  expect(shown(session).slice(-2)).toEqual(["queued: two", "queued: three"]);
  client.retryNow();
  await until(client, ({ phase }) => phase === "waiting");
  gateway.network.refuses = false;
  client.retryNow();
  await Promise.all(accepted);
  await until(session, ({ view }) => view.items.length === 6 && view.activeRuns.length === 0);

  expect(speaker.heard).toEqual(["one", "two", "three"]);
  expect(shown(session).filter((line) => line.startsWith("user"))).toEqual([
    "user: one",
    "user: two",
    "user: three",
  ]);
  expect(session.getSnapshot().outbox).toEqual([]);
});

test("resends a message that a frozen network lost, and it runs once", async () => {
  const speaker = createSpeaker(() => "Yes.");
  await using gateway = await testGateway(speaker.agent);
  const client = gateway.connect();
  const session = client.session();
  await untilShown(session);
  gateway.network.freeze();
  const accepted = session.send("hi");
  expect(shown(session)).toEqual(["sent: hi"]);

  gateway.clock.advance(35_000);
  gateway.network.mend();
  client.retryNow();
  await accepted;
  await untilShown(session, "assistant: Yes.");

  expect([speaker.heard, shown(session)]).toEqual([["hi"], ["user: hi", "assistant: Yes."]]);
});

test("resends a message whose acknowledgement was lost, and it runs once", async () => {
  const speaker = createSpeaker(() => "Yes.");
  await using gateway = await testGateway(speaker.agent);
  const client = gateway.connect();
  const session = client.session();
  await untilShown(session);
  const accepted = session.send("hi");
  // It is on its way when the way back is gone.
  gateway.network.cutClientOff();
  await until(client, ({ phase }) => phase === "waiting");
  client.retryNow();
  await accepted;
  await until(session, ({ view }) => view.items.length === 2 && view.activeRuns.length === 0);

  expect([speaker.heard, shown(session)]).toEqual([["hi"], ["user: hi", "assistant: Yes."]]);
});

test("repeats a list request that was not answered", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const client = gateway.connect();
  await client.session().send("hi");
  gateway.network.freeze();
  const asked = client.ask({ type: "list" });
  gateway.clock.advance(35_000);
  gateway.network.mend();
  client.retryNow();

  expect((await asked).sessions.map(({ title }) => title)).toEqual(["hi"]);
});

test("does not repeat a fork, because the first may have been made", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const client = gateway.connect();
  const session = client.session();
  await session.send("hi");
  await until(session, ({ view }) => view.items.length === 2 && view.activeRuns.length === 0);
  gateway.network.freeze();
  const forked = client.ask({ type: "fork", sessionId: session.getSnapshot().sessionId ?? "" });
  gateway.clock.advance(35_000);

  await expect(forked).rejects.toMatchObject({ code: "CONNECTION_LOST" });
});

test("stops a run for an abort() without a connection", async () => {
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const client = gateway.connect();
  const session = client.session();
  await session.send("a story");
  await speaker.say("Once upon");
  await untilShown(session, "streaming: Once upon");
  gateway.network.reset();
  await until(client, ({ phase }) => phase === "waiting");

  void session.abort();
  client.retryNow();
  await until(session, ({ view }) => view.activeRuns.length === 0);

  expect(session.getSnapshot().view.items.at(-1)).toMatchObject({ content: "Once upon", partial: "aborted" });
});

// Some twenty cuts in one answer, each at another moment.
test.each([1, 2, 3])("shows a long answer complete, whenever the network breaks (seed %i)", async (seed) => {
  const random = randomNumbers(seed);
  const words = Array.from({ length: 300 }, (_, index) => `${index} `);
  const speaker = createSpeaker();
  await using gateway = await testGateway(speaker.agent);
  const client = gateway.connect();
  const session = client.session();
  await session.send("count");
  const seen: number[] = [];
  const ways = Object.values(cuts);
  for (const word of words) {
    await speaker.say(word);
    seen.push(session.getSnapshot().view.lastSeq);
    const chance = random();
    if (chance < 0.1 && client.getSnapshot().phase === "open") {
      ways[Math.floor(random() * ways.length)]?.(gateway);
      await until(client, ({ phase }) => phase === "waiting");
    } else if (chance < 0.2) client.retryNow();
    else if (chance < 0.3 && client.getSnapshot().phase !== "waiting") await untilShown(session);
  }
  speaker.end();
  client.retryNow();
  await until(
    session,
    ({ phase, view }) => phase === "live" && view.items.length === 2 && view.activeRuns.length === 0,
  );

  expect(shown(session)).toEqual(["user: count", `assistant: ${words.join("")}`]);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(gateway.network.connectionCount).toBeGreaterThan(10);
});

describe("a restarted gateway", () => {
  test("continues the same sessions and closes the runs that were active", async () => {
    await using folder = await temporaryFolder();
    const speaker = createSpeaker();
    await using gateway = await testGateway(speaker.agent, { store: await openSessionStore(folder.path) });
    const client = gateway.connect();
    const session = client.session();
    await session.send("a story");
    await speaker.say("Once upon");
    await untilShown(session, "streaming: Once upon");

    await gateway.stop();
    await until(client, ({ phase }) => phase === "waiting");
    const typed = session.send("go on");
    await gateway.restart({ store: await openSessionStore(folder.path) });
    client.retryNow();
    await typed;
    await speaker.say("Sure.");
    speaker.end();
    await until(session, ({ view }) => view.items.length >= 4 && view.activeRuns.length === 0);

    expect(shown(session).filter((line) => !line.startsWith("outcome"))).toEqual([
      "user: a story",
      "assistant: Once upon",
      "user: go on",
      "assistant: Sure.",
    ]);
    expect(speaker.heard).toEqual(["a story", "go on"]);
  });

  test("gets the messages of a client that was in an empty session", async () => {
    const speaker = createSpeaker((content) => `You said: ${content}`);
    await using gateway = await testGateway(speaker.agent);
    const client = gateway.connect();
    const session = client.session();
    await untilShown(session);
    const before = session.getSnapshot().sessionId;

    await gateway.stop();
    await until(client, ({ phase }) => phase === "waiting");
    const typed = session.send("hi");
    await gateway.restart({ store: createMemoryStore() });
    client.retryNow();
    await typed;
    await untilShown(session, "assistant: You said: hi");

    expect(shown(session)).toEqual(["user: hi", "assistant: You said: hi"]);
    expect(session.getSnapshot().sessionId).not.toBe(before);
  });

  test("does not get a message for a session that it has lost", async () => {
    const speaker = createSpeaker(() => "Yes.");
    await using gateway = await testGateway(speaker.agent);
    const client = gateway.connect();
    const session = client.session();
    await session.send("hi");
    await until(session, ({ view }) => view.items.length === 2 && view.activeRuns.length === 0);

    await gateway.stop();
    await until(client, ({ phase }) => phase === "waiting");
    const typed = session.send("delete it");
    await gateway.restart({ store: createMemoryStore() });
    client.retryNow();

    await expect(typed).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(session.getSnapshot().phase).toBe("missing");
    expect(speaker.heard).toEqual(["hi"]);
  });

  test("gets a message that it refused while it was draining", async () => {
    await using folder = await temporaryFolder();
    const speaker = createSpeaker();
    await using gateway = await testGateway(speaker.agent, { store: await openSessionStore(folder.path) });
    const client = gateway.connect();
    const session = client.session();
    await session.send("one");
    await speaker.say("Wait.");
    await untilShown(session, "streaming: Wait.");

    const restarted = gateway.restart({ store: await openSessionStore(folder.path), drainMs: 60_000 });
    const typed = session.send("two");
    await until(client, (state) => state.phase === "open" && state.draining);
    await until(session, ({ outbox }) => outbox[0]?.phase === "queued");
    speaker.end();
    await until(client, ({ phase }) => phase === "waiting");
    await restarted;
    client.retryNow();
    await typed;

    await speaker.started(2);
    speaker.end();
    await until(session, ({ view }) => view.activeRuns.length === 0);

    expect(speaker.heard).toEqual(["one", "two"]);
    expect(session.getSnapshot().outbox).toEqual([]);
  });
});

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "client-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
