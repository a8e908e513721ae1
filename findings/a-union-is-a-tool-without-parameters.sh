#!/usr/bin/env bash
# A tool takes either a path or an address, written as a discriminated union of zod. Expected: the model is told both
# forms, or the program is told at once that it cannot be. Seen on 2026-11-30 (Node 20.20.2): `registerTool` of the MCP
# SDK 1.32.2 lists a tool without parameters, and then answers each call that follows the list with "Invalid
# arguments"; the server 2.4.0 lists both forms. The AI SDK and LangChain send the union as it is, and OpenAI's API
# refuses every question of the app for it (elie222/inbox-zero#2231 has its words). Three libraries throw when the tool
# is made. Wrap the union in an object.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund zod@4.6.7 ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 openai@7.59.0 @anthropic-ai/sdk@1.14.0 \
  @langchain/core@1.4.0 @langchain/openai@1.6.0 @openai/agents@0.20.0 @modelcontextprotocol/sdk@1.32.2 \
  @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { tool as langchainTool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { Client, InMemoryTransport } from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport as OldTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer as OldServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { McpServer } from "@modelcontextprotocol/server";
import { tool as agentsTool } from "@openai/agents";
import { generateText, tool } from "ai";
import { zodFunction } from "openai/helpers/zod";
import { z } from "zod";

const file = z.object({ from: z.literal("file"), path: z.string() });
const web = z.object({ from: z.literal("web"), url: z.string() });
const schema = z.discriminatedUnion("from", [file, web]);

// Has OpenAI's rule for the root of a tool's schema.
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const [{ function: { name, parameters } }] = JSON.parse(body).tools;
  response.setHeader("content-type", "application/json");
  if (parameters.type !== "object") {
    const message = `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "None"'.`;
    response.writeHead(400).end(JSON.stringify({ error: { message, type: "invalid_request_error" } }));
    return;
  }
  const choices = [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hello." } }];
  response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "m", choices, usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1` };
const named = { name: "load", description: "Loads." };
globalThis.AI_SDK_LOG_WARNINGS = false;

async function list(AnyServer, AnyClient, Transport) {
  const loader = new AnyServer({ name: "loader", version: "1" });
  loader.registerTool("load", { description: "Loads.", inputSchema: schema }, () => ({ content: [{ type: "text", text: "loaded" }] }));
  const client = new AnyClient({ name: "test", version: "1" });
  const [ofServer, ofClient] = Transport.createLinkedPair();
  await Promise.all([loader.connect(ofServer), client.connect(ofClient)]);
  const { tools: [{ inputSchema: { type, properties, oneOf } }] } = await client.listTools();
  const { content: [{ text }] } = await client.callTool({ name: "load", arguments: {} });
  return `lists ${JSON.stringify({ type, properties, forms: oneOf?.length })}; a call without arguments: ${text.split(":").slice(0, 2).join(":")}`;
}
const ways = {
  "mcp sdk 1.32.2": () => list(OldServer, OldClient, OldTransport),
  "mcp server 2.4.0": () => list(McpServer, Client, InMemoryTransport),
  "ai 7.0.173": () => generateText({ model: createOpenAICompatible({ name: "local", ...options })("m"), prompt: "Hello.", maxRetries: 0, tools: { load: tool({ description: "Loads.", inputSchema: schema }) } }),
  "langchain 1.6.0": () => new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration: options }).bindTools([langchainTool(() => "loaded", { ...named, schema })]).invoke("Hello."),
  "openai agents 0.20.0": async () => agentsTool({ ...named, parameters: schema, execute: () => "loaded" }),
  "openai 7.59.0": async () => zodFunction({ ...named, parameters: schema }),
  "anthropic sdk 1.14.0": async () => betaZodTool({ ...named, inputSchema: schema, run: () => "loaded" }),
};
for (const [name, run] of Object.entries(ways)) {
  console.log(`${name}: ${await run().catch((error) => `throws "${error.message.replace(/^400 /, "").split("\n")[0]}"`)}`);
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
mcp sdk 1.32.2: lists {"type":"object","properties":{}}; a call without arguments: MCP error -32602: Input validation error
mcp server 2.4.0: lists {"type":"object","forms":2}; a call without arguments: Input validation error: Invalid arguments for tool load
ai 7.0.173: throws "Invalid schema for function 'load': schema must be a JSON Schema of 'type: "object"', got 'type: "None"'."
langchain 1.6.0: throws "Invalid schema for function 'load': schema must be a JSON Schema of 'type: "object"', got 'type: "None"'."
openai agents 0.20.0: throws "Tool parameter Standard Schema must produce a JSON Schema with `type: "object"` at the root. Wrap the schema in an object schema."
openai 7.59.0: throws "Root schema must have type: 'object' but got type: undefined"
anthropic sdk 1.14.0: throws "Zod schema for tool "load" must be an object, but got undefined"
SEEN
echo "as on 2026-11-30"
