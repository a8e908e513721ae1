#!/usr/bin/env bash
# A tool of an MCP server returns a line of text and an image, and the answer goes back to a model with the API of
# OpenAI. Expected: the model gets an image, or the program an error. Seen on 2026-11-29 (Node 20.20.2): over Chat
# Completions the AI SDK sends the image's base64 as text (a photo of 1 MB is more text than any context holds),
# LangChain sends an image in a tool message, where the API's reference knows text parts only, and the Agents SDK leaves
# the image out without a word. Over Responses, two send an `input_image`, and the AI SDK an `input_file` named "data".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/openai@3.0.141 @ai-sdk/openai-compatible@3.0.92 \
  @ai-sdk/mcp@2.0.99 langchain@1.5.14 @langchain/core@1.4.0 @langchain/openai@1.6.0 @langchain/langgraph@1.7.3 \
  @langchain/mcp-adapters@1.1.4 @openai/agents@0.20.0 openai@7.59.0 zod@4.6.7
cat >camera.mjs <<'JS'
import { createInterface } from "node:readline";
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const image = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const tool = { name: "photo", description: "Takes a photo.", inputSchema: { type: "object", properties: {} } };
const content = [{ type: "text", text: "A photo." }, { type: "image", data: image, mimeType: "image/png" }];
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize") send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "camera", version: "1" } } });
  else if (method === "tools/list") send({ id, result: { tools: [tool] } });
  else if (method === "tools/call") send({ id, result: { content } });
  else if (id !== undefined) send({ id, error: { code: -32601, message: "Method not found" } });
});
JS
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createMCPClient } from "@ai-sdk/mcp";
import { Experimental_StdioMCPTransport } from "@ai-sdk/mcp/mcp-stdio";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { MultiServerMCPClient } from "@langchain/mcp-adapters";
import { ChatOpenAI } from "@langchain/openai";
import { Agent, MCPServerStdio, OpenAIProvider, Runner } from "@openai/agents";
import { generateText, isStepCount } from "ai";
import { createAgent } from "langchain";
import OpenAI from "openai";

// Calls the tool, answers "ok" to its result, and keeps the result as it came.
let results = [];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const { tools, messages, input } = JSON.parse(body);
  const { output, content = output } = (messages ?? input).at(-1);
  const isResult = ["tool", undefined].includes((messages ?? input).at(-1).role);
  if (isResult) results.push(content);
  const call = { name: tools[0].name ?? tools[0].function.name, arguments: "{}" };
  const text = { role: "assistant", content: "ok" };
  response.writeHead(200, { "content-type": "application/json" });
  if (messages) {
    const calls = { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: call }] };
    const choice = { index: 0, finish_reason: isResult ? "stop" : "tool_calls", message: isResult ? text : calls };
    response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "m", choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
    return;
  }
  const item = isResult
    ? { ...text, type: "message", id: "m1", status: "completed", content: [{ type: "output_text", text: "ok", annotations: [] }] }
    : { ...call, type: "function_call", id: "f1", call_id: "c1", status: "completed" };
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2, input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } };
  response.end(JSON.stringify({ id: "r1", object: "response", created_at: 1, model: "m", status: "completed", output: [item], usage }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 };
const camera = { command: process.execPath, args: ["camera.mjs"] };

const aiTools = await (await createMCPClient({ transport: new Experimental_StdioMCPTransport(camera) })).tools();
const langchainTools = await new MultiServerMCPClient({ mcpServers: { camera: { transport: "stdio", ...camera } } }).getTools();
const mcpServer = new MCPServerStdio({ ...camera, name: "camera" });
await mcpServer.connect();
const ask = (model) => generateText({ model, prompt: "Hi", tools: aiTools, stopWhen: isStepCount(3) });
const askLangchain = (useResponsesApi) =>
  createAgent({ model: new ChatOpenAI({ model: "m", apiKey: "k", useResponsesApi, configuration: options }), tools: langchainTools }).invoke({ messages: [{ role: "user", content: "Hi" }] });
const askAgents = (useResponses) =>
  new Runner({ tracingDisabled: true, modelProvider: new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses }) }).run(new Agent({ name: "a", model: "m", mcpServers: [mcpServer] }), "Hi");
const clients = {
  "chat, ai 7.0.173 with openai-compatible 3.0.92": () => ask(createOpenAICompatible({ ...options, name: "x" })("m")),
  "chat, ai 7.0.173 with openai 3.0.141": () => ask(createOpenAI(options).chat("m")),
  "chat, langchain openai 1.6.0": () => askLangchain(false),
  "chat, openai agents 0.20.0": () => askAgents(false),
  "responses, ai 7.0.173 with openai 3.0.141": () => ask(createOpenAI(options).responses("m")),
  "responses, langchain openai 1.6.0": () => askLangchain(true),
  "responses, openai agents 0.20.0": () => askAgents(true),
};
const describe = (content) => {
  if (typeof content !== "string") return content.map((part) => [part.type, part.filename].filter(Boolean).join(" ")).join(", ");
  return content.includes("iVBORw0K") ? "text with the base64 in it" : "text without the image";
};
for (const [name, run] of Object.entries(clients)) {
  results = [];
  await run();
  console.log(`${name}: ${describe(results[0])}`);
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
chat, ai 7.0.173 with openai-compatible 3.0.92: text with the base64 in it
chat, ai 7.0.173 with openai 3.0.141: text with the base64 in it
chat, langchain openai 1.6.0: text, image_url
chat, openai agents 0.20.0: text without the image
responses, ai 7.0.173 with openai 3.0.141: input_text, input_file data
responses, langchain openai 1.6.0: input_text, input_image
responses, openai agents 0.20.0: input_text, input_image
SEEN
echo "as on 2026-11-29"
