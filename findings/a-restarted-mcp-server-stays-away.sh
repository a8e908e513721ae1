#!/usr/bin/env bash
# An MCP server over HTTP restarts, and knows its old sessions no more. Expected: the client starts a new session, as
# MCP demands: "When a client receives HTTP 404 in response to a request containing an Mcp-Session-Id, it MUST start a
# new session by sending a new InitializeRequest without a session ID attached" (2025-11-25, Transports). Seen on
# 2026-11-30 (Node 20.20.2): none of five clients does. Each call of a tool fails from then on, until the program
# makes a new client. The AI SDK drops the dead id, and asks without a session. An agent that lives for weeks has to
# connect again by itself when it reads a 404, as `McpServer` of @mini-openclaw/agent-runtime does with the next call.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/sdk@1.32.2 @ai-sdk/mcp@2.0.99 \
  ai@7.0.173 @langchain/mcp-adapters@1.1.4 @langchain/core@1.4.0 @langchain/langgraph@1.7.3 @openai/agents@0.20.0 zod@4.6.7
cat >run.mjs <<'JS'
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createMCPClient } from "@ai-sdk/mcp";
import { MultiServerMCPClient } from "@langchain/mcp-adapters";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { MCPServerStreamableHttp } from "@openai/agents";

let sessions = new Set();
let requests = [];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  if (request.method !== "POST") return response.writeHead(request.method === "DELETE" ? 204 : 405).end();
  const { id, method, params } = JSON.parse(body);
  const session = request.headers["mcp-session-id"];
  const reply = (status, message, headers) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify({ jsonrpc: "2.0", id, ...message }));
  // The reference server answers with `id: null`, too.
  const refuse = (status, code, message) => reply(status, { id: null, error: { code, message } });
  if (method !== "initialize" && !sessions.has(session)) {
    requests.push(`${method} ${session ? "with the old session" : "without a session"}`);
    return session ? refuse(404, -32001, "Session not found") : refuse(400, -32000, "Bad Request: Mcp-Session-Id header is required");
  }
  if (method === "initialize") {
    const started = randomUUID();
    sessions.add(started);
    const result = { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "clock", version: "1" } };
    requests.push(method);
    return reply(200, { result }, { "mcp-session-id": started });
  }
  if (id === undefined) return response.writeHead(202).end();
  if (method === "tools/list") return reply(200, { result: { tools: [{ name: "now", description: "The time.", inputSchema: { type: "object", properties: {} } }] } });
  if (method === "tools/call") return reply(200, { result: { content: [{ type: "text", text: "12:00" }] } });
  reply(200, { error: { code: -32601, message: "Method not found" } });
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}/mcp`;

const connect = {
  async "client 2.4.0"() {
    const client = new Client({ name: "test", version: "1" });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    return () => client.callTool({ name: "now", arguments: {} });
  },
  async "sdk 1.32.2"() {
    const client = new OldClient({ name: "test", version: "1" });
    await client.connect(new OldTransport(new URL(url)));
    return () => client.callTool({ name: "now", arguments: {} });
  },
  async "@ai-sdk/mcp 2.0.99"() {
    const tools = await (await createMCPClient({ transport: { type: "http", url } })).tools();
    return () => tools.now.execute({}, { toolCallId: "1", messages: [] });
  },
  async "langchain mcp-adapters 1.1.4"() {
    const [tool] = await new MultiServerMCPClient({ mcpServers: { clock: { transport: "http", url } } }).getTools();
    return () => tool.invoke({});
  },
  async "openai agents 0.20.0"() {
    const client = new MCPServerStreamableHttp({ url, name: "clock" });
    await client.connect();
    return () => client.callTool("now", {});
  },
};
for (const [name, make] of Object.entries(connect)) {
  const call = await make();
  await call();
  sessions = new Set();
  requests = [];
  const ends = [];
  for (let count = 0; count < 2; count += 1) ends.push(await call().then(() => "works", () => "throws"));
  console.log(`${name}: ${ends.join(", ")}; the server reads ${requests.join(", ")}`);
}
process.exit();
JS
node run.mjs 2>/dev/null | tee seen.txt
diff seen.txt - <<'SEEN'
client 2.4.0: throws, throws; the server reads tools/call with the old session, tools/call with the old session
sdk 1.32.2: throws, throws; the server reads tools/call with the old session, tools/call with the old session
@ai-sdk/mcp 2.0.99: throws, throws; the server reads tools/call with the old session, tools/call without a session
langchain mcp-adapters 1.1.4: throws, throws; the server reads tools/call with the old session, tools/call with the old session
openai agents 0.20.0: throws, throws; the server reads tools/call with the old session, tools/call with the old session
SEEN
echo "as on 2026-11-30"
