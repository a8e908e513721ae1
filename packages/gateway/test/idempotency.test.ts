import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSessionStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
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

// Issue 5: idempotency. How often the agent runs it is at most once, and exactly once where the gateway lives.
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
