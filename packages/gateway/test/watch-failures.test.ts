import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore, openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { heldAgent, testGateway } from "./test-gateway.ts";

describe("a client whose missed events cannot be read is notified:", () => {
  /** A session with one run, in a store that cannot be read once. */
  async function unreadable() {
    const store = createMemoryStore();
    const test = await testGateway({ store });
    const { sessionId } = await store.createSession("webchat");
    const { runId, ended } = await test.gateway.submit({ sessionId, content: "one" });
    await ended;
    const entries = store.entries.bind(store);
    const breakOnce = () => {
      store.entries = () => {
        store.entries = entries;
        throw new Error("input/output error");
      };
    };
    return { ...test, sessionId, runId, breakOnce };
  }

  test("its connection is closed with 1011, and a resume returns the events", async () => {
    await using test = await unreadable();
    const { sessionId } = test;
    const client = await test.connect();
    test.breakOnce();

    client.send({ type: "resume", sessionId, after: 0 });
    const [code] = (await once(client.socket, "close")) as [number];
    const again = await test.connect();
    again.send({ type: "resume", sessionId, after: 0 });
    await again.next("run_end");

    expect(code).toBe(1011);
    expect(test.failures).toEqual([expect.stringContaining("input/output error")]);
  });

  test("its stream over HTTP ends", async () => {
    await using test = await unreadable();
    const path = `/sessions/${test.sessionId}/events?after=0`;
    test.breakOnce();

    const response = await test.get(path);

    await expect(response.text()).rejects.toThrow("terminated");
  });
});

test("watchers of a session with a dead writer get the end of its run before the next run", async () => {
  const [folder, left] = await Promise.all(
    ["a", "b"].map((name) => mkdtemp(join(tmpdir(), `watch-${name}`))),
  );
  if (!folder || !left) throw new Error("unreachable");
  const { agent, started, release } = heldAgent();
  await using before = await testGateway({ agent, store: await openSessionStore(folder) });
  const first = await before.connect();
  first.send({ type: "message", content: "one" });
  await first.next("chunk");
  await cp(folder, left, { recursive: true });

  await using after = await testGateway({ agent, store: await openSessionStore(left) });
  const client = await after.connect();
  const { sessionId } = client;
  client.send({ type: "resume", sessionId });
  await client.next("resync");
  client.send({ type: "message", content: "two" });
  await started(2);
  release();
  release();
  await client.next("run_end", 2);

  const said = client.frames.flatMap((frame) => {
    if (frame.type === "user_message" || frame.type === "assistant_message") return frame.content;
    return frame.type === "run_end" ? frame.outcome : [];
  });
  expect(said).toEqual(["thinking…", "interrupted", "two", "two", "completed"]);
  await Promise.all([folder, left].map((one) => rm(one, { recursive: true, force: true })));
});
