#!/usr/bin/env bash
# Codex keeps a session as JSON lines (a "rollout"), and lists of sessions are titled by their first user message.
# Expected: the first line with the role `user` holds what the user typed. Seen on 2026-11-29 (codex 0.171.0, Linux
# x64): it holds an `<environment_context>` of Codex' own, with the role `user`. The words of the user come second,
# after lines of five other types. `role` does not tell the two apart; the only field that does lies in
# `internal_chat_message_metadata_passthrough`: its `provenance` is `harness` or `user`.
set -euo pipefail
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @openai/codex@0.171.0
cat >server.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
const event = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const item = { type: "message", id: "msg_1", role: "assistant", status: "completed", content: [{ type: "output_text", text: "Done.", annotations: [] }] };
const response = { id: "resp_1", object: "response", status: "completed", model: "m", output: [item], usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 } };
const answer = [
  event("response.created", { response: { ...response, status: "in_progress", output: [] } }),
  event("response.output_item.added", { output_index: 0, item }),
  event("response.output_item.done", { output_index: 0, item }),
  event("response.completed", { response }),
].join("");
const server = createServer((request, reply) => {
  request.resume().on("end", () => reply.writeHead(200, { "content-type": "text/event-stream" }).end(answer));
});
server.listen(0, "127.0.0.1", () => writeFileSync("port", String(server.address().port)));
JS
node server.mjs &
server=$!
until [ -s port ]; do kill -0 "$server"; done
mkdir -p home/.codex project
cat >home/.codex/config.toml <<TOML
model = "gpt-5.5"
model_provider = "local"
[model_providers.local]
name = "local"
base_url = "http://127.0.0.1:$(cat port)/v1"
wire_api = "responses"
env_key = "LOCAL_KEY"
TOML
(cd project && env -i PATH="$PATH" HOME="$dir/home" LOCAL_KEY=none timeout 60 ../node_modules/.bin/codex exec --skip-git-repo-check "Say hello." </dev/null >/dev/null 2>&1)
cat >read.mjs <<'JS'
import { readFileSync } from "node:fs";
const lines = readFileSync(process.argv[2], "utf8").trim().split("\n").map((line) => JSON.parse(line));
const byUser = lines.filter(({ type, payload }) => type === "response_item" && payload.role === "user");
for (const { payload } of byUser) {
  const [{ provenance }] = payload.internal_chat_message_metadata_passthrough.content_item_metadata;
  console.log(payload.role, provenance.type, JSON.stringify(payload.content[0].text.split("\n")[0]));
}
JS
node read.mjs home/.codex/sessions/*/*/*/*.jsonl | tee seen.txt
diff seen.txt - <<'SEEN'
user harness "<environment_context>"
user user "Say hello."
SEEN
echo "as on 2026-11-29"
