#!/usr/bin/env bash
# A tool of an MCP server answers with `structuredContent` alone, which MCP allows: a text beside it is only a SHOULD
# (2025-11-25, Tools). Another tool answers with a text file. Expected: the model reads what the tool has returned.
# Seen on 2026-11-30 (Node 20.20.2): the AI SDK, LangChain and the Agents SDK tell the model `[]`, and no call fails,
# so that a balance of 4200 cents is nothing. Only the tool runner of the Messages API's SDK passes the object on. The
# file is `[]` to LangChain too. Where a tool returns a sentence and an object, only LangChain passes on both. The
# agent-runtime of this repository passes the object on where it stands alone.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 @ai-sdk/mcp@2.0.99 langchain@1.5.14 \
  @langchain/core@1.4.0 @langchain/openai@1.6.0 @langchain/langgraph@1.7.3 @langchain/mcp-adapters@1.1.4 \
  @openai/agents@0.20.0 openai@7.59.0 zod@4.6.7 @modelcontextprotocol/sdk@1.32.2 @anthropic-ai/sdk@1.14.0
cat >server.mjs <<'JS'
import { createInterface } from "node:readline";
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const balance = { type: "object", properties: { cents: { type: "integer" } }, required: ["cents"] };
const results = {
  structured: { content: [], structuredContent: { cents: 4200 } },
  both: { content: [{ type: "text", text: "42 euros, 40 of them blocked." }], structuredContent: { cents: 4200 } },
  file: { content: [{ type: "resource", resource: { uri: "file:///note.txt", mimeType: "text/plain", text: "The key is under the mat." } }] },
};
const tools = Object.entries(results).map(([name, { structuredContent }]) => ({ name, description: "Reads.", inputSchema: { type: "object", properties: {} }, ...(structuredContent && { outputSchema: balance }) }));
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "bank", version: "1" } } });
  else if (method === "tools/list") send({ id, result: { tools } });
  else if (method === "tools/call") send({ id, result: results[params.name] });
  else if (id !== undefined) send({ id, error: { code: -32601, message: "Method not found" } });
});
JS
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createMCPClient } from "@ai-sdk/mcp";
import { Experimental_StdioMCPTransport } from "@ai-sdk/mcp/mcp-stdio";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic from "@anthropic-ai/sdk";
import { mcpTools } from "@anthropic-ai/sdk/helpers/beta/mcp";
import { MultiServerMCPClient } from "@langchain/mcp-adapters";
import { ChatOpenAI } from "@langchain/openai";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { Agent, MCPServerStdio, OpenAIProvider, Runner } from "@openai/agents";
import { generateText, isStepCount } from "ai";
import { createAgent } from "langchain";
import OpenAI from "openai";

// Calls the wanted tool, and keeps the result as the model reads it.
let wanted;
let read;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const { messages, tools } = JSON.parse(body);
  const isMessagesApi = request.url.endsWith("/messages");
  const last = messages.at(-1);
  const result = isMessagesApi ? Array.isArray(last.content) && last.content.find(({ type }) => type === "tool_result") : last.role === "tool" && last;
  if (result) read = result.content;
  const name = tools?.map((tool) => tool.name ?? tool.function.name).find((each) => each.endsWith(wanted));
  if (isMessagesApi) {
    const content = result ? [{ type: "text", text: "Read." }] : [{ type: "tool_use", id: "toolu_1", name, input: {} }];
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ id: "msg_1", type: "message", role: "assistant", model: "m", content, stop_reason: result ? "end_turn" : "tool_use", stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } }));
    return;
  }
  const call = { id: "c1", type: "function", function: { name, arguments: "{}" } };
  const message = result ? { role: "assistant", content: "Read." } : { role: "assistant", content: null, tool_calls: [call] };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "m", choices: [{ index: 0, message, finish_reason: result ? "stop" : "tool_calls" }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const host = `http://127.0.0.1:${server.address().port}`;
const options = { apiKey: "k", baseURL: `${host}/v1`, maxRetries: 0 };
const spawned = { command: process.execPath, args: ["server.mjs"] };
const model = createOpenAICompatible({ ...options, name: "local" })("m");
const messages = [{ role: "user", content: "Read it." }];

const aiTools = await (await createMCPClient({ transport: new Experimental_StdioMCPTransport(spawned) })).tools();
const langchainTools = await new MultiServerMCPClient({ mcpServers: { bank: spawned } }).getTools();
const mcpServer = new MCPServerStdio({ ...spawned, name: "bank" });
await mcpServer.connect();
const client = new Client({ name: "test", version: "1" });
await client.connect(new StdioClientTransport(spawned));
const runnerTools = mcpTools((await client.listTools()).tools, client);
const clients = {
  "ai 7.0.173": () => generateText({ model, messages, tools: aiTools, stopWhen: isStepCount(2), maxRetries: 0 }),
  "langchain 1.5.14": () => createAgent({ model: new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration: options }), tools: langchainTools }).invoke({ messages }),
  "openai agents 0.20.0": () => new Runner({ tracingDisabled: true, modelProvider: new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses: false }) }).run(new Agent({ name: "a", model: "m", mcpServers: [mcpServer] }), "Read it."),
  "anthropic sdk 1.14.0, tool runner": () => new Anthropic({ apiKey: "k", baseURL: host, maxRetries: 0 }).beta.messages.toolRunner({ model: "m", max_tokens: 99, messages, tools: runnerTools }),
};
for (wanted of ["structured", "both", "file"]) {
  for (const [name, ask] of Object.entries(clients)) {
    read = undefined;
    await ask();
    console.log(`${wanted}, ${name}: ${typeof read === "string" ? read : JSON.stringify(read)}`);
  }
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
structured, ai 7.0.173: []
structured, langchain 1.5.14: []
structured, openai agents 0.20.0: []
structured, anthropic sdk 1.14.0, tool runner: {"cents":4200}
both, ai 7.0.173: [{"type":"text","text":"42 euros, 40 of them blocked."}]
both, langchain 1.5.14: {"type":"text","text":"42 euros, 40 of them blocked.","structuredContent":{"cents":4200}}
both, openai agents 0.20.0: 42 euros, 40 of them blocked.
both, anthropic sdk 1.14.0, tool runner: [{"type":"text","text":"42 euros, 40 of them blocked."}]
file, ai 7.0.173: [{"type":"text","text":"{\"type\":\"resource\",\"resource\":{\"uri\":\"file:///note.txt\",\"mimeType\":\"text/plain\",\"text\":\"The key is under the mat.\"}}"}]
file, langchain 1.5.14: []
file, openai agents 0.20.0: {"type":"resource","resource":{"uri":"file:///note.txt","mimeType":"text/plain","text":"The key is under the mat."}}
file, anthropic sdk 1.14.0, tool runner: [{"type":"document","source":{"type":"text","data":"The key is under the mat.","media_type":"text/plain"}}]
SEEN
echo "as on 2026-11-30"
