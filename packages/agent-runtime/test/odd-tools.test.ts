import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { unhandledRejections } from "../../../scripts/unhandled-rejections.mjs";
import {
  AgentRuntime,
  type AgentRuntimeOptions,
  type BuiltinToolsOptions,
  createBuiltinTools,
  type ToolContext,
  type ToolDefinition,
} from "../src/index.ts";
import { calls, createScriptedProvider, says } from "../src/testing.ts";
import { eventsOf, inputOf } from "./collect.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const trap = (): never => {
  throw new Error("trap");
};
const unreadable: unknown = new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap });

/** A tool of an app that is written in JavaScript: no field has the type that it should have. */
function toolWith(fields: Record<string, unknown>): ToolDefinition {
  const execute = () => ({ success: true, output: "done" });
  return { name: "tool", description: "A tool.", parameters: {}, execute, ...fields } as ToolDefinition;
}

/** The events of a run with one call, and what `onError` got. */
async function run(fields: Record<string, unknown>, options: Record<string, unknown> = {}) {
  const provider = createScriptedProvider([[calls("tool", { a: 1 })], [says("ok")]]);
  const errors: unknown[] = [];
  const agent = new AgentRuntime({
    provider,
    tools: [toolWith(fields)],
    onError: (error) => errors.push(error),
    ...options,
  } as AgentRuntimeOptions);
  const events = await eventsOf(agent, inputOf("hi", { decision: async () => "deny" }));
  return { events, errors, requests: provider.requests, done: doneOf(events), outcome: outcomeOf(events) };
}

const doneOf = (events: RunEvent[]) => events.find((event) => event.type === "tool_done");
const outcomeOf = (events: RunEvent[]) => events.flatMap((e) => (e.type === "run_end" ? [e.outcome] : []))[0];

