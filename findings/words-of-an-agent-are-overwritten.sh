#!/usr/bin/env bash
# An agent sends its answer in four notices, and then the response that ends the turn. The client's handler is async:
# it reads the answer so far from a store, adds the words and writes it back. Expected: a library that reads one
# ordered connection calls the handler again when it has ended, and resolves the turn after the last notice. Seen on
# 2026-11-30 (Node 20.20.2): vscode-jsonrpc puts the handlers in a row. The SDKs of ACP and MCP start all four at once,
# so that each reads an empty answer and only the last words stay. All three resolve the turn before the last words are
# written. The types of the ACP SDK say that such a handler has to queue by itself (its `ActiveSession` does); MCP's
# say nothing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @agentclientprotocol/sdk@2.4.0 @modelcontextprotocol/sdk@1.32.2 vscode-jsonrpc@10.0.0 zod@4.6.7
cat >run.mjs <<'JS'
import { PassThrough } from "node:stream";
import { AGENT_METHODS, agent, CLIENT_METHODS, client, ndJsonStream, PROTOCOL_VERSION } from "@agentclientprotocol/sdk";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { LoggingMessageNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from "vscode-jsonrpc/node";

const words = ["Take ", "5 mg, ", "but ", "never at night."];
// Adds words as a handler does whose store answers a moment later.
function createAnswer() {
  let stored = "";
  let handled = 0;
  let allHandled;
  const done = new Promise((resolve) => (allHandled = resolve));
  const later = () => new Promise(setImmediate);
  const add = async (text) => {
    await later();
    const before = stored;
    await later();
    stored = before + text;
    handled += 1;
    if (handled === words.length) allHandled();
  };
  return { add, done, read: () => stored };
}
const libraries = {
  "vscode-jsonrpc 10.0.0": async (answer) => {
    const [there, back] = [new PassThrough(), new PassThrough()];
    const server = createMessageConnection(new StreamMessageReader(there), new StreamMessageWriter(back));
    const caller = createMessageConnection(new StreamMessageReader(back), new StreamMessageWriter(there));
    server.onRequest("prompt", async () => {
      for (const text of words) await server.sendNotification("words", text);
      return "end";
    });
    caller.onNotification("words", answer.add);
    server.listen();
    caller.listen();
    await caller.sendRequest("prompt");
  },
  "agent client protocol sdk 2.4.0": async (answer) => {
    const [there, back] = [new TransformStream(), new TransformStream()];
    const server = agent({ name: "agent" })
      .onRequest(AGENT_METHODS.initialize, () => ({ protocolVersion: PROTOCOL_VERSION, agentCapabilities: {} }))
      .onRequest(AGENT_METHODS.session_new, () => ({ sessionId: "1" }))
      .onRequest(AGENT_METHODS.session_prompt, async (context) => {
        for (const text of words) await context.client.notify(CLIENT_METHODS.session_update, { sessionId: "1", update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text } } });
        return { stopReason: "end_turn" };
      });
    server.connect(ndJsonStream(back.writable, there.readable));
    const caller = client({ name: "client" }).onNotification(CLIENT_METHODS.session_update, ({ params }) => answer.add(params.update.content.text));
    const context = await new Promise((resolve) => caller.connectWith(ndJsonStream(there.writable, back.readable), (connected) => (resolve(connected), answer.done)));
    await context.request(AGENT_METHODS.initialize, { protocolVersion: PROTOCOL_VERSION, clientCapabilities: {} });
    await context.request(AGENT_METHODS.session_new, { cwd: "/", mcpServers: [] });
    await context.request(AGENT_METHODS.session_prompt, { sessionId: "1", prompt: [{ type: "text", text: "How much?" }] });
  },
  "model context protocol sdk 1.32.2": async (answer) => {
    const [there, back] = InMemoryTransport.createLinkedPair();
    const server = new McpServer({ name: "server", version: "1" }, { capabilities: { logging: {} } });
    server.registerTool("prompt", {}, async () => {
      for (const data of words) await server.server.sendLoggingMessage({ level: "info", data });
      return { content: [] };
    });
    const caller = new Client({ name: "client", version: "1" });
    caller.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => answer.add(params.data));
    await server.connect(there);
    await caller.connect(back);
    await caller.callTool({ name: "prompt" });
  },
};
for (const [name, ask] of Object.entries(libraries)) {
  const answer = createAnswer();
  await ask(answer);
  const isWhole = answer.read() === words.join("");
  await answer.done;
  console.log(`${name}: the answer is "${answer.read()}"; ${isWhole ? "whole" : "not whole"} when the turn ends`);
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
vscode-jsonrpc 10.0.0: the answer is "Take 5 mg, but never at night."; not whole when the turn ends
agent client protocol sdk 2.4.0: the answer is "never at night."; not whole when the turn ends
model context protocol sdk 1.32.2: the answer is "never at night."; not whole when the turn ends
SEEN
echo "as on 2026-11-30"
