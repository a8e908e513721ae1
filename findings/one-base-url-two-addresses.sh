#!/usr/bin/env bash
# Three clients read ANTHROPIC_BASE_URL. Expected: with one value all of them ask one address, and send the key in
# the one header that the Messages API documents, `x-api-key`.
# Seen on 2026-11-29 (Node 20.20.2): with `http://host` the official SDK and LangChain ask `/v1/messages`, the AI SDK
# asks `/messages`, because its value must end in `/v1`. Since 1.x the official SDK sends an API key as
# `Authorization: Bearer` and sends no `x-api-key`. The two sides also differ in `anthropic-version`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @anthropic-ai/sdk@1.14.0 @langchain/anthropic@1.5.11 @langchain/core@1.4.0 ai@7.0.173 @ai-sdk/anthropic@4.0.105 zod@4.6.7
cat >run.mjs <<'JS'
import { createServer } from "node:http";
import { createAnthropic } from "@ai-sdk/anthropic";
import Anthropic from "@anthropic-ai/sdk";
import { ChatAnthropic } from "@langchain/anthropic";
import { generateText } from "ai";

globalThis.AI_SDK_LOG_WARNINGS = false;
let seen;
const message = {
  id: "m", type: "message", role: "assistant", model: "m", content: [{ type: "text", text: "Hi." }],
  stop_reason: "end_turn", stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 },
};
const server = createServer((request, response) => {
  const { authorization, "x-api-key": key, "anthropic-version": version } = request.headers;
  seen = `${request.url} authorization=${authorization} x-api-key=${key} anthropic-version=${version}`;
  request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(message)));
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
process.env.ANTHROPIC_BASE_URL = `http://127.0.0.1:${server.address().port}`;
process.env.ANTHROPIC_API_KEY = "none";
const clients = {
  "@anthropic-ai/sdk": () => new Anthropic().messages.create({ model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
  "@langchain/anthropic": () => new ChatAnthropic({ model: "m", maxTokens: 9 }).invoke("hi"),
  "@ai-sdk/anthropic": () => generateText({ model: createAnthropic()("m"), maxOutputTokens: 9, prompt: "hi" }),
};
for (const [name, ask] of Object.entries(clients)) {
  await ask();
  console.log(`${name}: ${seen}`);
}
server.close();
server.closeAllConnections();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
@anthropic-ai/sdk: /v1/messages authorization=Bearer none x-api-key=undefined anthropic-version=2026-10-21
@langchain/anthropic: /v1/messages authorization=undefined x-api-key=none anthropic-version=2023-06-01
@ai-sdk/anthropic: /messages authorization=undefined x-api-key=none anthropic-version=2023-06-01
SEEN
echo "as on 2026-11-29"
