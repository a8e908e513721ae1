#!/usr/bin/env bash
# A tool takes `limit` with a default of 10, written once in zod. Expected: every library tells the model that `limit`
# may be left out and what it is then. Seen on 2026-11-29 (Node 20.20.2): the AI SDK and the MCP server do. LangChain
# and the helper of the Messages API's SDK list the field as required, beside its default: they describe the output of
# the schema and not its input. The Agents SDK requires every field, as strict tools must. It sends the default only
# until the schema gets an optional field: then the default of `limit` is gone, and the model has to invent one.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund zod@4.6.7 ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 openai@7.59.0 \
  @anthropic-ai/sdk@1.14.0 @langchain/core@1.4.0 @langchain/openai@1.6.0 @openai/agents@0.20.0 \
  @modelcontextprotocol/sdk@1.32.2
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { tool as langchainTool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { Agent, OpenAIProvider, Runner, tool as agentsTool } from "@openai/agents";
import { generateText, tool } from "ai";
import OpenAI from "openai";
import { z } from "zod";

const schema = z.object({ path: z.string(), limit: z.number().default(10) });
// Keeps the tool's schema of a request.
let asked;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  asked = JSON.parse(body).tools[0].function.parameters;
  response.writeHead(400, { "content-type": "application/json" });
  response.end('{"error":{"message":"The schema is all that is wanted."}}');
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 };
const texts = { name: "list", description: "Lists files." };
const execute = () => "";
const report = (name, { required, properties }) =>
  console.log(`${name}: required ${required}; default ${properties.limit.default ?? "not sent"}`);

await generateText({ model: createOpenAICompatible({ ...options, name: "x" })("m"), maxRetries: 0, prompt: "Hi", tools: { list: tool({ inputSchema: schema, execute }) } }).catch(() => {});
report("ai 7.0.173", asked);
const mcp = new McpServer({ name: "files", version: "1" });
mcp.registerTool("list", { inputSchema: schema.shape }, () => ({ content: [] }));
const [here, there] = InMemoryTransport.createLinkedPair();
await mcp.connect(there);
const client = new Client({ name: "test", version: "1" });
await client.connect(here);
report("mcp sdk 1.32.2", (await client.listTools()).tools[0].inputSchema);
await new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration: options }).bindTools([langchainTool(execute, { ...texts, schema })]).invoke("Hi").catch(() => {});
report("langchain openai 1.6.0", asked);
report("anthropic sdk 1.14.0", betaZodTool({ ...texts, inputSchema: schema, run: execute }).input_schema);
const provider = new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses: false });
const runner = new Runner({ tracingDisabled: true, modelProvider: provider });
const askAgents = async (parameters) => {
  asked = undefined;
  const agent = new Agent({ name: "a", model: "m", tools: [agentsTool({ ...texts, parameters, execute })] });
  await runner.run(agent, "Hi").catch(() => {});
  return asked;
};
report("openai agents 0.20.0", await askAgents(schema));
const withOptional = schema.extend({ filter: z.string().optional() });
report("openai agents 0.20.0, with an optional field", await askAgents(withOptional));
process.exit();
JS
node run.mjs 2>/dev/null | tee seen.txt
diff seen.txt - <<'SEEN'
ai 7.0.173: required path; default 10
mcp sdk 1.32.2: required path; default 10
langchain openai 1.6.0: required path,limit; default 10
anthropic sdk 1.14.0: required path,limit; default 10
openai agents 0.20.0: required path,limit; default 10
openai agents 0.20.0, with an optional field: required path,limit,filter; default not sent
SEEN
echo "as on 2026-11-29"
