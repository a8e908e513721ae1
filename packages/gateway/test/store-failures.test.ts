import type { SessionEvent, SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { afterEach, describe, expect, test, vi } from "vitest";
import { heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

test("a message that cannot be kept is refused, and the next one runs", async () => {
  // On a fresh log neither: one that was idle may have been closed.
  await using gateway = await testGateway({ store: failingStore("user_message", 2) });
  const client = await gateway.connect();

  client.send({ type: "message", content: "one", id: "q1" });
  client.send({ type: "message", content: "two", id: "q2" });
  await client.next("run_end");

  expect(await client.next("error")).toMatchObject({ replyTo: "q1", code: "STORE_FAILED", retryable: true });
  expect(await client.next("user_message")).toMatchObject({ content: "two" });
});

test("a run whose end cannot be kept is ended when its session is opened again, at once", async () => {
  await using gateway = await testGateway({ store: failingStore("run_end") });
  const client = await gateway.connect();
  const { sessionId } = client;

  const { ended } = await gateway.gateway.submit({ sessionId, content: "hello" });

  expect(await ended).toMatchObject({ outcome: "interrupted" });
  await client.roundTrip();
  expect(client.types().filter((type) => type === "run_end")).toEqual(["run_end"]);
  expect(gateway.failures).toEqual([expect.stringMatching(/^run .*: the disk is full$/)]);
});

test("the message that waits for it ends with it, once, and the next one runs", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent, store: failingStore("run_end") });
  const client = await gateway.connect();

  client.send({ type: "message", content: "one" });
  await started(1);
  client.send({ type: "message", content: "two" });
  await client.next("message_queued");
  release();
  release();
  await client.next("run_end", 2);
  client.send({ type: "message", content: "three" });
  await client.next("run_end", 3);

  expect(
    client.frames.flatMap((frame) => {
      if (frame.type === "user_message") return frame.content;
      return frame.type === "run_end" ? frame.outcome : [];
    }),
  ).toEqual(["one", "interrupted", "two", "interrupted", "three", "completed"]);
});

test("messages that come together to a session that was archived and unarchived all run", async () => {
  await using test = await testGateway();
  const { gateway, store } = test;
  const { sessionId } = await store.createSession("webchat");
  await (await gateway.submit({ sessionId, content: "one" })).ended;
  await store.archiveSession(sessionId);
  await store.unarchiveSession(sessionId);

  const contents = ["two", "three"];
  const submitted = await Promise.all(contents.map((content) => gateway.submit({ sessionId, content })));

  const ends = await Promise.all(submitted.map(({ ended }) => ended));
  expect(ends.map(({ content }) => content)).toEqual(contents);
});

test("a log that cannot be settled is closed, so that the next message runs", async () => {
  const store = createMemoryStore();
  const openLog = store.openLog.bind(store);
  let isBroken = true;
  store.openLog = async (sessionId) => {
    const log = await openLog(sessionId);
    const settle = log.settle.bind(log);
    log.settle = () => {
      if (!isBroken) return settle();
      isBroken = false;
      throw new Error("input/output error");
    };
    return log;
  };
  await using test = await testGateway({ store });
  const { sessionId } = await store.createSession("webchat");
  await (await test.gateway.submit({ sessionId, content: "one" })).ended;

  const { ended } = await test.gateway.submit({ sessionId, content: "two" });

  expect(await ended).toMatchObject({ outcome: "completed", content: "two" });
});

