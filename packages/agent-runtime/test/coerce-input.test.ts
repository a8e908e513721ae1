import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTool, type ToolDefinition } from "../src/index.ts";
import { callTool } from "./tools/call-tool.ts";

const schema = {
  type: "object",
  properties: {
    count: { type: "integer", minimum: 1 },
    share: { type: "number" },
    deep: { type: "object", properties: { on: { type: "boolean" } } },
    on: { type: "boolean" },
    names: { type: "array", items: { type: "string" } },
    ids: { type: "array", items: { type: "integer" } },
    either: { type: ["integer", "null"] },
    text: { type: "string" },
  },
  additionalProperties: true,
} as const;

const echo = (parameters: ToolDefinition["parameters"]) =>
  defineTool({
    name: "echo",
    description: "Returns its input.",
    parameters,
    execute: (input) => ({ success: true, output: JSON.stringify(input) }),
  });

describe("an input in another type than the schema's", () => {
  test.each([
    ["a number as text", { count: "2", share: " 1.5 " }, { count: 2, share: 1.5 }],
    ["truths as text", { on: "true", deep: { on: "false" } }, { on: true, deep: { on: false } }],
    ["an object as text", { deep: '{"on":"true"}' }, { deep: { on: true } }],
    ["an array as text", { names: '["a","b"]', ids: '[1,"2"]' }, { names: ["a", "b"], ids: [1, 2] }],
    ["one item for an array", { names: "a" }, { names: ["a"] }],
    ["null for what may be absent", { count: null, text: "x" }, { text: "x" }],
    ["beside a null that means something", { count: "1", either: null }, { count: 1, either: null }],
    ["beside a text that looks like a number", { count: "1", text: "2" }, { count: 1, text: "2" }],
  ])("is taken: %s", async (_, input, taken) => {
    expect(JSON.parse((await callTool(echo(schema), input)).output)).toEqual(taken);
  });

  test.each([
    ["a word for a number", { count: "two" }],
    ["a fraction for an integer", { count: "1.5" }],
    ["a number beyond its bounds", { count: "0" }],
    ["an empty text for a number", { share: "" }],
    ["a hexadecimal number", { share: "0x10" }],
    ["a number for a text", { text: 1 }],
    ["a word for a truth", { on: "yes" }],
  ])("is still refused: %s", async (_, input) => {
    expect((await callTool(echo(schema), input)).isError).toBe(true);
  });

  test("is taken by a Standard Schema too", async () => {
    const own = echo(z.object({ count: z.int(), name: z.string().optional() }));
    expect(await callTool(own, { count: "3", name: null })).toEqual({
      output: '{"count":3}',
      isError: false,
    });
    expect((await callTool(own, { count: "three" })).isError).toBe(true);
  });

  test("is left alone where the schema takes it as it is", async () => {
    const any = echo({ type: "object", properties: { text: { type: ["string", "number"] } } });
    expect((await callTool(any, { text: "1" })).output).toBe('{"text":"1"}');
  });
});
