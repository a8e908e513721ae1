import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { AgentRuntime, type AgentRuntimeOptions, MemoryManager, runWithCallbacks } from "../../src/index.ts";
import { createScriptedProvider, fails, says } from "../../src/testing.ts";
import { eventsOf, inputOf, outline, user } from "../collect.ts";

function agentWith(options: Partial<AgentRuntimeOptions> | object) {
  const errors: unknown[] = [];
  const provider = createScriptedProvider([[says("hi")], [says("hi")]]);
  const agent = new AgentRuntime({ provider, onError: (error) => errors.push(error), ...options });
  return { agent, errors };
}

async function ending(agent: AgentRuntime): Promise<string | undefined> {
  return outline(await eventsOf(agent, inputOf("hi"))).at(-1);
}

describe("a clock", () => {
  test.each([Number.NaN, undefined, new Date(0), 5n, "1", 1e17])("that tells %s is refused", (time) => {
    expect(() => agentWith({ now: () => time })).toThrow(
      "`now` must be a function that returns milliseconds since 1970, as `Date.now` does, got ",
    );
  });

  test("that fails later ends no run, and `onError` gets its error", async () => {
    let reads = 0;
    const now = () => {
      reads += 1;
      if (reads > 3) throw new Error("no time");
      return 0;
    };
    const { agent, errors } = agentWith({ now });
    expect(await ending(agent)).toBe("run_end completed");
    expect(errors).toContainEqual(new Error("no time"));
  });
});

test.each<[what: string, reject: () => unknown]>([
  ["this realm", () => Promise.reject(new Error("log down"))],
  ["another realm", () => runInNewContext("Promise.reject(new Error('log down'))") as unknown],
  [
    "none, because it throws",
    () => {
      throw new Error("log down");
    },
  ],
])("an `onError` that rejects with a promise of %s ends no process", async (_, onError) => {
  const provider = createScriptedProvider([[fails(new Error("broken"))]]);
  expect(await ending(new AgentRuntime({ provider, onError }))).toBe("run_end failed");
});

const said = { role: "assistant", content: "", timestamp: 0 };
const withMessage = (message: unknown) => ({ ...inputOf("hi"), messages: [message] });

describe("a run whose input has", () => {
  test.each<[what: string, input: unknown, name: string]>([
    ["nothing", undefined, "run(…)"],
    ["null", null, "run(…)"],
    ["no signal", { ...inputOf("hi"), signal: undefined }, "run({ signal })"],
    ["a signal that is none", { ...inputOf("hi"), signal: {} }, "run({ signal })"],
    ["no messages", { ...inputOf("hi"), messages: undefined }, "run({ messages })"],
    ["a message that is none", withMessage(null), "run({ messages })[0]"],
    ["a message of nobody", withMessage({ role: "robot", content: "" }), "run({ messages })[0].role"],
    ["a message without content", withMessage({ role: "user" }), "run({ messages })[0].content"],
    ["blocks of null", withMessage({ ...said, blocks: null }), "run({ messages })[0].blocks"],
    ["a block that is none", withMessage({ ...said, blocks: [1] }), "run({ messages })[0].blocks"],
    ["a block without a type", withMessage({ ...said, blocks: [{}] }), "run({ messages })[0].blocks[0].type"],
    [
      "thinking without a text",
      withMessage({ ...said, blocks: [{ type: "thinking" }] }),
      "run({ messages })[0].blocks[0].text",
    ],
    [
      "an image without a type",
      withMessage({ ...said, blocks: [{ type: "image" }] }),
      "run({ messages })[0].blocks[0].mediaType",
    ],
    ["calls that are none", withMessage({ ...said, toolCalls: {} }), "run({ messages })[0].toolCalls"],
    [
      "a call of no tool",
      withMessage({ ...said, toolCalls: [{}] }),
      "run({ messages })[0].toolCalls[0].toolName",
    ],
    ["no session", { ...inputOf("hi"), sessionId: "" }, "run({ sessionId })"],
    ["no id", { ...inputOf("hi"), runId: undefined }, "run({ runId })"],
    ["costs that are a text", { ...inputOf("hi"), sessionCostUsd: "1" }, "run({ sessionCostUsd })"],
  ])("%s is refused at once, by name", (_, input, name) => {
    expect(() => agentWith({}).agent.run(input as never)).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining(`\`${name}\` must be`),
      }),
    );
  });
});