/** Unhandled rejections are reported once the promises of a turn are done. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("what a tool throws", () => {
  test.each<[string, unknown, string]>([
    ["a proxy that throws", unreadable, "its error cannot be read"],
    ["an object without a prototype", Object.create(null), "its error cannot be read"],
    ["a record", { message: "no disk" }, "no disk"],
    ["an error without a message", new AggregateError([]), "AggregateError"],
    ["nothing", undefined, "undefined"],
  ])("%s becomes the result of its call", async (_, thrown, reason) => {
    const { done, outcome } = await run({ execute: () => Promise.reject(thrown as Error) });
    expect(done).toMatchObject({ isError: true, output: `The tool failed: ${reason}` });
    expect(outcome).toBe("completed");
  });

  test("a rule that throws what cannot be read denies the call", async () => {
    const { done, outcome } = await run({}, { approval: () => Promise.reject(unreadable) });
    expect(done).toMatchObject({ isError: true, isDenied: true });
    const thrown = await run({}, { approval: trap.bind(undefined) });
    expect(thrown.done).toMatchObject({ isError: true, output: "The tool failed: trap" });
    expect([outcome, thrown.outcome]).toEqual(["completed", "completed"]);
  });

  test("a run ends also where its error cannot be read", async () => {
    const { events, outcome } = await run({}, { systemPrompt: () => Promise.reject(unreadable as Error) });
    expect(outcome).toBe("failed");
    expect(events).toContainEqual(expect.objectContaining({ type: "error", code: "AGENT_FAILED" }));
    const coded = Object.defineProperty(Object.assign(new Error("x"), { code: "MODEL_FAILED" }), "message", {
      get: trap,
    });
    expect((await run({}, { systemPrompt: () => Promise.reject(coded) })).outcome).toBe("failed");
  });
});

describe("what a tool returns", () => {
  test.each<[unknown, string]>([
    [undefined, "`result` must be an object, got nothing."],
    ["text", '`result` must be an object, got "text".'],
    [{ success: true }, "`output` must be a text, got nothing."],
    [{ success: "false", output: "x" }, '`success` must be true or false, got "false".'],
  ])("%j is refused by name", async (result, problem) => {
    const { done } = await run({ execute: () => result });
    expect(done).toMatchObject({
      isError: true,
      output: `The tool failed: It did not return { success, output }. ${problem}`,
    });
  });

  test.each<[Record<string, unknown>, Record<string, unknown>]>([
    [
      { success: true, output: "x", error: null, files: null },
      { output: "x", isError: false },
    ],
    [
      { success: false, output: "", error: new Error("why") },
      { output: "why", isError: true },
    ],
    [
      { success: false, output: "", error: "why", exitCode: 2 },
      { output: "why", exitCode: 2 },
    ],
    [
      { success: true, output: "x", files: [null] },
      { output: "x\n[a file was left out: `files[0]` must be an object, got null.]" },
    ],
  ])("%j is taken for what it means", async (result, expected) => {
    expect((await run({ execute: () => result })).done).toMatchObject(expected);
  });

  test("a file keeps the fields of the protocol only, and can be written as JSON", async () => {
    const file = { type: "image", mediaType: "image/png", data: "iVBORw0KGgo=", name: 1n, owner: 1n };
    const { done } = await run({ execute: () => ({ success: true, output: "", files: [file] }) });
    expect(JSON.parse(JSON.stringify(done))).toMatchObject({
      blocks: [{ type: "text" }, { type: "image", mediaType: "image/png", data: "iVBORw0KGgo=" }],
    });
  });

  test("a tool that changes its input changes no conversation", async () => {
    const execute = (input: Record<string, unknown>) => {
      input["a"] = 1n;
      input["self"] = input;
      return { success: true, output: "done" };
    };
    const { outcome, events, requests } = await run({ execute });
    expect(outcome).toBe("completed");
    expect(events).toContainEqual(expect.objectContaining({ type: "tool_start", input: { a: 1 } }));
    expect(requests[1]?.messages.at(-2)).toMatchObject({ toolCalls: [{ input: { a: 1 } }] });
  });
});

describe("what a tool asks of its run", () => {
  test.each<[string, (context: ToolContext) => unknown, string]>([
    ["steps that are none", (run) => run.updateTodo?.(null as never), "`items` must be an array, got null."],
    [
      "a step without text",
      (run) => run.updateTodo?.([{ state: "open" } as never]),
      "`items[0].text` must be a text that is not empty, got nothing.",
    ],
    [
      "a step of an unknown state",
      (run) => run.updateTodo?.([{ text: "a", state: "later" as never }]),
      '`items[0].state` must be one of open, active, done, got "later".',
    ],
    [
      "a reason that is no text",
      (run) => run.approve(5 as never),
      "`reason` must be a text that is not empty, got 5.",
    ],
    [
      "a code that is no text",
      (run) => run.approve("r", undefined, {} as never),
      "`code` must be a text that is not empty, got an object.",
    ],
  ])("%s is refused by name, and shown to nobody", async (_, ask, problem) => {
    const execute = async (_input: unknown, context: ToolContext) => {
      await ask(context);
      return { success: true, output: "done" };
    };
    const { done, events } = await run({ execute });
    expect(done).toMatchObject({ isError: true, output: `The tool failed: ${problem}` });
    expect(events.map(({ type }) => type)).not.toContain("todo_updated");
    expect(events.map(({ type }) => type)).not.toContain("approval_request");
  });

  test("output is shown as text, whatever it is", async () => {
    const given: unknown[] = [Buffer.from("bytes"), 5, null, undefined, Object.create(null), "text"];
    const execute = (_input: unknown, { progress }: ToolContext) => {
      for (const one of given) progress(one as string);
      return { success: true, output: "done" };
    };
    const { events, outcome } = await run({ execute });
    const shown = events.flatMap((event) => (event.type === "tool_output" ? [event.content] : []));
    expect([shown, outcome]).toEqual([["bytes", "5", "text"], "completed"]);
  });

  test("a request that a tool does not wait for ends no process", async () => {
    const reasons = unhandledRejections();
    const execute = (_input: unknown, { approve, updateTodo }: ToolContext) => {
      void approve("something");
      void updateTodo?.(null as never);
      return { success: true, output: "done" };
    };
    const { done } = await run({ execute });
    await settled();
    expect([done?.isError, reasons]).toEqual([false, []]);
  });
});

describe("functions of an app that are async, or throw", () => {
  test("an async rule denies, ends no process, and is named", async () => {
    const reasons = unhandledRejections();
    const { done, errors } = await run({}, { approval: async () => Promise.reject(new Error("down")) });
    await settled();
    expect(done).toMatchObject({ isError: true, isDenied: true });
    expect(reasons).toEqual([]);
    expect(errors.map(String)).toEqual([
      expect.stringContaining("`approval` must be a function that returns allow, ask, deny or nothing"),
      "Error: down",
    ]);
  });

  test.each<[string, unknown, string]>([
    ["throws", trap, "trap"],
    ["returns a number", () => 5, "`describeState` must be a function of the tool tool"],
    ["is async", async () => "state", "`describeState` must be a function of the tool tool"],
  ])("a `describeState` that %s costs its own line only", async (_, describeState, reason) => {
    const { outcome, errors } = await run({ describeState });
    expect([outcome, errors.map(String)]).toEqual(["completed", [expect.stringContaining(reason)]]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["whose tools throw", { tools: trap }, "trap"],
    ["whose tools are a promise", { tools: async () => [] }, "`tools` must be a function of a source"],
    ["whose instructions throw", { tools: () => [], instructions: trap }, "trap"],
    [
      "whose instructions have no text",
      { tools: () => [], instructions: () => [null] },
      "`instructions` must be a function that returns an array of { title, text }",
    ],
  ])("a source %s costs nothing else", async (_, source, reason) => {
    const { outcome, errors } = await run({}, { toolSources: [source] });
    expect(outcome).toBe("completed");
    expect(String(errors[0])).toContain(reason);
  });

  test("a source without `tools` is refused by name", () => {
    const provider = createScriptedProvider([]);
    for (const source of [null, "x", {}]) {
      const make = () => new AgentRuntime({ provider, toolSources: [source as never] });
      expect(make).toThrowError(/^`toolSources\[0\]` must be an object with the function `tools`/);
    }
  });

  test("an async `onError` that fails ends no process", async () => {
    const reasons = unhandledRejections();
    await run({ describeState: trap }, { onError: async () => Promise.reject(new Error("no log")) });
    await settled();
    expect(reasons).toEqual([]);
  });
});

describe("a definition that cannot be used", () => {
  const cyclic: Record<string, unknown> = { type: "object" };
  cyclic["properties"] = { cyclic };
  const standard = (schema: unknown) => ({ "~standard": schema });
  let deep: Record<string, unknown> = { type: "object" };
  for (let level = 0; level < 1000; level += 1) deep = { type: "object", properties: { deep } };

  test.each<[Record<string, unknown>, string]>([
    [{ name: ["tool"] }, "Tool name an array: only letters"],
    [{ name: Symbol("tool") }, "Tool name a symbol: only letters"],
    [{ description: undefined }, "`description` must be a text in the tool tool, got nothing."],
    [
      { timeoutMs: Number.NaN },
      "`timeoutMs` must be a number from 0 on, or Infinity, in the tool tool, got NaN.",
    ],
    [{ sequential: "yes" }, '`sequential` must be true or false in the tool tool, got "yes".'],
    [{ approval: true }, "`approval` must be allow, ask or deny in the tool tool, got true."],
    [{ needs: "user" }, '`needs` must be startTask in the tool tool, got "user".'],
    [{ close: "now" }, '`close` must be a function in the tool tool, got "now".'],
    [{ parameters: undefined }, "Tool tool: `parameters` must be an object, got nothing."],
    [{ parameters: [] }, "Tool tool: `parameters` must be an object, got an array."],
    [
      { parameters: { a: null } },
      "Tool tool: `parameters.a` must be an object with `type` and `description`",
    ],
    [{ parameters: { type: "array" } }, "Tool tool: its schema is not one of an object."],
    [{ parameters: cyclic }, "Tool tool: `parameters` must have at most 500 levels, and not hold itself."],
    [
      { parameters: { count: { type: "number", description: "", maximum: Infinity } } },
      "Tool tool: `maximum` must be a finite number in `parameters`, got Infinity.",
    ],
    [
      { parameters: standard({ validate: trap, jsonSchema: { input: () => deep } }) },
      "Tool tool: `parameters` must have at most 500 levels",
    ],
    [{ parameters: standard(null) }, "Tool tool: `parameters` must be a schema with a JSON Schema"],
    [
      { parameters: standard({ validate: trap, jsonSchema: { input: trap } }) },
      "Tool tool: its `parameters` cannot be used: trap. Correct the schema.",
    ],
  ])("is named: %o", (fields, message) => {
    const make = () => new AgentRuntime({ provider: createScriptedProvider([]), tools: [toolWith(fields)] });
    expect(make).toThrowError(expect.objectContaining({ code: "INVALID_TOOL" }));
    expect(make).toThrowError(message);
  });
});

describe("built-in tools", () => {
  test.each<[string, unknown, string]>([
    ["a\0b", {}, "`workspaceDir and hidden` must be paths without NUL characters"],
    ["a", { hidden: ["b\0"] }, "`workspaceDir and hidden` must be paths without NUL characters"],
    ["a", { hidden: [null] }, "`hidden[0]` must be a text that is not empty, got null."],
    ["a", { hidden: ["b", ""] }, '`hidden[1]` must be a text that is not empty, got "".'],
  ])("of %j with %j are refused by name", (dir, options, message) => {
    const make = () => createBuiltinTools(dir, options as BuiltinToolsOptions);
    expect(make).toThrowError(expect.objectContaining({ code: "INVALID_OPTION" }));
    expect(make).toThrowError(message);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["bash", { command: "a\0" }, "The tool failed: `command` must not hold a NUL character."],
    ["grep", { pattern: "a", glob: "a\0" }, "The tool failed: `glob` must not hold a NUL character."],
    // Smaller models write an empty text for what they leave out.
    ["grep", { pattern: "one", glob: "" }, "a.txt:1: one\n"],
  ])("%s answers %j in words", async (name, input, output) => {
    await using folder = await temporaryDirectory();
    writeFileSync(join(folder.path, "a.txt"), "one\n");
    const provider = createScriptedProvider([[calls(name, input)], [says("ok")]]);
    const agent = new AgentRuntime({ provider, tools: createBuiltinTools(folder.path) });
    expect(doneOf(await eventsOf(agent, inputOf("hi")))).toMatchObject({ output });
  });
});

describe("a promise that somebody forgot to wait for", () => {
  const late = () => Promise.reject(new Error("late"));

  test.each<[string, () => object]>([
    ["the output", () => ({ success: true, output: late() })],
    ["the error", () => ({ success: false, output: "", error: late() })],
    ["the files", () => ({ success: true, output: "", files: late() })],
    ["a file", () => ({ success: true, output: "", files: [late()] })],
    ["the data of a file", () => ({ success: true, output: "", files: [{ type: "image", data: late() }] })],
  ])("as %s ends no process", async (_, execute) => {
    const reasons = unhandledRejections();
    const { outcome } = await run({ execute });
    await settled();
    expect([outcome, reasons]).toEqual(["completed", []]);
  });

  test("in the prompt ends no process", async () => {
    const systemPrompt = () => ({ stable: late(), volatile: "" });
    const reasons = unhandledRejections();
    const { outcome, errors } = await run({}, { systemPrompt });
    await settled();
    expect([outcome, reasons]).toEqual(["failed", []]);
    expect(errors).toContainEqual(new Error("late"));
  });
});
