// An MCP server over stdio in plain JSON-RPC, with the faults that its first argument names.
// Messages by the specification,
// https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
import { createInterface } from "node:readline";

const faults = process.argv[2]?.split(",") ?? [];
/** @param {string} fault */
const has = (fault) => faults.includes(fault);
/** @param {Record<string, unknown>} message */
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const schema = { type: "object", properties: { text: { type: "string" } } };
/** @param {string} name @param {Record<string, unknown>} more */
const tool = (name, more = {}) => ({ name, description: `Does ${name}.`, inputSchema: schema, ...more });
/** @type {Record<string, unknown>[]} */
let tools = [
  tool("echo"),
  ...["die", "large", "image", "slow", "mixed", "fails"].map((name) => tool(name)),
  tool("with/slash.and dot"),
  tool("no-schema", { inputSchema: "none" }),
  tool("one-of", { inputSchema: { type: "object", oneOf: [{ required: ["a"] }, { required: ["b"] }] } }),
  tool("bad-pattern", { inputSchema: { ...schema, properties: { text: { type: "string", pattern: "[" } } } }),
  { name: "no-description", inputSchema: schema },
  tool("task", { execution: { taskSupport: "required" } }),
  tool("x".repeat(100)),
];
/** @param {string} value */
const text = (value) => ({ type: "text", text: value });
/** Requests to the client, with the call that waits for their answers. */
const asked = ["elicitation/create", "sampling/createMessage", "roots/list", "ping"];
/** @type {{ id: unknown, answers: string[] } | undefined} */
let asking;

/** @type {Record<string, (params: { arguments: { text?: string } }) => unknown>} */
const results = {
  echo: ({ arguments: { text: value } }) => ({
    content: [text(`${value} ${process.env["OWN"] ?? "-"} ${process.env["SECRET_KEY"] ?? "-"}`)],
  }),
  die: () => process.exit(3),
  large: () => ({ content: [text("x".repeat(20_000_000))] }),
  image: () => ({
    content: [{ type: "image", mimeType: "image/png", data: Buffer.alloc(300).toString("base64") }],
  }),
  mixed: () => ({
    content: [
      text("for the model"),
      { ...text("for the user"), annotations: { audience: ["user"] } },
      { type: "resource", resource: { uri: "file:///a.txt", text: "inline" } },
      { type: "resource", resource: { uri: "file:///a.bin", mimeType: "application/x", blob: "AAAA" } },
      { type: "resource_link", uri: "file:///b.txt" },
      { type: "hologram" },
    ],
  }),
  fails: () => ({ isError: true, content: [text("It is broken.")] }),
  "with/slash.and dot": () => ({ content: [], structuredContent: { found: true } }),
};

if (has("mute")) process.stderr.write("I will not answer.\n");
if (has("exit")) {
  process.stderr.write("The port is taken.\n");
  process.exit(1);
}
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params, error } = JSON.parse(line);
  if (has("mute")) continue;
  if (has("noise")) process.stdout.write("a debug line\n");
  if (method === "initialize") {
    send({
      id,
      result: {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: { listChanged: true } },
        serverInfo: { name: "raw", version: "1" },
        instructions: "Use echo with care.",
      },
    });
  } else if (method === "tools/list") {
    send({ id, result: { tools } });
  } else if (method === "tools/call") {
    if (params.name === "slow") {
      process.stderr.write("slow began\n");
      const progressToken = params._meta?.progressToken;
      if (progressToken !== undefined)
        send({
          method: "notifications/progress",
          params: { progressToken, progress: 1, total: 2, message: "half " },
        });
      continue;
    }
    if (params.arguments.text === "ask") {
      asking = { id, answers: [] };
      for (const request of asked) send({ id: request, method: request, params: {} });
      continue;
    }
    if (params.arguments.text === "junk") {
      const junk = [
        "junk {",
        "{}",
        "null",
        "[]",
        '{"jsonrpc":"2.0","id":999,"result":{}}',
        "x".repeat(100_000),
      ];
      process.stdout.write(`${junk.join("\n")}\n\0\xff\n`);
    }
    if (params.arguments.text === "leave") setImmediate(() => process.exit(0));
    if (params.arguments.text === "change") {
      tools = [tool("echo"), tool("added")];
      for (let count = 0; count < 4; count += 1) send({ method: "notifications/tools/list_changed" });
    }
    send({ id, result: results[params.name in results ? params.name : "echo"]?.(params) });
  } else if (asking && asked.includes(id)) {
    asking.answers.push(`${id} ${error?.code ?? "answered"}`);
    if (asking.answers.length === asked.length)
      send({ id: asking.id, result: { content: [text(asking.answers.sort().join("\n"))] } });
  } else if (id !== undefined) {
    send({ id, error: { code: -32601, message: "Unknown method" } });
  }
}
