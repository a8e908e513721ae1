#!/usr/bin/env bash
# An MCP server names a tool `files.list`, which MCP's rules allow: letters, digits, `_`, `-`, `.`, up to 128
# characters. Two APIs of models take no dot, and OpenAI's takes 64 characters. Expected: the library between them
# renames the tool, or leaves it out with a word. Seen on 2026-11-30 (Node 20.20.2): the AI SDK and LangChain send the
# name as it is, and the API refuses every question of the app, whatever was asked, for one tool that nobody called.
# The Agents SDK renames it, finds `files_list` beside it, and throws. No library shortens a name of 71 characters.
# The fake API has OpenAI's rule and its words (github.com/openai/codex/issues/8174; copilot-cli/issues/2581 has
# the other API's).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/openai@3.0.141 @ai-sdk/mcp@2.0.99 langchain@1.5.14 \
  @langchain/core@1.4.0 @langchain/openai@1.6.0 @langchain/langgraph@1.7.3 @langchain/mcp-adapters@1.1.4 \
  @openai/agents@0.20.0 openai@7.59.0 zod@4.6.7 @modelcontextprotocol/sdk@1.32.2
cat >server.mjs <<'JS'
import { createInterface } from "node:readline";
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const tools = process.argv.slice(2).map((name) => ({ name, description: "Works.", inputSchema: { type: "object", properties: {} } }));
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "files", version: "1" } } });
  else if (method === "tools/list") send({ id, result: { tools } });
  else if (id !== undefined) send({ id, error: { code: -32601, message: "Method not found" } });
});
JS
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createMCPClient } from "@ai-sdk/mcp";
import { Experimental_StdioMCPTransport } from "@ai-sdk/mcp/mcp-stdio";
import { createOpenAI } from "@ai-sdk/openai";
import { MultiServerMCPClient } from "@langchain/mcp-adapters";
import { ChatOpenAI } from "@langchain/openai";
import { validateToolName } from "@modelcontextprotocol/sdk/shared/toolNameValidation.js";
import { Agent, MCPServerStdio, OpenAIProvider, Runner } from "@openai/agents";
import { generateText } from "ai";
import { createAgent } from "langchain";
import OpenAI from "openai";

const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const names = JSON.parse(body).tools.map((tool) => tool.function.name);
  const refused = names.findIndex((name) => !/^[a-zA-Z0-9_-]{1,64}$/.test(name));
  const message = `Invalid 'tools[${refused}].function.name': string does not match pattern.`;
  const choice = { index: 0, finish_reason: "stop", message: { role: "assistant", content: `hears of ${names.join(", ")}` } };
  response.writeHead(refused === -1 ? 200 : 400, { "content-type": "application/json" });
  response.end(
    JSON.stringify(
      refused === -1
        ? { id: "1", object: "chat.completion", created: 1, model: "m", choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }
        : { error: { message, type: "invalid_request_error", code: "invalid_value" } },
    ),
  );
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 };
const clients = {
  "ai 7.0.173": async (stdio) => {
    const tools = await (await createMCPClient({ transport: new Experimental_StdioMCPTransport(stdio) })).tools();
    return (await generateText({ model: createOpenAI(options).chat("m"), prompt: "Hi", tools, maxRetries: 0 })).text;
  },
  "langchain 1.5.14": async (stdio) => {
    const tools = await new MultiServerMCPClient({ mcpServers: { files: { transport: "stdio", ...stdio } } }).getTools();
    const model = new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration: options });
    return (await createAgent({ model, tools }).invoke({ messages: [{ role: "user", content: "Hi" }] })).messages.at(-1).content;
  },
  "openai agents 0.20.0": async (stdio) => {
    const mcpServer = new MCPServerStdio({ ...stdio, name: "files" });
    await mcpServer.connect();
    const runner = new Runner({ tracingDisabled: true, modelProvider: new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses: false }) });
    return (await runner.run(new Agent({ name: "a", model: "m", mcpServers: [mcpServer] }), "Hi")).finalOutput;
  },
};
const long = "list_all_files_of_the_folder_that_the_user_has_opened_in_the_editor_now";
for (const names of [["read", "files.list"], ["files_list", "files.list"], ["read", long]]) {
  const shown = names.map((name) => name.replace(long, `a name of ${long.length} characters`)).join(" and ");
  console.log(`${shown}: MCP's own check: ${names.every((name) => validateToolName(name).isValid) ? "valid" : "invalid"}`);
  for (const [client, ask] of Object.entries(clients)) {
    const answer = await ask({ command: process.execPath, args: ["server.mjs", ...names] }).catch((error) => `throws: ${error.message.replace(/^400 /, "")}`);
    console.log(`  ${client}: ${answer}`);
  }
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
read and files.list: MCP's own check: valid
  ai 7.0.173: throws: Invalid 'tools[1].function.name': string does not match pattern.
  langchain 1.5.14: throws: Invalid 'tools[1].function.name': string does not match pattern.
  openai agents 0.20.0: hears of read, files_list
files_list and files.list: MCP's own check: valid
  ai 7.0.173: throws: Invalid 'tools[1].function.name': string does not match pattern.
  langchain 1.5.14: throws: Invalid 'tools[1].function.name': string does not match pattern.
  openai agents 0.20.0: throws: Duplicate tool names found across MCP servers: files_list
read and a name of 71 characters: MCP's own check: valid
  ai 7.0.173: throws: Invalid 'tools[1].function.name': string does not match pattern.
  langchain 1.5.14: throws: Invalid 'tools[1].function.name': string does not match pattern.
  openai agents 0.20.0: throws: Invalid 'tools[1].function.name': string does not match pattern.
SEEN
echo "as on 2026-11-30"
