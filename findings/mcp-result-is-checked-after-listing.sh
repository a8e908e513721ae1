#!/usr/bin/env bash
# A tool that has run returns text, and structured content that misses its own `outputSchema` by a hair (1.5 where an
# integer stands). Expected: the client treats one answer in one way. Seen on 2026-11-29 (Node 20.20.2): before
# `listTools()` the call returns everything; after it the same call throws -32602 ("invalid params", though the
# caller's were right), and the text of the tool that has run is nowhere in the error. Code that lists first, as all
# agents do, sees a failed call, asks again, and has run the tool twice.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/sdk@1.32.2
cat >server.mjs <<'JS'
import { createInterface } from "node:readline";
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const outputSchema = { type: "object", properties: { celsius: { type: "integer" } }, required: ["celsius"] };
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize")
    send({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "weather", version: "1" } } });
  else if (method === "tools/list")
    send({ id, result: { tools: [{ name: "weather", description: "Now.", inputSchema: { type: "object" }, outputSchema }] } });
  else if (method === "tools/call") send({ id, result: { content: [{ type: "text", text: "1.5 degrees" }], structuredContent: { celsius: 1.5 } } });
});
JS
cat >run.mjs <<'JS'
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

for (const [name, AnyClient, Transport] of [["client 2.4.0", Client, StdioClientTransport], ["sdk 1.32.2", OldClient, OldTransport]]) {
  const client = new AnyClient({ name: "test", version: "1" });
  await client.connect(new Transport({ command: process.execPath, args: ["server.mjs"] }));
  const ask = () =>
    client.callTool({ name: "weather", arguments: {} }).then(
      ({ content }) => `returns "${content[0].text}"`,
      (error) => `throws ${error.code}, names the text: ${JSON.stringify([error.message, error.data ?? null]).includes("1.5 degrees")}`,
    );
  console.log(`${name}: before listTools() it ${await ask()}`);
  await client.listTools();
  console.log(`${name}: after listTools() it ${await ask()}`);
  await client.close();
}
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
client 2.4.0: before listTools() it returns "1.5 degrees"
client 2.4.0: after listTools() it throws -32602, names the text: false
sdk 1.32.2: before listTools() it returns "1.5 degrees"
sdk 1.32.2: after listTools() it throws -32602, names the text: false
SEEN
echo "as on 2026-11-29"