describe("while nothing can be written", () => {
  afterEach(() => void vi.useRealTimers());

  test("the end of a run is not waited for: `ended` rejects, and the session comes to rest", async () => {
    const { store, fail } = fullStore();
    const { agent, started, release } = heldAgent();
    await using test = await testGateway({ store, agent });
    const client = await test.connect();
    const { sessionId } = client;
    const running = await test.gateway.submit({ sessionId, content: "one" });
    const waiting = await test.gateway.submit({ sessionId, content: "two" });
    await started(1);
    fail();
    release();

    await expect(running.ended).rejects.toMatchObject({ code: "STORE_FAILED" });
    await expect(waiting.ended).rejects.toMatchObject({ code: "STORE_FAILED" });
    while (client.activity.at(-1)?.running !== false) await client.anyFrame();
    expect(test.gateway.health()).toMatchObject({ runs: 0 });
    expect(client.types()).not.toContain("run_end");
    await expect(test.gateway.submit({ sessionId, content: "three" })).rejects.toMatchObject({
      code: "WRITE_FAILED",
    });
  });

  test("a repeated message is the same run, and nothing waits for its end", async () => {
    const { store, fail, lift } = fullStore();
    const { agent, started, release } = heldAgent();
    await using test = await testGateway({ store, agent });
    const client = await test.connect();
    const submission = { sessionId: client.sessionId, content: "one", requestId: "q1" };
    const first = await test.gateway.submit(submission);
    await client.next("chunk");
    fail();
    release();
    await first.ended.catch(() => undefined);

    const second = await test.gateway.submit(submission);
    await expect(second.ended).rejects.toMatchObject({ code: "STORE_FAILED" });
    lift();
    const third = await test.gateway.submit(submission);

    expect(await third.ended).toMatchObject({ outcome: "interrupted", content: "thinking…" });
    expect(new Set([first, second, third].map(({ runId }) => runId)).size).toBe(1);
    expect(await started(1)).toHaveLength(1);
  });

  /** A run and a message that waits for it, both accepted, and then the disk is full. */
  async function fillUp(test: Awaited<ReturnType<typeof testGateway>>, fail: () => void, held: Held) {
    const client = await test.connect();
    client.send({ type: "message", content: "one" });
    client.send({ type: "message", content: "two", id: "q2" });
    await client.next("ack");
    await held.started(1);
    fail();
    held.release();
    while (client.activity.at(-1)?.running !== false) await client.anyFrame();
    return client;
  }

  const ends = ["user one", "run_end interrupted", "user two", "run_end interrupted"];

  test("every message has its one end as soon as something can be: with the next message", async () => {
    const { store, fail, lift } = fullStore();
    const held = heldAgent();
    await using test = await testGateway({ store, agent: held.agent });
    const client = await fillUp(test, fail, held);
    client.send({ type: "message", content: "refused", id: "q3" });
    expect(await client.next("error")).toMatchObject({ code: "STORE_FAILED", replyTo: "q3" });

    lift();
    client.send({ type: "message", content: "three" });
    await held.started(2);
    held.release();
    await client.next("run_end", 3);

    expect(saidAndEnded(client)).toEqual([...ends, "user three", "run_end completed"]);
  });

  test("… and by itself, within seconds", async () => {
    const { store, fail, lift } = fullStore();
    const held = heldAgent();
    await using test = await testGateway({ store, agent: held.agent });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const client = await fillUp(test, fail, held);

    const before = test.failures.length;
    vi.advanceTimersByTime(5000);
    while (test.failures.length === before) await client.roundTrip();
    lift();
    await client.roundTrip();
    vi.advanceTimersByTime(5000);
    await client.next("run_end", 2);

    expect(saidAndEnded(client)).toEqual(ends);
  });

  test("an answer over HTTP that waits for the end is refused, and has it when asked for again", async () => {
    const { store, fail, lift } = fullStore();
    const { agent, started, release } = heldAgent();
    await using test = await testGateway({ store, agent });
    const ask = () =>
      test.get("/sessions/current/messages", {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": "k1" },
        body: JSON.stringify({ content: "one" }),
      });
    const asking = ask();
    await started(1);
    fail();
    release();

    const response = await asking;
    expect([response.status, await response.json()]).toMatchObject([503, { code: "STORE_FAILED" }]);
    lift();
    expect(await (await ask()).json()).toMatchObject({ outcome: "interrupted" });
  });

  test("the gateway can be closed", async () => {
    const { store, fail, lift } = fullStore();
    const held = heldAgent();
    await using test = await testGateway({ store, agent: held.agent });
    const client = await fillUp(test, fail, held);
    const { sessionId } = client;

    await test.gateway.close();
    lift();
    await store.recover();

    let endCount = 0;
    for await (const entry of store.entries(sessionId)) if ("outcome" in entry) endCount += 1;
    expect(endCount).toBe(2);
  });
});

type Held = ReturnType<typeof heldAgent>;

function saidAndEnded({ frames }: TestClient): string[] {
  return frames.flatMap((frame) => {
    if (frame.type === "user_message") return `user ${frame.content}`;
    return frame.type === "run_end" ? `run_end ${frame.outcome}` : [];
  });
}

function diskIsFull(): Error {
  return Object.assign(new Error("the disk is full"), { code: "WRITE_FAILED" });
}

/**
 * A store that keeps nothing between `fail` and `lift`; what a writer left without an end cannot be
 * ended either.
 */
function fullStore() {
  const store = createMemoryStore();
  const openLog = store.openLog.bind(store);
  let isFull = false;
  store.openLog = async (sessionId) => {
    if (isFull) throw diskIsFull();
    const log = await openLog(sessionId);
    const record = log.record.bind(log);
    log.record = (events) => {
      if (isFull) throw diskIsFull();
      return record(events);
    };
    return log;
  };
  const turn = (full: boolean) => () => {
    isFull = full;
  };
  return { store, fail: turn(true), lift: turn(false) };
}

/** A store that cannot keep the first event of a type, so many times. */
function failingStore(type: SessionEvent["type"], times = 1): SessionStore {
  const store = createMemoryStore();
  const openLog = store.openLog.bind(store);
  let failures = times;
  return Object.assign(store, {
    async openLog(sessionId: string) {
      const log = await openLog(sessionId);
      const record = log.record.bind(log);
      log.record = (events) => {
        if (failures === 0 || !events.some((event) => event.type === type)) return record(events);
        failures -= 1;
        throw diskIsFull();
      };
      return log;
    },
  });
}
