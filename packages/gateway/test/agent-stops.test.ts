import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import { type AgentInput, type AgentRunner, noUsage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { unhandledRejections } from "../../../scripts/unhandled-rejections.mjs";
import { testGateway } from "./test-gateway.ts";

/** An agent that waits until it is stopped, in its own way. */
function waitsWith(wait: (input: AgentInput) => Promise<unknown>): AgentRunner {
  return {
    async *run(input) {
      const { runId } = input;
      yield { type: "run_start", runId, timestamp: 1 };
      yield { type: "chunk", runId, messageId: "m1", content: "hi" };
      await wait(input);
    },
  };
}

describe("an agent that lets the error of its stop through has not failed:", () => {
  test.each([
    ["that of a timer", ({ signal }: AgentInput) => delay(60_000, undefined, { signal })],
    ["that of `once`", ({ signal }: AgentInput) => once(new EventTarget(), "never", { signal })],
    [
      "the signal's reason",
      async ({ signal }: AgentInput) => {
        await once(signal, "abort");
        signal.throwIfAborted();
      },
    ],
    [
      "one of another realm, as Node's are within Jest",
      async ({ signal }: AgentInput) => {
        await once(signal, "abort");
        throw runInNewContext("Object.assign(new Error('stopped'), { name: 'AbortError' })");
      },
    ],
  ] as const)("%s", async (_, wait) => {
    await using gateway = await testGateway({ agent: waitsWith(wait) });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await client.next("chunk");

    client.send({ type: "abort", sessionId: client.sessionId });
    const { outcome } = await client.next("run_end");
    await client.roundTrip();

    expect([outcome, gateway.failures]).toEqual(["aborted", []]);
  });

  test("the reason of the signal is an AbortError", async () => {
    const reasons: unknown[] = [];
    const agent = waitsWith(async ({ signal }) => {
      await once(signal, "abort");
      reasons.push(signal.reason);
    });
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "one" });
    await client.next("chunk");
    client.send({ type: "abort", sessionId: client.sessionId });
    await client.next("run_end");

    expect(reasons).toMatchObject([{ name: "AbortError", message: "The run was stopped." }]);
  });
});

test("another error of an agent that was stopped is reported", async () => {
  const agent = waitsWith(async ({ signal }) => {
    await once(signal, "abort");
    throw new Error("a bug");
  });
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  client.send({ type: "message", content: "one" });
  await client.next("chunk");

  client.send({ type: "abort", sessionId: client.sessionId });
  const { outcome } = await client.next("run_end");

  expect(outcome).toBe("aborted");
  expect(gateway.failures).toEqual([expect.stringContaining("a bug")]);
});

test("a decision that an agent requests and ignores ends no process when its run is stopped", async () => {
  const agent = waitsWith(async ({ signal, decision }) => {
    void decision?.("c1", { signal });
    void decision?.("c2", { signal });
    await once(signal, "abort");
  });
  const unhandled = unhandledRejections();
  await using gateway = await testGateway({ agent });
  const client = await gateway.connect();
  client.send({ type: "message", content: "one" });
  await client.next("chunk");
  client.send({ type: "abort", sessionId: client.sessionId });
  await client.next("run_end");
  await client.roundTrip();

  expect(unhandled).toEqual([]);
});

test("a run ends with its agent's `run_end`, although the agent never returns after it", async () => {
  const agent: AgentRunner = {
    async *run({ runId }) {
      try {
        yield { type: "run_start", runId, timestamp: 1 };
        yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
      } finally {
        await new Promise(() => {});
      }
    },
  };
  await using gateway = await testGateway({ agent, abortGraceMs: 10 });
  const client = await gateway.connect();

  client.send({ type: "message", content: "one" });
  client.send({ type: "message", content: "two" });

  expect((await client.next("run_end", 2)).outcome).toBe("completed");
  expect(gateway.failures).toEqual([]);
});
