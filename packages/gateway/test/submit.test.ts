import { noUsage } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { heldAgent, testGateway } from "./test-gateway.ts";

test("a message from inside the process is kept, shown to watchers, and gives its run's end", async () => {
  await using gateway = await testGateway();
  const client = await gateway.connect();
  const { sessionId } = client;

  const { runId, ended } = await gateway.gateway.submit({ sessionId, content: "from a schedule" });

  expect(await ended).toEqual({ outcome: "completed", content: "from a schedule", usage: noUsage });
  expect(await client.next("user_message")).toMatchObject({ runId, content: "from a schedule" });
});

test("it waits its turn, and is told apart from the run before it", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  const { sessionId } = client;
  client.send({ type: "message", content: "one" });
  await started(1);

  const { ended } = await gateway.gateway.submit({ sessionId, content: "two" });
  release();
  release();

  expect(await ended).toEqual({ outcome: "completed", content: "thinking…two", usage: noUsage });
});

test("an interrupted one says so", async () => {
  const { agent, started } = heldAgent();
  await using gateway = await testGateway({ agent });
  const { sessionId } = await gateway.store.createSession("schedule");
  const { ended } = await gateway.gateway.submit({ sessionId, content: "long" });
  await started(1);

  await gateway.gateway.close({ drainMs: 0 });

  expect(await ended).toEqual({ outcome: "interrupted", content: "thinking…", usage: noUsage });
});

test("a session that is not there is refused, and nobody is left watching", async () => {
  await using gateway = await testGateway();

  await expect(gateway.gateway.submit({ sessionId: "nobody", content: "hello" })).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
  });
  expect(gateway.gateway.health().sessions).toBe(0);
});
