#!/usr/bin/env bash
# A model edits one word with `edit_file` of MCP's reference server for files. Expected: the rest of the file keeps its
# bytes, the answer shows what changed, and a text that occurs twice is refused, as editing tools of agents do. Seen on
# 2026-11-29 (Node 20.20.2): every CRLF of the file becomes LF, and the diff in the answer does not show it. Of two equal
# places the first one is changed. A file in Latin-1 loses its accents, which no tool of the server can bring back.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @modelcontextprotocol/server-filesystem@2026.8.31 @modelcontextprotocol/sdk@1.32.2
cat >run.mjs <<'JS'
import { mkdir, readFile, realpath, writeFile } from "node:fs/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

await mkdir("shared");
const folder = await realpath("shared");
const server = "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js";
const client = new Client({ name: "test", version: "1" });
await client.connect(new StdioClientTransport({ command: process.execPath, args: [server, folder], stderr: "ignore" }));
const files = {
  "CRLF": [Buffer.from("one\r\ntwo\r\nthree\r\n"), "two", "2"],
  "two places": [Buffer.from("a = 1\nb\na = 1\n"), "a = 1", "a = 2"],
  "Latin-1": [Buffer.from("café\ntwo\n", "latin1"), "two", "2"],
};
for (const [name, [bytes, oldText, newText]] of Object.entries(files)) {
  const path = `${folder}/${name}.txt`;
  await writeFile(path, bytes);
  const { isError, content } = await client.callTool({ name: "edit_file", arguments: { path, edits: [{ oldText, newText }] } });
  const changed = content[0].text.split("\n").filter((line) => /^[-+](?![-+])/.test(line));
  const after = await readFile(path);
  console.log(`${name}: ${isError ? "refused" : `says ${changed.join(" ")}`}; ${JSON.stringify(bytes.toString("latin1"))} is now ${JSON.stringify(after.toString("latin1"))}`);
}
await client.close();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
CRLF: says -two +2; "one\r\ntwo\r\nthree\r\n" is now "one\n2\nthree\n"
two places: says -a = 1 +a = 2; "a = 1\nb\na = 1\n" is now "a = 2\nb\na = 1\n"
Latin-1: says -two +2; "café\ntwo\n" is now "cafï¿½\n2\n"
SEEN
echo "as on 2026-11-29"
