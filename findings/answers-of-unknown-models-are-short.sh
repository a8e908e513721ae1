#!/usr/bin/env bash
# Kimi, GLM and DeepSeek offer the Messages API under model names of their own, and the AI SDK can ask them through
# @ai-sdk/anthropic. Expected: `maxOutputTokens` goes out as given, and a model that the package does not know gets
# the room of the models it knows.
# Seen on 2026-11-29 (Node 20.20.2): without `maxOutputTokens` the request of an unknown model asks for 4,096 tokens,
# which thinking shares, and one of a known model for 64,000 or more. A long answer ends with finishReason "length".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/anthropic@4.0.105 zod@4.6.7
cat >run.mjs <<'JS'
import { createServer } from "node:http";
import { createAnthropic } from "@ai-sdk/anthropic";
import { generateText } from "ai";

globalThis.AI_SDK_LOG_WARNINGS = false;
const message = {
  id: "m", type: "message", role: "assistant", model: "m", content: [{ type: "text", text: "Hi." }],
  stop_reason: "end_turn", stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 },
};
let asked;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data) => (body += data));
  request.on("end", () => {
    asked = JSON.parse(body).max_tokens;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(message));
  });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const provider = createAnthropic({ apiKey: "none", baseURL: `http://127.0.0.1:${server.address().port}/v1` });
for (const [model, maxOutputTokens] of [["claude-sonnet-4-5"], ["kimi-k2-thinking"], ["glm-4.7"], ["kimi-k2-thinking", 32_000]]) {
  await generateText({ model: provider(model), prompt: "hi", maxOutputTokens });
  console.log(`${model}, maxOutputTokens ${maxOutputTokens}: max_tokens ${asked}`);
}
server.close();
server.closeAllConnections();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
claude-sonnet-4-5, maxOutputTokens undefined: max_tokens 64000
kimi-k2-thinking, maxOutputTokens undefined: max_tokens 4096
glm-4.7, maxOutputTokens undefined: max_tokens 4096
kimi-k2-thinking, maxOutputTokens 32000: max_tokens 32000
SEEN
echo "as on 2026-11-29"