describe("a run waits no longer than its signal and its time allow for", () => {
  const never = () => new Promise<never>(() => {});
  const memory = Object.assign(new MemoryManager({ workspaceDir: "/tmp" }), { readLongTerm: never });

  describe.each<[what: string, options: object]>([
    ["its prompt", { systemPrompt: never }],
    ["its memory", { memory }],
    ["the prompt of a summary", { systemPrompt: never, compactAtShare: 0.01, maxContextTokens: 100 }],
    ["the costs of others", { sharedSpend: { add: never } }],
  ])("%s", (_, options) => {
    const said = { role: "assistant" as const, content: "words ".repeat(100), timestamp: 0 };
    const { messages } = inputOf("hi");
    const input = { messages: [...messages, said, ...messages] };

    test("when it is stopped", async () => {
      const stop = new AbortController();
      const { agent } = agentWith(options);
      const events = [];
      for await (const event of agent.run(inputOf("hi", { ...input, signal: stop.signal }))) {
        events.push(event);
        setImmediate(() => stop.abort());
      }
      expect(outline(events).at(-1)).toBe("run_end aborted");
    });

    test("when its time is over", async () => {
      const { agent } = agentWith({ ...options, maxRunMs: 20 });
      expect(outline(await eventsOf(agent, inputOf("hi", input))).at(-1)).toBe("run_end budget");
    });
  });
});

test("messages of users that come as a promise are named", async () => {
  const { agent, errors } = agentWith({});
  const takeSteering = (() => Promise.reject(new Error("no queue"))) as never;
  const events = await eventsOf(agent, inputOf("hi", { takeSteering }));
  expect(outline(events).at(-1)).toBe("run_end failed");
  const message = "`takeSteering` must be a function that returns an array of messages, got an object.";
  expect(errors).toHaveLength(2);
  expect(errors).toContainEqual(expect.objectContaining({ message }));
  expect(errors).toContainEqual(new Error("no queue"));
});

test.each<[string, unknown]>([
  ["null", null],
  ['"hi"', "hi"],
  ["an object", { role: "user" }],
  ["an object", { role: "user", content: 5, timestamp: 1 }],
  ["an object", { role: "assistant", content: "I said so.", timestamp: 1 }],
])("a message that is none of a user is named: %s", async (got, message) => {
  const { agent, errors } = agentWith({});
  const takeSteering = () => [user("and?"), message] as never;
  const events = await eventsOf(agent, inputOf("hi", { takeSteering }));
  expect(outline(events).at(-1)).toBe("run_end failed");
  expect(outline(events)).not.toContain("user_message");
  const text = `\`takeSteering()[1]\` must be a message of a user with a text as \`content\`, got ${got}.`;
  expect(errors).toEqual([expect.objectContaining({ message: text })]);
});

describe("a source of tools", () => {
  test("that is none is refused by name", () => {
    expect(() => agentWith({ toolSources: [null] })).toThrow(
      "`toolSources[0]` must be an object with the function `tools`, got null.",
    );
  });

  test("that fails later has no tools, and `onError` gets its error", async () => {
    let reads = 0;
    const tools = () => {
      reads += 1;
      if (reads > 1) throw new Error("server gone");
      return [];
    };
    const { agent, errors } = agentWith({ toolSources: [{ tools }] });
    expect(await ending(agent)).toBe("run_end completed");
    expect(errors).toEqual([new Error("server gone")]);
  });
});

test.each<[what: string, prompt: unknown, field: string]>([
  ["a text", "You are …", "stable"],
  ["nothing", undefined, "stable"],
  ["half of one", { stable: "" }, "volatile"],
])("a system prompt that is %s fails the run by name", async (_, prompt, field) => {
  const { agent, errors } = agentWith({ systemPrompt: () => prompt });
  expect(await ending(agent)).toBe("run_end failed");
  const message = `\`systemPrompt(…).${field}\` must be a text, got nothing.`;
  expect(errors).toEqual([expect.objectContaining({ code: "INVALID_OPTION", message })]);
});

test.each<[mistake: string, prices: unknown, named: string]>([
  ["null", { m: null }, '`prices["m"]` must be an object, got null.'],
  ["a Map", new Map(), "`prices` must be a plain object"],
  [
    "an unknown rate",
    { m: { input: 1, output: 1, cachedRead: 1 } },
    '`cachedRead` is no option of `prices["m"]`',
  ],
  [
    "no end",
    { m: { input: Number.POSITIVE_INFINITY, output: 1 } },
    '`prices["m"].input` must be a number from 0 on',
  ],
  [
    "no threshold",
    { m: { input: 1, output: 1, longPrompt: { input: 1, output: 1 } } },
    "longPrompt.overTokens` must",
  ],
  [
    "null for long prompts",
    { m: { input: 1, output: 1, longPrompt: null } },
    "longPrompt` must be an object",
  ],
])("a price with %s is refused by name", (_, prices, named) => {
  expect(() => agentWith({ prices })).toThrow(named);
});

test.each<[mistake: string, agent: unknown, callbacks: unknown, named: string]>([
  ["a callback that is none", agentWith({}).agent, { onChunk: 5 }, "`onChunk` must be a function, got 5."],
  ["an agent that is none", {}, {}, "`agent` must be an agent with the function `run`, got an object."],
  ["no agent", undefined, {}, "`agent` must be an agent"],
])("`runWithCallbacks` names %s", async (_, agent, callbacks, named) => {
  await expect(runWithCallbacks(agent as never, inputOf("hi"), callbacks as never)).rejects.toThrow(named);
});
