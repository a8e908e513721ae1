import { expect, test } from "vitest";
import { connectMcpServers } from "../../src/mcp.ts";
import { toTool } from "../../src/tool-calls/define-tool.ts";
import { callTool } from "../tools/call-tool.ts";
import { startHttpServer } from "./http-server.ts";

/** Connects to a server with these tools, which return their input. */
async function connected(tools: readonly Record<string, unknown>[], names: readonly string[] = ["s"]) {
  const { config } = await startHttpServer(({ message, reply }) => {
    if (message?.method === "tools/list") reply({ tools });
    else if (message?.method === "tools/call") reply({ content: [], structuredContent: message.params });
    else return false;
    return true;
  });
  const servers = await connectMcpServers(Object.fromEntries(names.map((name) => [name, config])), {
    workspaceDir: ".",
  });
  return {
    status: () => servers.status(),
    models: () => servers.tools().map((tool) => toTool(tool).model),
    call: (name: string, input: Record<string, unknown>) =>
      callTool(
        servers.tools().find((tool) => tool.name === name),
        input,
      ),
    [Symbol.asyncDispose]: async () => servers.close?.(),
  };
}

let deep: Record<string, unknown> = { type: "string" };
for (let level = 0; level < 200; level += 1) deep = { type: "object", properties: { deep } };

test.each<[Record<string, unknown>, string]>([
  [{ properties: "none" }, "its `inputSchema.properties` is not an object of schemas"],
  [{ properties: { a: "string" } }, "its `inputSchema.properties` is not an object of schemas"],
  [{ required: "a" }, "its `inputSchema.required` is not an array of names"],
  [{ required: [1] }, "its `inputSchema.required` is not an array of names"],
  [deep, "its `inputSchema` is nested more than 100 levels deep"],
  [{ description: "x".repeat(50_000) }, "its `inputSchema` has 50018 characters; at most 50000 are sent"],
])("a tool whose schema servers would refuse costs no other: case %#", async (inputSchema, fault) => {
  await using here = await connected([
    { name: "bad", inputSchema },
    { name: "good", inputSchema: { properties: null, required: null } },
  ]);
  expect(here.status()[0]?.faults).toEqual([`The tool bad was left out: ${fault}.`]);
  expect(here.models()).toEqual([
    {
      name: "s__good",
      description: "The tool good of an MCP server.",
      inputSchema: { type: "object", properties: {} },
    },
  ]);
});

test("names of properties that servers refuse are others for the model", async () => {
  const names = ["plain", "$filter", "_filter", "開始", "x".repeat(70)];
  const properties = Object.fromEntries(names.map((name) => [name, { type: "string" }]));
  const required = ["$filter", "gone"];
  await using here = await connected([{ name: "find", inputSchema: { properties, required } }]);
  const [model] = here.models();
  const keys = ["plain", "_filter_2", "_filter", "__", "x".repeat(60)];
  expect(Object.keys(model?.inputSchema["properties"] as object)).toEqual(keys);
  expect(model?.inputSchema["required"]).toEqual(["_filter_2", "gone"]);

  const { output } = await here.call("s__find", {
    ...Object.fromEntries(keys.map((key) => [key, key])),
    other: 1,
  });
  const sent = Object.fromEntries(names.map((name, index) => [name, keys[index]]));
  expect(JSON.parse(output)).toMatchObject({ arguments: { ...sent, other: 1 } });
});

test("names of properties stay without a list of those that are required", async () => {
  await using here = await connected([{ name: "find", inputSchema: { properties: { "a b": true } } }]);
  expect(here.models()[0]?.inputSchema).toEqual({ type: "object", properties: { a_b: true } });
});

test("a long description is cut", async () => {
  const tool = { name: "long", description: "x".repeat(100_000), inputSchema: {} };
  await using here = await connected([tool]);
  expect(here.models()[0]?.description.length).toBeLessThan(4100);
});

test("a tool whose name another server's has is a fault", async () => {
  await using here = await connected([{ name: "find", inputSchema: {} }], ["my server", "my_server"]);
  expect(here.models().map(({ name }) => name)).toEqual(["my_server__find"]);
  const fault = "The tool my_server__find was left out: the server my server has one of this name.";
  expect(here.status()).toMatchObject([
    { tools: 1, faults: [] },
    { tools: 0, faults: [fault] },
  ]);
});
