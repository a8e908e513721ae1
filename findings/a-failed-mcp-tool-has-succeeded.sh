#!/usr/bin/env bash
# A tool of an MCP server fails, and answers `isError: true` with the reason. The Messages API has the same flag on a
# tool's result, `is_error`. Expected: the library between the two passes the flag on, and counts the call as failed.
# Seen on 2026-11-30 (Node 20.20.2): only the tool runner of the API's own SDK does. LangChain marks its message with
# the status "error", and sends it without the flag. With the AI SDK the step holds a `tool-result` and no `tool-error`,
# so that a page shows a tool that has worked. The reason reaches the model in each. The agent-runtime of this
# repository passes the flag on.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @anthropic-ai/sdk@1.14.0 @modelcontextprotocol/sdk@1.32.2 ai@7.0.173 @ai-sdk/anthropic@4.0.105 \
  @ai-sdk/mcp@2.0.99 langchain@1.5.14 @langchain/anthropic@1.5.11 @langchain/core@1.4.0 @langchain/langgraph@1.7.3 \
  @langchain/mcp-adapters@1.1.4 zod@4.6.7
cat >server.mjs <<'JS'
import { createInterface } from "node:readline";
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "files", version: "1" } } });
  else if (method === "tools/list") send({ id, result: { tools: [{ name: "save", description: "Saves.", inputSchema: { type: "object", properties: {} } }] } });
  else if (method === "tools/call") send({ id, result: { isError: true, content: [{ type: "text", text: "The disk is full." }] } });
  else if (id !== undefined) send({ id, error: { code: -32601, message: "Method not found" } });
});
JS
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createMCPClient } from "@ai-sdk/mcp";
import { Experimental_StdioMCPTransport as AiTransport } from "@ai-sdk/mcp/mcp-stdio";
import Anthropic from "@anthropic-ai/sdk";
import { mcpTools } from "@anthropic-ai/sdk/helpers/beta/mcp";
import { ChatAnthropic } from "@langchain/anthropic";
import { MultiServerMCPClient } from "@langchain/mcp-adapters";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { generateText, isStepCount } from "ai";
import { createAgent } from "langchain";

let read;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const { messages } = JSON.parse(body);
  const result = messages.flatMap(({ content }) => content).find((block) => block.type === "tool_result");
  if (result) read = `is_error ${result.is_error}, ${JSON.stringify(result.content).includes("The disk is full.") ? "with the reason" : "without the reason"}`;
  const content = result ? [{ type: "text", text: "Done." }] : [{ type: "tool_use", id: "toolu_1", name: "save", input: {} }];
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: "msg_1", type: "message", role: "assistant", model: "m", content, stop_reason: result ? "end_turn" : "tool_use", stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const host = `http://127.0.0.1:${server.address().port}`;
const spawned = { command: process.execPath, args: ["server.mjs"] };
const messages = [{ role: "user", content: "Save it." }];
globalThis.AI_SDK_LOG_WARNINGS = false;

const ways = {
  async "anthropic sdk 1.14.0, tool runner"() {
    const client = new Client({ name: "test", version: "1" });
    await client.connect(new StdioClientTransport(spawned));
    const tools = mcpTools((await client.listTools()).tools, client);
    await new Anthropic({ apiKey: "k", baseURL: host, maxRetries: 0 }).beta.messages.toolRunner({ model: "m", max_tokens: 99, messages, tools });
    return "";
  },
  async "langchain 1.5.14"() {
    const tools = await new MultiServerMCPClient({ mcpServers: { files: spawned } }).getTools();
    const model = new ChatAnthropic({ model: "m", apiKey: "k", maxRetries: 0, anthropicApiUrl: host });
    const state = await createAgent({ model, tools }).invoke({ messages });
    return `, its message has the status ${state.messages.find(({ type }) => type === "tool").status}`;
  },
  async "ai 7.0.173"() {
    const tools = await (await createMCPClient({ transport: new AiTransport(spawned) })).tools();
    const { steps } = await generateText({ model: createAnthropic({ apiKey: "k", baseURL: `${host}/v1` })("m"), messages, tools, stopWhen: isStepCount(2), maxRetries: 0 });
    return `, the step holds a ${steps[0].content.at(-1).type}`;
  },
};
for (const [name, ask] of Object.entries(ways)) {
  const seen = await ask();
  console.log(`${name}: the model reads ${read}${seen}`);
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
anthropic sdk 1.14.0, tool runner: the model reads is_error true, with the reason
langchain 1.5.14: the model reads is_error undefined, with the reason, its message has the status error
ai 7.0.173: the model reads is_error undefined, with the reason, the step holds a tool-result
SEEN
echo "as on 2026-11-30"
