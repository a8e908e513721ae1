import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  AgentError,
  AgentRuntime,
  type AgentRuntimeOptions,
  defineTool,
  type ToolDefinition,
} from "../src/index.ts";
import { calls, createScriptedProvider, says } from "../src/testing.ts";
import { eventsOf, inputOf, outline } from "./collect.ts";

const provider = createScriptedProvider([]);
const ping: ToolDefinition = {
  name: "ping",
  description: "Answers.",
  parameters: {},
  execute: () => ({ success: true, output: "pong" }),
};

test("a registered tool can be called", async () => {
  const agent = new AgentRuntime({ provider: createScriptedProvider([[calls("ping")], [says("ok")]]) });
  agent.registerTool(ping);
  expect(outline(await eventsOf(agent, inputOf("hi")))).toContain("tool_done call_1_1 pong");
});

describe("parameters", () => {
  async function schemaOf(parameters: ToolDefinition["parameters"]): Promise<unknown> {
    const model = createScriptedProvider([[says("ok")]]);
    const agent = new AgentRuntime({ provider: model, tools: [{ ...ping, parameters }] });
    await eventsOf(agent, inputOf("hi"));
    return model.requests[0]?.tools[0]?.inputSchema;
  }

  test("in short form are required unless they say otherwise", async () => {
    const schema = await schemaOf({
      path: { type: "string", description: "Where." },
      depth: { type: "integer", description: "How deep.", required: false, minimum: 1 },
    });
    expect(schema).toEqual({
      type: "object",
      properties: {
        path: { type: "string", description: "Where." },
        depth: { type: "integer", description: "How deep.", minimum: 1 },
      },
      required: ["path"],
    });
  });

  test("may be a JSON Schema, which goes to the model as it is", async () => {
    const schema = {
      type: "object" as const,
      properties: { a: { enum: [1, 2] } },
      additionalProperties: false,
    };
    expect(await schemaOf(schema)).toBe(schema);
  });

  test("may have one that is named `type`", async () => {
    expect(await schemaOf({ type: { type: "string", description: "Which." } })).toMatchObject({
      required: ["type"],
    });
  });
});

describe("parameters as a Standard Schema", () => {
  const schema = z.object({ city: z.string().min(2), days: z.int().default(1) });
  const forecast = defineTool({
    name: "forecast",
    description: "",
    parameters: schema,
    execute: ({ city, days }) => ({ success: true, output: `${city.toUpperCase()} ${days + 1}` }),
  });

  async function resultOf(input: Record<string, unknown>, tool = forecast): Promise<string | undefined> {
    const model = createScriptedProvider([[calls(tool.name, input)], [says("ok")]]);
    const lines = outline(
      await eventsOf(new AgentRuntime({ provider: model, tools: [tool] }), inputOf("hi")),
    );
    expect(model.requests[0]?.tools[0]?.inputSchema).toMatchObject({ type: "object", required: ["city"] });
    return lines.find((line) => line.startsWith("tool_done"));
  }

  test("give `execute` their output, its type inferred", async () => {
    expect(await resultOf({ city: "Rome" })).toBe("tool_done call_1_1 ROME 2");
  });

  test("name what is wrong", async () => {
    expect(await resultOf({ city: "R", days: "x" })).toMatch(
      /^tool_done call_1_1 error: The input is not valid; the tool was not run\.\ninput\/city: .*\ninput\/days: /,
    );
  });

  test.each([
    ["that is not of an object", z.string(), "Tool x: its schema is not one of an object."],
    [
      "that has no JSON Schema",
      { "~standard": { validate: (value: unknown) => ({ value }) } } as unknown as typeof schema,
      "Tool x: `parameters` must be a schema with a JSON Schema of its own. Wrap a Valibot schema in `toStandardJsonSchema` of @valibot/to-json-schema.",
    ],
  ])("%s are refused", (_, parameters, message) => {
    const agent = new AgentRuntime({ provider });
    expect(() => agent.registerTool({ ...ping, name: "x", parameters })).toThrow(
      new AgentError("INVALID_TOOL", message),
    );
  });
});

test.each<[string, Partial<ToolDefinition>, string]>([
  [
    "a name with a space",
    { name: "a b" },
    'Tool name "a b": only letters, digits, "_" and "-" are allowed, 1 to 64 of them.',
  ],
  [
    "an empty name",
    { name: "" },
    'Tool name "": only letters, digits, "_" and "-" are allowed, 1 to 64 of them.',
  ],
  ["a name that is taken", {}, "There is already a tool named ping; names are unique."],
  [
    "a type that does not exist",
    { name: "x", parameters: { a: { type: "text", description: "" } } },
    'Tool x, parameter a: type "text" is none of string, number, integer, boolean, array, object.',
  ],
])("a tool with %s is refused", (_, fields, message) => {
  const agent = new AgentRuntime({ provider, tools: [ping] });
  expect(() => agent.registerTool({ ...ping, ...fields })).toThrow(new AgentError("INVALID_TOOL", message));
});

test.each<[Partial<AgentRuntimeOptions>, string]>([
  [{ maxToolRounds: -1 }, "`maxToolRounds` must be a whole number from 0 on, or Infinity, got -1."],
  [{ maxRunTokens: Number.NaN }, "`maxRunTokens` must be a whole number from 0 on, or Infinity, got NaN."],
  [
    { maxContextMessages: 0.5 },
    "`maxContextMessages` must be a whole number from 0 on, or Infinity, got 0.5.",
  ],
  [{ compactAtShare: 0 }, "`compactAtShare` must be a number above 0, up to 1, got 0."],
  [{ compactAtShare: 80 }, "`compactAtShare` must be a number above 0, up to 1, got 80."],
  [{ maxRunCostUsd: -1 }, "`maxRunCostUsd` must be a number from 0 on, or Infinity, got -1."],
  [{ maxSessionCostUsd: -1 }, "`maxSessionCostUsd` must be a number from 0 on, or Infinity, got -1."],
  [{ maxDayCostUsd: "5" as never }, '`maxDayCostUsd` must be a number from 0 on, or Infinity, got "5".'],
  [{ spentTodayUsd: Number.NaN }, "`spentTodayUsd` must be a number from 0 on, or Infinity, got NaN."],
  [
    { prices: { m: { input: Number.NaN, output: 1 } } },
    '`prices["m"].input` must be a number from 0 on, got NaN.',
  ],
  [{ prices: { m: { input: 1 } as never } }, '`prices["m"].output` must be a number from 0 on, got nothing.'],
  [
    { prices: { m: { input: 1, output: 1, longPrompt: { overTokens: -1, input: 1, output: 1 } } } },
    '`prices["m"].longPrompt.overTokens` must be a number from 0 on, got -1.',
  ],
])("options %o are refused", (options, message) => {
  expect(() => new AgentRuntime({ provider, ...options })).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", message }) as Error,
  );
});

test.each([
  [{}, "`provider` must be a model provider, such as `createAnthropicProvider(…)`, got nothing."],
  [
    { provider, fallbacks: [{}] },
    "`fallbacks[0]` must be a model provider, such as `createAnthropicProvider(…)`, got an object.",
  ],
])("refuses %o, because no model can answer", (options, message) => {
  expect(() => new AgentRuntime(options as never)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", message }) as Error,
  );
});

test("an error is known by its brand, whichever copy of the package made it", () => {
  expect(AgentError.is(new AgentError("INVALID_TOOL", "x"))).toBe(true);
  expect(AgentError.is(new Error("x"))).toBe(false);
  expect(AgentError.is("x")).toBe(false);
});
