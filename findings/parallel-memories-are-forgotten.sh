#!/usr/bin/env bash
# A model makes five calls of `create_entities` in one turn, and the client sends them at once to MCP's reference server
# for memories. Expected: five entities, as each call answers with success. Seen on 2026-11-29 (Node 20.20.2): some are
# lost, mostly all but one. Each call reads the file, adds its entity and writes the file, and nothing puts the calls in a
# row. An agent that runs tool calls in parallel has to send those of one server one after another.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @modelcontextprotocol/server-memory@2026.8.31 @modelcontextprotocol/sdk@1.32.2
cat >run.mjs <<'JS'
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const server = "node_modules/@modelcontextprotocol/server-memory/dist/index.js";
const remember = (client, number) =>
  client.callTool({ name: "create_entities", arguments: { entities: [{ name: `fact ${number}`, entityType: "fact", observations: ["true"] }] } });
const ways = {
  "at once": (client, numbers) => Promise.all(numbers.map((number) => remember(client, number))),
  async "one after another"(client, numbers) {
    const results = [];
    for (const number of numbers) results.push(await remember(client, number));
    return results;
  },
};
for (const [name, send] of Object.entries(ways)) {
  const client = new Client({ name: "test", version: "1" });
  const env = { MEMORY_FILE_PATH: `${process.cwd()}/${name}.jsonl` };
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [server], env, stderr: "ignore" }));
  const results = await send(client, [1, 2, 3, 4, 5]);
  const { content } = await client.callTool({ name: "read_graph", arguments: {} });
  const { entities } = JSON.parse(content[0].text);
  const lost = entities.length < 5 ? "some are lost" : "all are there";
  console.log(`${name}: ${results.filter(({ isError }) => !isError).length} calls succeed, ${lost}`);
  console.error(`${entities.length} of 5`);
  await client.close();
}
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
at once: 5 calls succeed, some are lost
one after another: 5 calls succeed, all are there
SEEN
echo "as on 2026-11-29"
