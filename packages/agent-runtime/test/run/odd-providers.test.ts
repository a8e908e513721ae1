import { runInNewContext } from "node:vm";
import type { ModelEvent, ModelProvider, RunEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { AgentRuntime, type AgentRuntimeOptions } from "../../src/index.ts";
import { eventsOf, inputOf } from "../collect.ts";

const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
const turn = { type: "turn", content: "hi", toolCalls: [], stopReason: "end_turn", usage };
const callOf = (fields: object) => ({ ...turn, toolCalls: [{ callId: "c", toolName: "t", ...fields }] });

function yielding(...events: readonly unknown[]): ModelProvider {
  return {
    model: "m",
    async *stream() {
      yield* events as ModelEvent[];
    },
  };
}

function throwing(thrown: () => unknown): ModelProvider {
  return {
    model: "m",
    async *stream() {
      yield await Promise.reject(thrown());
    },
  };
}

async function runOf(provider: unknown, options: Partial<AgentRuntimeOptions> = {}) {
  const errors: unknown[] = [];
  const agent = new AgentRuntime({
    provider: provider as ModelProvider,
    maxRetries: 1,
    retryBaseMs: 1,
    onError: (error) => errors.push(error),
    ...options,
  });
  const events = await eventsOf(agent, inputOf("hi"));
  return { events, errors, end: endOf(events), error: events.find(({ type }) => type === "error") };
}

function endOf(events: readonly RunEvent[]) {
  const end = events.at(-1);
  return end?.type === "run_end" ? end : undefined;
}

describe.each<[watched: string, options: Partial<AgentRuntimeOptions>]>([
  ["without hooks", {}],
  ["with a hook", { onEvent: () => {} }],
])("%s, a provider of others fails its run by name if it", (_, options) => {
  test.each<[fault: string, provider: unknown, named: string]>([
    ["yields nothing", yielding(undefined), "yielded nothing instead of an event"],
    ["yields null", yielding(null), "yielded null instead of an event"],
    ["yields a text", yielding("hello"), 'yielded "hello" instead of an event'],
    ["yields an unknown event", yielding({ type: "ping" }), 'an event of the unknown type "ping"'],
    ["yields a text without text", yielding({ type: "text" }), "text: `text` must be a string, got nothing"],
    ["yields an input without index", yielding({ type: "tool_input", text: "" }), "`index` must be a number"],
    ["yields a turn without content", yielding({ ...turn, content: null }), "`content` must be a string"],
    [
      "yields a turn without calls",
      yielding({ ...turn, toolCalls: undefined }),
      "`toolCalls` must be an array",
    ],
    ["yields blocks that are none", yielding({ ...turn, blocks: {} }), "`blocks` must be an array"],
    [
      "yields a call that is none",
      yielding({ ...turn, toolCalls: [null] }),
      "`toolCalls[0]` must be an object",
    ],
    [
      "yields a call without id",
      yielding(callOf({ callId: 1, input: {} })),
      "`toolCalls[0].callId` must be a string",
    ],
    [
      "yields a call without input",
      yielding(callOf({})),
      "`toolCalls[0].input` must be an object, got nothing",
    ],
    [
      "yields what JSON has not",
      yielding(callOf({ input: { a: 1n } })),
      "`toolCalls[0].input` must be a value of JSON",
    ],
    [
      "returns nothing",
      { model: "m", stream() {} },
      "must return an async iterable from `stream`, got nothing",
    ],
    [
      "is an async function",
      { model: "m", stream: async () => yielding(turn) },
      "from `stream`, got a promise",
    ],
    ["rejects at once", { model: "m", stream: async () => Promise.reject(new Error("x")) }, "got a promise"],
    ["is a generator", { model: "m", stream: () => [turn] }, "from `stream`, got an array"],
  ])("%s", async (_fault, provider, named) => {
    const { end, error } = await runOf(provider, options);
    expect(end?.outcome).toBe("failed");
    expect(error).toMatchObject({ code: "MODEL_FAILED", retryable: false });
    expect(error).toHaveProperty("message", expect.stringContaining(named));
    expect(error).toHaveProperty("message", expect.stringContaining("The provider of m "));
  });
});

test("an iterator that gives no result fails its run by name", async () => {
  const stream = () => ({ [Symbol.asyncIterator]: () => ({ next: async () => undefined }) });
  const { error } = await runOf({ model: "m", stream });
  expect(error).toHaveProperty("message", "The provider of m yielded nothing instead of an event.");
});

test.each<[what: string, end: () => unknown]>([
  ["returns no promise", () => ({ done: true })],
  ["returns nothing", () => undefined],
  [
    "throws",
    () => {
      throw new Error("no");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no"))],
])("an iterator whose `return` %s loses no answer", async (_, end) => {
  const events = [turn];
  const next = async () => ({ done: events.length === 0, value: events.pop() });
  const stream = () => ({ [Symbol.asyncIterator]: () => ({ next, return: end }) });
  expect((await runOf({ model: "m", stream })).end?.outcome).toBe("completed");
});

test("a provider without a model's name is refused", () => {
  const provider = { ...yielding(turn), model: undefined } as unknown as ModelProvider;
  expect(() => new AgentRuntime({ provider })).toThrow("`provider.model` must be a text that is not empty");
  expect(() => new AgentRuntime({ provider: yielding(turn), fallbacks: [provider] })).toThrow(
    "`fallbacks[0].model` must be",
  );
});

function failingGet(): never {
  throw new Error("unreadable");
}

const withGetter = (name: string) =>
  Object.defineProperty(Object.assign(new Error("e"), { code: "MODEL_REJECTED" }), name, { get: failingGet });

test.each<[what: string, thrown: () => unknown]>([
  ["nothing", () => undefined],
  ["an error whose code cannot be read", () => withGetter("code")],
  ["an error whose message cannot be read", () => withGetter("message")],
  [
    "an error whose message is no text",
    () => Object.assign(new Error("e"), { code: "MODEL_REJECTED", message: {} }),
  ],
  ["a code that cannot be a text", () => Object.assign(new Error("e"), { code: { toString: failingGet } })],
  [
    "a proxy that throws",
    () => new Proxy(new Error("e"), { get: failingGet, has: failingGet, getPrototypeOf: failingGet }),
  ],
  [
    "a proxy that is revoked",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
])("a provider that throws %s fails its run, and `onError` gets it", async (_, make) => {
  const thrown = make();
  const { end, error, errors } = await runOf(throwing(() => thrown));
  expect(end?.outcome).toBe("failed");
  expect(error).toMatchObject({ code: "AGENT_FAILED" });
  expect(errors).toHaveLength(1);
  expect(errors[0] === thrown).toBe(true);
});

test("an error of another realm is tried again, and shown", async () => {
  const { events, error } = await runOf(
    throwing(() =>
      runInNewContext(
        "Object.assign(new Error('busy there'), { code: 'MODEL_OVERLOADED', retryable: true })",
      ),
    ),
  );
  expect(events.filter(({ type }) => type === "retry")).toHaveLength(1);
  expect(error).toMatchObject({ code: "MODEL_OVERLOADED", message: "busy there" });
});

test.each([Number.POSITIVE_INFINITY, Number.NaN, -5])("a pause of %d is none", async (retryAfterMs) => {
  const failure = { code: "MODEL_OVERLOADED", retryable: true, retryAfterMs };
  const { events, error } = await runOf(throwing(() => Object.assign(new Error("busy"), failure)));
  expect(events.filter(({ type }) => type === "retry")).toHaveLength(1);
  expect(error).not.toHaveProperty("retryAfterMs");
});

test.each<[what: string, given: unknown, counted: object]>([
  ["texts", { inputTokens: "10", outputTokens: "5" }, { inputTokens: 10, outputTokens: 5 }],
  ["less than nothing", { ...usage, inputTokens: -50, outputTokens: 7 }, { inputTokens: 0, outputTokens: 7 }],
  ["a part", { inputTokens: 10, outputTokens: 5 }, { cacheReadTokens: 0, cacheWriteTokens: 0 }],
  ["without end", { ...usage, inputTokens: Number.POSITIVE_INFINITY }, { inputTokens: 1_000_000_000 }],
])("a usage that is %s is counted in whole numbers", async (_, given, counted) => {
  const { end } = await runOf(yielding({ ...turn, usage: given }));
  expect(end?.usage).toMatchObject(counted);
});

test.each([null, undefined, 5, { inputTokens: 1n }])("a usage of %s is estimated", async (given) => {
  const { end } = await runOf(yielding({ ...turn, usage: given }));
  expect(end?.usage.inputTokens).toBeGreaterThan(1);
});
