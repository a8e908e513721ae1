import type { AgentRunner } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

/**
 * An agent whose runs cost so much, one after another, and the costs of the session that it
 * gets.
 */
function costlyAgent(given: readonly (number | undefined)[], beforeEnd?: (run: number) => Promise<void>) {
  const costs: (number | undefined)[] = [];
  const agent: AgentRunner = {
    async *run({ runId, sessionCostUsd }) {
      const costUsd = given[costs.push(sessionCostUsd) - 1];
      yield { type: "run_start", runId, timestamp: 1 };
      await beforeEnd?.(costs.length);
      const cost = costUsd === undefined ? {} : { costUsd };
      yield { type: "run_end", runId, outcome: "completed", usage, ...cost, timestamp: 1 };
    },
  };
  return { agent, costs };
}

test("the agent gets the known cost of the session's earlier runs", async () => {
  const { agent, costs } = costlyAgent([0.25, undefined, 0.5, 1]);
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  for (const run of [1, 2, 3, 4]) {
    client.send({ type: "message", content: "hello" });
    await client.next("run_end", run);
  }
  expect(costs).toEqual([0, 0.25, 0.25, 0.75]);
});

test("of another session nothing counts", async () => {
  const { agent, costs } = costlyAgent([0.25, 0.5]);
  await using gateway = await testGateway({ agent });
  for (const _ of [1, 2]) {
    const { sessionId } = await gateway.store.createSession("webchat");
    const { ended } = await gateway.gateway.submit({ sessionId, content: "hello" });
    await ended;
  }
  expect(costs).toEqual([0, 0]);
});

test.each([
  [0.25, 0.25],
  [undefined, 0],
])("an agent that is asked again in its run gets the cost so far: %j", async (costUsd, sum) => {
  const { agent, costs } = costlyAgent([1, costUsd, 1], async (run) => {
    if (run !== 2) return;
    client.send({ type: "message", content: "and this", mode: "steer" });
    await client.next("message_queued");
  });
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  client.send({ type: "message", content: "one" });
  await client.next("run_end");
  client.send({ type: "message", content: "two" });
  await client.next("run_end", 2);
  expect(costs).toEqual([0, 1, 1 + sum]);
});
