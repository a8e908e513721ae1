#!/usr/bin/env bash
# A server answers 429 with `Retry-After: 90`, as providers do when a minute's or a day's tokens are spent.
# Expected: clients wait as long as the server says, or fail at once and say so. Seen on 2026-11-29 (Node 20.20.2),
# with default options, in the first 9 seconds: `openai` and the AI SDK ask three times and give up, against what the
# server said, because they obey up to 60 seconds only. @anthropic-ai/sdk and groq-sdk hold the call silently for
# 90 seconds. LangChain and Mistral fail after one request. With `Retry-After: 2` all but Mistral wait and ask again.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund openai@7.59.0 groq-sdk@1.6.0 @anthropic-ai/sdk@1.14.0 @mistralai/mistralai@2.7.0 \
  @langchain/openai@1.6.0 @langchain/core@1.4.0 ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 zod@4.6.7
cat >run.mjs <<'JS'
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic from "@anthropic-ai/sdk";
import { ChatOpenAI } from "@langchain/openai";
import { Mistral } from "@mistralai/mistralai";
import { generateText } from "ai";
import Groq from "groq-sdk";
import OpenAI from "openai";

const counts = new Map();
const body = JSON.stringify({ error: { message: "Rate limit reached.", type: "rate_limit_error" } });
const server = createServer((request, response) => {
  const [, name, wait] = request.url.split("/");
  counts.set(`${name} ${wait}`, (counts.get(`${name} ${wait}`) ?? 0) + 1);
  request.resume().on("end", () => response.writeHead(429, { "content-type": "application/json", "retry-after": wait }).end(body));
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;
const messages = [{ role: "user", content: "hi" }];
const apiKey = "none";
const clients = {
  openai: (baseURL) => new OpenAI({ apiKey, baseURL }).chat.completions.create({ model: "m", messages }),
  ai: (baseURL) => generateText({ model: createOpenAICompatible({ name: "local", baseURL, apiKey })("m"), prompt: "hi" }),
  anthropic: (baseURL) => new Anthropic({ apiKey, baseURL }).messages.create({ model: "m", max_tokens: 9, messages }),
  groq: (baseURL) => new Groq({ apiKey, baseURL }).chat.completions.create({ model: "m", messages }),
  langchain: (baseURL) => new ChatOpenAI({ apiKey, model: "m", configuration: { baseURL } }).invoke("hi"),
  mistral: (serverURL) => new Mistral({ apiKey, serverURL }).chat.complete({ model: "m", messages }),
};
for (const wait of [90, 2]) {
  const ends = Object.entries(clients).map(async ([name, ask]) => {
    const end = ask(`${origin}/${name}/${wait}`).catch(() => "failed");
    const late = new Promise((done) => setTimeout(done, 9_000, "still waiting"));
    const outcome = await Promise.race([end, late]);
    const count = counts.get(`${name} ${wait}`);
    return wait === 90 ? `${count} requests, ${outcome}` : count > 1 ? "asks again" : "one request";
  });
  const outcomes = await Promise.all(ends);
  Object.keys(clients).forEach((name, index) => console.log(`Retry-After ${wait}, ${name}: ${outcomes[index]}`));
}
process.exit();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
Retry-After 90, openai: 3 requests, failed
Retry-After 90, ai: 3 requests, failed
Retry-After 90, anthropic: 1 requests, still waiting
Retry-After 90, groq: 1 requests, still waiting
Retry-After 90, langchain: 1 requests, failed
Retry-After 90, mistral: 1 requests, failed
Retry-After 2, openai: asks again
Retry-After 2, ai: asks again
Retry-After 2, anthropic: asks again
Retry-After 2, groq: asks again
Retry-After 2, langchain: asks again
Retry-After 2, mistral: one request
SEEN
echo "as on 2026-11-29"
