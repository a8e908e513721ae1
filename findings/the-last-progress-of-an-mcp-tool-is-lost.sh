#!/usr/bin/env bash
# A tool of an MCP server over stdio reports its progress and then its result, in one write, as a quick tool does.
# Expected: a client that reads the lines in order calls `onprogress`, and then resolves the call. Seen on 2026-11-30
# (Node 20.20.2): both TypeScript clients drop the progress. They handle a response at once and a notification one
# microtask later, when the call is already forgotten, and `onerror` reports an unknown token, which is the client's
# own. Both notices arrive when the result comes in a later write. A bar that waits for 100 % stays below.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/sdk@1.32.2
cat >server.mjs <<'JS'
import { createInterface } from "node:readline";
const format = (message) => `${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`;
let sendResult;
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === "initialize")
    process.stdout.write(format({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "copy", version: "1" } } }));
  else if (method === "tools/call") {
    const { progressToken } = params._meta;
    const progress = [1, 2].map((done) => format({ method: "notifications/progress", params: { progressToken, progress: done, total: 2 } })).join("");
    const result = format({ id, result: { content: [{ type: "text", text: "copied" }] } });
    process.stdout.write(params.name === "at_once" ? progress + result : progress);
    sendResult = () => process.stdout.write(result);
  } else if (method === "ping") {
    process.stdout.write(format({ id, result: {} }));
    sendResult();
  }
});
JS
cat >run.mjs <<'JS'
import { setImmediate } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { Client as OldClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as OldTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const clients = {
  "client 2.4.0": [Client, StdioClientTransport, (client, name, options) => client.callTool({ name, arguments: {} }, options)],
  "sdk 1.32.2": [OldClient, OldTransport, (client, name, options) => client.callTool({ name, arguments: {} }, undefined, options)],
};
for (const [version, [AnyClient, Transport, call]] of Object.entries(clients)) {
  for (const name of ["at_once", "later"]) {
    const client = new AnyClient({ name: "test", version: "1" });
    const seen = [];
    client.onerror = (error) => seen.push(error.message.split(":")[0]);
    await client.connect(new Transport({ command: process.execPath, args: ["server.mjs"] }));
    const onprogress = ({ progress, total }) => {
      seen.push(`${progress} of ${total}`);
      // The server sends the result of `later` when it has read the ping.
      if (progress === total) client.ping();
    };
    const { content } = await call(client, name, { onprogress });
    await setImmediate();
    console.log(`${version}, ${name}: ${[...seen, content[0].text].join(", ")}`);
    await client.close();
  }
}
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
client 2.4.0, at_once: Received a progress notification for an unknown token, Received a progress notification for an unknown token, copied
client 2.4.0, later: 1 of 2, 2 of 2, copied
sdk 1.32.2, at_once: Received a progress notification for an unknown token, Received a progress notification for an unknown token, copied
sdk 1.32.2, later: 1 of 2, 2 of 2, copied
SEEN
echo "as on 2026-11-30"
