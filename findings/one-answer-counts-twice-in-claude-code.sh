#!/usr/bin/env bash
# Claude Code keeps a session as JSON lines, and many tools sum the `usage` of its `assistant` lines.
# Expected: a line for each answer of the API. Seen on 2026-11-29 (claude-code 2.1.332, Linux x64): a line for each
# content block. Both lines of one answer have the same `message.id` and each the whole `usage` (20 of 20 output
# tokens), so that the sum counts an answer with text and a tool call twice. Whoever reads such files must count
# each `message.id` once. `costUSD` of no line helps, because there is none.
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
let count = 0;
function answer(blocks, stop_reason) {
  count += 1;
  const usage = { input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const message = { id: `msg_${count}`, type: "message", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null, usage };
  return [
    event("message_start", { message }),
    ...blocks.flatMap(([content_block, delta], index) => [
      event("content_block_start", { index, content_block }),
      event("content_block_delta", { index, delta }),
      event("content_block_stop", { index }),
    ]),
    event("message_delta", { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 20 } }),
    event("message_stop", {}),
  ].join("");
}
const text = (words) => [{ type: "text", text: "" }, { type: "text_delta", text: words }];
const bash = [
  { type: "tool_use", id: "toolu_1", name: "Bash", input: {} },
  { type: "input_json_delta", partial_json: '{"command":"echo hello","description":"Says hello"}' },
];
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data) => (body += data));
  request.on("end", () => {
    const isSecond = body.includes('"tool_result"');
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(isSecond ? answer([text("Done.")], "end_turn") : answer([text("Let me look."), bash], "tool_use"));
  });
});
server.listen(0, "127.0.0.1", () => writeFileSync("port", String(server.address().port)));
JS
node server.mjs &
server=$!
until [ -s port ]; do kill -0 "$server"; done
mkdir home project
(cd project && env -i PATH="$PATH" HOME="$dir/home" ANTHROPIC_BASE_URL="http://127.0.0.1:$(cat ../port)" ANTHROPIC_API_KEY=none \
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_AUTOUPDATER=1 timeout 60 ../node_modules/.bin/claude -p "Say hello." --allowedTools Bash </dev/null)
cat >read.mjs <<'JS'
import { readFileSync } from "node:fs";
const lines = readFileSync(process.argv[2], "utf8").trim().split("\n").map((line) => JSON.parse(line));
const answers = lines.filter(({ type }) => type === "assistant").map(({ message }) => message);
for (const { id, content, usage } of answers) console.log(id, content.map(({ type }) => type).join(), usage.output_tokens);
const sum = (messages) => messages.reduce((total, { usage }) => total + usage.output_tokens, 0);
console.log("every line:", sum(answers), "every message.id:", sum([...new Map(answers.map((one) => [one.id, one])).values()]));
JS
node read.mjs home/.claude/projects/*/*.jsonl | tee seen.txt
diff seen.txt - <<'SEEN'
msg_1 text 20
msg_1 tool_use 20
msg_2 text 20
every line: 60 every message.id: 40
SEEN
echo "as on 2026-11-29"
