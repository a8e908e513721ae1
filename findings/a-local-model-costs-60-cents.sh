#!/usr/bin/env bash
# Claude Code talks to a model on one's own machine through ANTHROPIC_BASE_URL, with `--model qwen3-local`. Expected:
# the result of `-p --output-format json` has no cost, or none that is a number, as nobody knows the price. Seen on
# 2026-11-30 (claude-code 2.1.332, Linux x64): 100,000 tokens read and 10,000 written cost 0.60 dollars, four times the
# price of claude-haiku-4-5, and the only hint is `costBasis: "unknown"`. `--max-budget-usd 0.5` stops the local model
# for its invented cost. The same line assumes a context window of 1,000,000 tokens, of a model that may have 32,000.
set -euo pipefail
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @anthropic-ai/claude-code@2.1.332
cat >server.mjs <<'JS'
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
const event = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data) => (body += data));
  request.on("end", () => {
    const { model } = JSON.parse(body);
    const usage = { input_tokens: 100_000, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
    const message = { id: "msg_1", type: "message", role: "assistant", model, content: [], stop_reason: null, stop_sequence: null, usage };
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(event("message_start", { message }));
    response.write(event("content_block_start", { index: 0, content_block: { type: "text", text: "" } }));
    response.write(event("content_block_delta", { index: 0, delta: { type: "text_delta", text: "Hello." } }));
    response.write(event("content_block_stop", { index: 0 }));
    response.write(event("message_delta", { delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 10_000 } }));
    response.end(event("message_stop", {}));
  });
});
server.listen(0, "127.0.0.1", () => writeFileSync("port", String(server.address().port)));
JS
cat >describe.mjs <<'JS'
import { readFileSync } from "node:fs";
const { subtype, total_cost_usd: cost, modelUsage } = JSON.parse(readFileSync(0, "utf8"));
const [[model, { costBasis, contextWindow }]] = Object.entries(modelUsage);
console.log(`${process.argv[2]}: ${model} ${subtype}, ${cost.toFixed(2)} dollars (${costBasis}), a window of ${contextWindow}`);
JS
node server.mjs &
server=$!
until [ -s port ]; do kill -0 "$server"; done
mkdir home project
ask() {
  (cd project && env -i PATH="$PATH" HOME="$dir/home" ANTHROPIC_BASE_URL="http://127.0.0.1:$(cat ../port)" ANTHROPIC_API_KEY=none \
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_AUTOUPDATER=1 timeout 60 ../node_modules/.bin/claude -p "Say hello." \
    --output-format json "$@" </dev/null 2>/dev/null) || true
}
{
  ask --model claude-haiku-4-5 | node describe.mjs "a known model"
  ask --model qwen3-local | node describe.mjs "a local model"
  ask --model qwen3-local --max-budget-usd 0.5 | node describe.mjs "with 0.5 dollars"
} | tee seen.txt
diff seen.txt - <<'SEEN'
a known model: claude-haiku-4-5 success, 0.15 dollars (list), a window of 200000
a local model: qwen3-local success, 0.60 dollars (unknown), a window of 1000000
with 0.5 dollars: qwen3-local error_max_budget_usd, 0.60 dollars (unknown), a window of 1000000
SEEN
echo "as on 2026-11-30"
