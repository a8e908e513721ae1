import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunOutcome } from "@mini-openclaw/protocol";
import { openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, onTestFinished, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

const message = { type: "message", id: "q1", content: "once" } as const;

/** A gateway that can be started again on its folder, and who runs. */
async function restartable() {
  const folder = await mkdtemp(join(tmpdir(), "idempotency-"));
  const { agent, started, release } = heldAgent();
  let gateway = await testGateway({ agent, store: await openSessionStore(folder) });
  return {
    connect: () => gateway.connect(),
    started,
    release,
    async restart() {
      await gateway[Symbol.asyncDispose]();
      gateway = await testGateway({ agent, store: await openSessionStore(folder) });
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

type Restartable = Awaited<ReturnType<typeof restartable>>;

/** Another message runs, and the one that matters waits. */
async function waits(gateway: Restartable, client: TestClient): Promise<void> {
  client.send({ type: "message", content: "before" });
  await gateway.started(1);
  client.send(message);
  await client.next("message_queued");
}

async function runs(gateway: Restartable, client: TestClient): Promise<void> {
  client.send(message);
  await gateway.started(1);
}

async function isOver(gateway: Restartable, client: TestClient): Promise<void> {
  await runs(gateway, client);
  gateway.release();
  await client.next("run_end");
}

const none = async () => {};
const restart = (gateway: Restartable) => gateway.restart();

// The agent runs it at most once, and exactly once where the gateway lives.
describe("a message that is sent again with its id", () => {
  test.each([
    ["while it waits", waits, none, 1],
    ["while it runs", runs, none, 1],
    ["after it ended", isOver, none, 1],
    ["after a restart, when it waited", waits, restart, 0],
    ["after a restart, when it ran", runs, restart, 1],
    ["after a restart, when it had ended", isOver, restart, 1],
  ])("%s is acknowledged with the same run, and runs once", async (_, begin, happens, runCount) => {
    await using gateway = await restartable();
    const client = await gateway.connect();
    await begin(gateway, client);
    const { runId } = await client.next("ack");

    await happens(gateway);
    const again = await gateway.connect();
    for (let time = 1; time <= 3; time += 1) again.send(message);
    const acks = [await again.next("ack", 1), await again.next("ack", 2), await again.next("ack", 3)];
    for (let run = 0; run < 2; run += 1) gateway.release();
    again.send({ type: "message", content: "after", id: "q2" });
    const after = await again.next("ack", 4);
    gateway.release();
    while (!again.frames.some((frame) => frame.type === "run_end" && frame.runId === after.runId)) {
      await again.anyFrame();
    }

    expect(acks.map((ack) => ack.runId)).toEqual([runId, runId, runId]);
    const said = (await gateway.started(1)).map(({ messages }) => messages.at(-1)?.content);
    expect(said.filter((content) => content === "once").length).toBe(runCount);
    again.send({ type: "history", sessionId: again.sessionId });
    const { messages } = await again.next("history");
    const asked = messages.flatMap((entry) => (entry.role === "user" ? [entry.content] : []));
    expect(asked.filter((content) => content === "once").length).toBe(1);
  });
});

test("a message of a session that was archived since is known when the session is used again", async () => {
  await using gateway = await restartable();
  const client = await gateway.connect();
  await isOver(gateway, client);
  const { runId } = await client.next("ack");
  const { sessionId } = client;
  for (const type of ["archive", "unarchive"] as const) client.send({ type, sessionId, id: type });
  while (!client.activity.some(({ replyTo }) => replyTo === "unarchive")) await client.anyFrame();
  expect(client.activity.map(({ replyTo }) => replyTo)).toContain("archive");
  client.send({ ...message, sessionId });
  expect((await client.next("ack", 2)).runId).toBe(runId);
});

describe("a retry that is sent again with its id after a restart", () => {
  /** Runs that end as in the script, in order. A run that is not completed has no text. */
  function scripted(...outcomes: RunOutcome[]) {
    const script = Array.from({ length: 10 }, (_, index) => outcomes[index] ?? "completed");
    return scriptedAgent(script.map((outcome) => (outcome === "completed" ? "answer" : { ends: outcome })));
  }

  async function onDisk() {
    const folder = await mkdtemp(join(tmpdir(), "idempotency-"));
    return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
  }

  test.each<[string, RunOutcome[], string[]]>([
    ["and had answered", [], []],
    ["and had said nothing", ["completed", "failed"], []],
    ["and had said nothing, with a message since", ["completed", "failed"], ["since"]],
  ])("%s is acknowledged with the same run, and runs once", async (_, outcomes, since) => {
    await using disk = await onDisk();
    const agent = scripted(...outcomes);
    const before = await testGateway({ agent, store: await openSessionStore(disk.folder) });
    const { sessionId } = await before.store.createSession("webchat");
    const first = await before.gateway.submit({ sessionId, content: "one" });
    await first.ended;
    const retry = { sessionId, runId: first.runId, requestId: "q1" };
    const second = await before.gateway.retry(retry);
    const end = await second.ended;
    for (const content of since) await (await before.gateway.submit({ sessionId, content })).ended;
    await before[Symbol.asyncDispose]();
    const runCount = agent.inputs.length;

    await using after = await testGateway({ agent, store: await openSessionStore(disk.folder) });
    const again = await after.gateway.retry(retry);

    expect(again.runId).toBe(second.runId);
    expect(await again.ended).toEqual(end);
    expect(agent.inputs).toHaveLength(runCount);
    await expect(after.gateway.retry({ ...retry, runId: "another" })).rejects.toMatchObject({
      code: "REQUEST_CONFLICT",
    });
  });

  test("and was cut off by a crash is acknowledged with the same run and its end", async () => {
    await using disk = await onDisk();
    await using left = await onDisk();
    const { agent, started, release } = heldAgent();
    await using before = await testGateway({ agent, store: await openSessionStore(disk.folder) });
    const { sessionId } = await before.store.createSession("webchat");
    const first = await before.gateway.submit({ sessionId, content: "one" });
    release();
    await first.ended;
    const retry = { sessionId, runId: first.runId, requestId: "q1" };
    const second = await before.gateway.retry(retry);
    await started(2);
    // A copy of the live directory is what a killed process leaves behind.
    await cp(disk.folder, left.folder, { recursive: true });

    const store = await openSessionStore(left.folder);
    await store.recover();
    await using after = await testGateway({ agent, store });
    const again = await after.gateway.retry(retry);

    expect(again.runId).toBe(second.runId);
    expect(await again.ended).toMatchObject({ outcome: "interrupted" });
    expect(await started(2)).toHaveLength(2);
  });
});

describe("a message that is repeated in process after a crash has its end without a recovery:", () => {
  async function crashed() {
    const [folder = "", left = ""] = await Promise.all(
      ["a", "b"].map((name) => mkdtemp(join(tmpdir(), `idempotency-${name}`))),
    );
    onTestFinished(async () => {
      await Promise.all([folder, left].map((one) => rm(one, { recursive: true, force: true })));
    });
    const held = heldAgent();
    const before = await testGateway({ agent: held.agent, store: await openSessionStore(folder) });
    onTestFinished(() => before[Symbol.asyncDispose]());
    const { sessionId } = await before.store.createSession("webchat");
    return {
      ...held,
      gateway: before.gateway,
      sessionId,
      /** A gateway on what a killed process would have left. */
      next: async () => {
        await cp(folder, left, { recursive: true });
        const after = await testGateway({ agent: held.agent, store: await openSessionStore(left) });
        onTestFinished(() => after[Symbol.asyncDispose]());
        return after;
      },
    };
  }

  test("a message that ran", async () => {
    const { gateway, sessionId, started, next } = await crashed();
    const message = { sessionId, content: "once", requestId: "q1" };
    const { runId } = await gateway.submit(message);
    await started(1);

    const again = await (await next()).gateway.submit(message);

    expect(again.runId).toBe(runId);
    expect(await again.ended).toMatchObject({ outcome: "interrupted" });
    expect(await started(1)).toHaveLength(1);
  });

  test("a message that waited", async () => {
    const { gateway, sessionId, started, next } = await crashed();
    await gateway.submit({ sessionId, content: "before" });
    await started(1);
    const message = { sessionId, content: "once", requestId: "q1" };
    const { runId } = await gateway.submit(message);

    const after = await next();
    const again = await after.gateway.submit(message);

    expect(again.runId).toBe(runId);
    expect(await again.ended).toMatchObject({ outcome: "interrupted" });
    expect(await started(1)).toHaveLength(1);
    const said = await after.store.loadMessages(sessionId, { role: "user" });
    expect(said.map(({ content }) => content)).toEqual(["before", "once"]);
    expect(after.failures).toEqual([]);
  });

  test("a retry", async () => {
    const { gateway, sessionId, started, release, next } = await crashed();
    const first = await gateway.submit({ sessionId, content: "one" });
    release();
    await first.ended;
    const retry = { sessionId, runId: first.runId, requestId: "q1" };
    const { runId } = await gateway.retry(retry);
    await started(2);

    const again = await (await next()).gateway.retry(retry);

    expect(again.runId).toBe(runId);
    expect(await again.ended).toMatchObject({ outcome: "interrupted" });
    expect(await started(2)).toHaveLength(2);
  });
});
