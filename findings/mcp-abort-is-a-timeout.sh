#!/usr/bin/env bash
# A caller aborts a tool call of an MCP client by its AbortSignal. Expected: the promise rejects with the signal's
# reason or an AbortError, as `fetch` does. Seen on 2026-11-29 (Node 20.20.2): both TypeScript clients reject with
# the error of a timeout (`REQUEST_TIMEOUT`, before that -32001), and the real timeout has the same code. They also
# send the text of the reason to the server. A program that retries timeouts repeats what its user has stopped,
# unless it looks at its own signal first.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/sdk@1.32.2
cat >server.mjs <<'JS'
import { createInterface } from "node:readline";
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize")
    send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "slow", version: "1" } } });
  else if (method === "tools/call") send({ method: "notifications/message", params: { level: "info", data: "asked" } });
  else if (method === "notifications/cancelled") send({ method: "notifications/message", params: { level: "info", data: params.reason } });
});
JS
cat >run.mjs <<'JS'
import { EventEmitter, once } from "node:events";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const call = { name: "wait", arguments: {} };
const clients = {
  "client 2.4.0": [Client, StdioClientTransport, (client, options) => client.callTool(call, options)],
  "sdk 1.32.2": [OldClient, OldTransport, (client, options) => client.callTool(call, undefined, options)],
};
for (const [name, [AnyClient, Transport, ask]] of Object.entries(clients)) {
  const client = new AnyClient({ name: "test", version: "1" });
  const transport = new Transport({ command: process.execPath, args: ["server.mjs"] });
  await client.connect(transport);
  const notes = new EventEmitter();
  const handle = transport.onmessage;
  transport.onmessage = (message, extra) => (message.params?.level === "info" ? notes.emit("note", message.params.data) : handle(message, extra));
  const stop = new AbortController();
  const asked = once(notes, "note");
  const aborted = ask(client, { signal: stop.signal }).catch((error) => error.code);
  await asked;
  const cancelled = once(notes, "note");
  stop.abort(new Error("the user pressed stop"));
  console.log(`${name}: aborted ${await aborted}, the server reads "${await cancelled}"`);
  console.log(`${name}: timed out ${await ask(client, { timeout: 50 }).catch((error) => error.code)}`);
  await client.close();
}
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
client 2.4.0: aborted REQUEST_TIMEOUT, the server reads "Error: the user pressed stop"
client 2.4.0: timed out REQUEST_TIMEOUT
sdk 1.32.2: aborted -32001, the server reads "Error: the user pressed stop"
sdk 1.32.2: timed out -32001
SEEN
echo "as on 2026-11-29"
