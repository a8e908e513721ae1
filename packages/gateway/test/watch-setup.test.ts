import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore, openSessionStore } from "@mini-openclaw/session-store";
import { afterEach, describe, expect, test, vi } from "vitest";
import { gate, heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function folderStore() {
  const folder = await mkdtemp(join(tmpdir(), "watch-setup"));
  folders.push(folder);
  return openSessionStore(folder);
}

/** Makes the next read of entries after `seq` wait for `opened`. Resolves when that has begun. */
function holdRead(store: SessionStore, opened: Promise<void>, seq = 0): Promise<void> {
  const entries = store.entries.bind(store);
  const [begun, begin] = gate();
  store.entries = async function* (...args) {
    if (args[1]?.after !== seq) return yield* entries(...args);
    store.entries = entries;
    begin();
    await opened;
    yield* entries(...args);
  };
  return begun;
}

/**
 * The types of the events after the `resync`; pieces of one text may come joined, and count once.
 */
function typesAfterResync({ frames }: TestClient): string[] {
  const answer = frames.findIndex(({ type }) => type === "resync");
  const types = frames.slice(answer + 1).flatMap((frame) => ("seq" in frame ? [frame.type] : []));
  return types.filter((type, index) => type !== "chunk" || types[index - 1] !== "chunk");
}

const wholeRun = ["user_message", "run_start", "chunk", "assistant_message", "message_done", "run_end"];

describe("a watch that is still being set up while a run begins and ends", () => {
  test.each([
    ["in a new session", 0],
    ["in a session with messages", 2],
  ])("gets every event of that run, %s", async (_, before) => {
    const store = createMemoryStore();
    await using test = await testGateway({ store });
    const client = await test.connect();
    const { sessionId } = client;
    for (let count = 0; count < before; count += 1) {
      await (await test.gateway.submit({ sessionId, content: "before" })).ended;
    }
    const [opened, open] = gate();
    const { lastSeq } = (await store.getSession(sessionId)) ?? { lastSeq: 0 };
    const begun = holdRead(store, opened, lastSeq);
    client.send({ type: "resume", sessionId });
    await client.next("resync");
    await begun;

    await (await test.gateway.submit({ sessionId, content: "hello" })).ended;
    open();
    await client.next("run_end", before + 1);

    expect(typesAfterResync(client)).toEqual(wholeRun);
  });

  test("gets all of the text when it was set up in the middle of the run", async () => {
    const store = createMemoryStore();
    const { agent, started, release } = heldAgent();
    await using test = await testGateway({ store, agent });
    const { sessionId } = await store.createSession("webchat");
    const { ended } = await test.gateway.submit({ sessionId, content: "hello" });
    await started(1);
    const client = await test.connect();
    client.send({ type: "resume", sessionId });
    await client.next("resync");

    release();
    await ended;
    await client.next("run_end");

    const answer = client.frames.findIndex(({ type }) => type === "resync");
    const text = client.frames
      .slice(answer)
      .flatMap((frame) => (frame.type === "chunk" ? [frame.content] : []));
    expect(text.join("")).toBe("thinking…hello");
  });

  test("gets every event from a store on files too, 100 times of 100", async () => {
    const store = await folderStore();
    await using test = await testGateway({ store });
    const seen: string[] = [];

    for (let round = 0; round < 100; round += 1) {
      const { sessionId } = await store.createSession("webchat");
      const client = await test.connect();
      client.send({ type: "resume", sessionId });
      await client.next("resync");
      client.send({ type: "message", sessionId, content: "hello" });
      await client.next("run_end");
      seen.push(typesAfterResync(client).join());
      await client.close();
    }

    expect(new Set(seen)).toEqual(new Set([wholeRun.join()]));
  });
});

test("a watch that ends before it has read lets the session come to rest", async () => {
  const store = createMemoryStore();
  let settled = 0;
  const openLog = store.openLog.bind(store);
  store.openLog = async (sessionId) => {
    const log = await openLog(sessionId);
    const settle = log.settle.bind(log);
    log.settle = () => {
      settled += 1;
      return settle();
    };
    return log;
  };
  await using test = await testGateway({ store });
  const [client, witness] = await Promise.all([test.connect(), test.connect()]);
  const { sessionId } = await store.createSession("webchat");
  const [opened, open] = gate();
  const begun = holdRead(store, opened);
  client.send({ type: "resume", sessionId });
  await begun;
  await (await test.gateway.submit({ sessionId, content: "hello" })).ended;
  await witness.roundTrip();
  const before = settled;

  await client.close();
  open();
  witness.send({ type: "archive", sessionId, id: "q1" });
  await vi.waitFor(() => expect(witness.activity.some(({ replyTo }) => replyTo === "q1")).toBe(true));

  expect([before, settled]).toEqual([0, 1]);
});
