import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import { scriptedAgent } from "../src/testing.ts";
import { gate, heldAgent, type TestClient, testGateway } from "./test-gateway.ts";

/** Clients with a session each. */
async function separateClients(gateway: Awaited<ReturnType<typeof testGateway>>, count: number) {
  const clients: TestClient[] = [];
  for (let index = 0; index < count; index += 1) {
    const client = await gateway.connect();
    client.send({ type: "create" });
    await client.next("connected", 2);
    clients.push(client);
  }
  return clients;
}

test("a run beyond maxRuns is kept and waits, and begins when another has ended", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent, maxRuns: 1 });
  const [first, second] = await separateClients(gateway, 2);
  if (!first || !second) throw new Error("unreachable");
  first.send({ type: "message", content: "one" });
  await started(1);

  second.send({ type: "message", id: "q1", content: "two" });
  const ack = await second.next("ack");
  await second.roundTrip();
  const whileItWaits = second.types().slice(2);
  release();
  release();
  await second.next("run_end");

  expect(ack).toMatchObject({ position: 0 });
  expect(whileItWaits).toEqual(["user_message", "ack"]);
  expect(await second.next("message_done")).toMatchObject({ content: "thinking…two" });
});

test("a message that need not wait is recorded together with its run_start", async () => {
  const store = createMemoryStore();
  const openLog = store.openLog.bind(store);
  const recorded: string[][] = [];
  store.openLog = async (sessionId) => {
    const log = await openLog(sessionId);
    const record = log.record.bind(log);
    log.record = (events) => {
      recorded.push(events.map(({ type }) => type));
      return record(events);
    };
    return log;
  };
  await using gateway = await testGateway({ store, agent: scriptedAgent(["ok"]) });
  const client = await gateway.connect();

  client.send({ type: "message", content: "one" });
  await client.next("run_end");

  expect(recorded[0]).toEqual(["user_message", "run_start"]);
  expect(recorded.flat().filter((type) => type === "run_start")).toHaveLength(1);
});

test("sessions that wait take turns: one with much to do does not keep the others waiting", async () => {
  const [released, release] = gate();
  const agent = scriptedAgent([[{ waits: released }, "ok"], "ok", "ok", "ok", "ok"]);
  await using gateway = await testGateway({ agent, maxRuns: 1 });
  const [busy, calm, other] = await separateClients(gateway, 3);
  if (!busy || !calm || !other) throw new Error("unreachable");
  for (const content of ["a1", "a2", "a3"]) busy.send({ type: "message", content });
  await busy.next("message_queued", 2);
  calm.send({ type: "message", content: "b1" });
  await calm.next("user_message");
  other.send({ type: "message", content: "c1" });
  await other.next("user_message");

  release();
  await busy.next("run_end", 3);

  expect(agent.inputs.map(({ messages }) => messages.at(-1)?.content)).toEqual([
    "a1",
    "b1",
    "c1",
    "a2",
    "a3",
  ]);
});

test("abort ends a run that waits for the limiter, without the agent and without a slot", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent, maxRuns: 1 });
  const [first, second, third] = await separateClients(gateway, 3);
  if (!first || !second || !third) throw new Error("unreachable");
  first.send({ type: "message", content: "one" });
  await started(1);
  second.send({ type: "message", content: "two" });
  await second.next("user_message");
  third.send({ type: "message", content: "three" });
  await third.next("user_message");

  second.send({ type: "abort", sessionId: second.sessionId });
  const aborted = await second.next("run_end");
  release();
  release();
  await third.next("run_end");

  expect(aborted).toMatchObject({ outcome: "aborted" });
  expect((await started(2)).map(({ messages }) => messages.at(-1)?.content)).toEqual(["one", "three"]);
});

test("a client that resyncs gets a run that waits for the limit as an active one", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent, maxRuns: 1 });
  const [first, second] = await separateClients(gateway, 2);
  if (!first || !second) throw new Error("unreachable");
  first.send({ type: "message", content: "one" });
  await started(1);
  second.send({ type: "message", content: "two" });
  const { runId } = await second.next("user_message");

  second.send({ type: "resume", sessionId: second.sessionId });

  const resync = await second.next("resync");
  expect(resync).toMatchObject({ runId, messages: [{ content: "two" }] });
  release();
  release();
  await second.next("run_end");
});

test("closing interrupts runs that wait for their place", async () => {
  const { agent, started } = heldAgent();
  await using gateway = await testGateway({ agent, maxRuns: 1 });
  const [first, second] = await separateClients(gateway, 2);
  if (!first || !second) throw new Error("unreachable");
  first.send({ type: "message", content: "one" });
  await started(1);
  second.send({ type: "message", content: "two" });
  await second.next("user_message");

  await gateway.gateway.close({ drainMs: 1 });

  expect(await second.next("run_end")).toMatchObject({ outcome: "interrupted" });
});

test.each([0, 1.5, -1, Number.NaN])("maxRuns of %s is refused", async (maxRuns) => {
  await expect(testGateway({ maxRuns })).rejects.toMatchObject({
    code: "INVALID_OPTION",
    message: `\`maxRuns\` must be a positive integer, got ${maxRuns}.`,
  });
});
