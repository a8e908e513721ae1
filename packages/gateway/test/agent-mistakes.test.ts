import type { AgentRunner, RunEvent, TaskRequest } from "@mini-openclaw/protocol";
import { noUsage } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { testGateway } from "./test-gateway.ts";

const start = (runId: string): RunEvent => ({ type: "run_start", runId, timestamp: 1 });

const endOf = (runId: string): RunEvent => ({
  ...{ type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 },
});

/** An agent that yields something wrong after its start. */
function yields(wrong: (runId: string) => unknown): AgentRunner {
  return {
    async *run({ runId }) {
      yield start(runId);
      yield wrong(runId) as RunEvent;
      yield { type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp: 1 };
    },
  };
}

const callOf = (runId: string, input: unknown) => ({
  type: "tool_start",
  runId,
  callId: "c",
  toolName: "t",
  input,
});

describe("a run fails, and the failure names the mistake, when an agent", () => {
  test.each<[mistake: string, agent: AgentRunner, message: RegExp]>([
    ["yields a string", yields(() => "hello"), /yielded "hello", which is no event\. Yield events/],
    ["yields nothing", yields(() => undefined), /yielded nothing, which is no event/],
    ["yields null", yields(() => null), /yielded null, which is no event/],
    [
      "hands over a promise that rejects",
      {
        run: () => ({
          [Symbol.asyncIterator]: () => ({
            next: async () => ({ value: Promise.reject(new Error("unheard")) as unknown as RunEvent }),
          }),
        }),
      },
      /yielded a promise\. Yield what it resolves with/,
    ],
    [
      "yields an unknown type",
      yields((runId) => ({ type: "text", runId })),
      /unknown type "text"\. Known types are .*chunk/,
    ],
    ["yields no type", yields((runId) => ({ runId })), /unknown type nothing/],
    ["yields the name of a method as type", yields(() => ({ type: "toString" })), /unknown type "toString"/],
    [
      "forgets a field",
      yields((runId) => ({ type: "chunk", runId, content: "x" })),
      /chunk: `messageId` must be a string, got nothing\./,
    ],
    [
      "gives a field of another type",
      yields((runId) => ({ type: "chunk", runId, messageId: "m", content: 1 })),
      /chunk: `content` must be a string, got 1\./,
    ],
    [
      "gives the event of another run",
      yields(() => ({ type: "chunk", runId: "other", messageId: "m", content: "x" })),
      /chunk: `runId` must be .*, got "other"\. Use the `runId` of its input\./,
    ],
    [
      "has a BigInt in an input",
      yields((runId) => callOf(runId, { count: 1n })),
      /tool_start with a value that JSON does not have: .*BigInt.* Convert it first/,
    ],
    [
      "has a BigInt in the calls of a message",
      yields((runId) => ({
        type: "assistant_message",
        runId,
        id: "m",
        content: "",
        timestamp: 1,
        toolCalls: [{ callId: "c", toolName: "t", input: { count: 1n } }],
      })),
      /assistant_message with a value that JSON does not have: .*BigInt/,
    ],
    [
      "returns without an end",
      {
        run: async function* ({ runId }) {
          yield start(runId);
        },
      },
      /returned without yielding `run_end`/,
    ],
    [
      "ends without usage",
      yields((runId) => ({ type: "run_end", runId, outcome: "completed" })),
      /run_end: `usage` must be an object, got nothing/,
    ],
    [
      "ends with an unknown outcome",
      yields((runId) => ({ type: "run_end", runId, outcome: "great", usage: noUsage, timestamp: 1 })),
      /run_end: `outcome` must be "completed", .*, got "great"/,
    ],
    [
      "ends with a usage that is no number",
      yields((runId) => ({ ...endOf(runId), usage: { ...noUsage, inputTokens: Number.NaN } })),
      /run_end: `usage\.inputTokens` must be a number, got null/,
    ],
    [
      "ends with an endless cost",
      yields((runId) => ({ ...endOf(runId), costUsd: Infinity })),
      /run_end: `costUsd` must be a number, got null/,
    ],
    [
      "has calls that are no list",
      yields((runId) => ({
        ...{ type: "assistant_message", runId, id: "m", content: "", timestamp: 1 },
        toolCalls: "look",
      })),
      /assistant_message: `toolCalls` must be an array, got "look"/,
    ],
    [
      "has a list of steps with another state",
      yields((runId) => ({
        type: "todo_updated",
        runId,
        timestamp: 1,
        items: [{ text: "x", state: "later" }],
      })),
      /todo_updated: `items\.0\.state` must be "open", .*, got "later"/,
    ],
    [
      "has an event that becomes another one as JSON",
      yields((runId) => ({
        ...{ type: "chunk", runId, messageId: "m", content: "x" },
        toJSON: () => endOf(runId),
      })),
      /chunk with a method `toJSON`\. Yield a plain object\./,
    ],
    [
      "returns a promise instead of an iterable",
      { run: (() => Promise.reject(new Error("unheard"))) as unknown as AgentRunner["run"] },
      /`agent\.run` must return an async iterable, got a promise\. Write it as `async \*run\(…\)`\./,
    ],
    [
      "returns a list",
      { run: (() => []) as unknown as AgentRunner["run"] },
      /`agent\.run` must return an async iterable, got an array/,
    ],
  ])("%s", async (_mistake, agent, message) => {
    await using gateway = await testGateway({ agent });
    const client = await gateway.connect();
    client.send({ type: "message", content: "go" });

    const { outcome } = await client.next("run_end");

    expect(outcome).toBe("failed");
    expect(gateway.failures).toEqual([expect.stringMatching(message)]);
  });
});

/** Starts a sub-agent that asks once, and decides on its call with `decide`. */
function decides(decide: () => unknown, decisions: string[]): AgentRunner {
  return {
    async *run({ runId, signal, startTask, decision: decided }) {
      yield start(runId);
      if (startTask) {
        const task = { callId: "c", content: "look", signal, decide: decide as TaskRequest["decide"] };
        await (await startTask(task)).ended;
      } else {
        const call = { runId, callId: "paint", toolName: "paint" };
        yield { type: "approval_request", ...call, reason: "wet" };
        const decision = (await decided?.("paint", { signal })) ?? "once";
        decisions.push(decision);
        yield { type: "approval_done", ...call, decision };
      }
      yield endOf(runId);
    },
  };
}

test.each<[how: string, decide: () => unknown]>([
  [
    "throws",
    () => {
      throw new Error("nobody is here");
    },
  ],
  ["rejects", () => Promise.reject(new Error("nobody is here"))],
  ["returns nothing", () => undefined],
  ["returns what is no decision", () => Promise.resolve("yes")],
])("a sub-agent's call is denied when the agent's `decide` %s", async (_how, decide) => {
  const decisions: string[] = [];
  await using gateway = await testGateway({ agent: decides(decide, decisions) });
  const { ended } = await gateway.gateway.submit({ key: "webchat", content: "go" });

  expect(await ended).toMatchObject({ outcome: "completed" });
  expect(decisions).toEqual(["deny"]);
  expect(gateway.failures).toEqual([]);
});
