#!/usr/bin/env bash
# A Chat Completions stream that the server closes cleanly after its first piece, without a `finish_reason` and
# without `[DONE]` (a proxy that restarts, a worker that is recycled), looks like a whole answer in most SDKs.
# Expected: every SDK reports the missing end. Seen on 2026-11-29 (Node 20.20.2): plain iteration over the
# stream ends without an error in five of six; the AI SDK and the `.stream()` helper of `openai` notice it.
# A program that iterates must check for itself that a `finish_reason` arrived.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund openai@7.59.0 groq-sdk@1.6.0 together-ai@0.52.0 \
  @mistralai/mistralai@2.7.0 @langchain/openai@1.6.0 @langchain/core@1.4.0 ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 zod@4.6.7
cat >run.mjs <<'JS'
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI } from "@langchain/openai";
import { Mistral } from "@mistralai/mistralai";
import { streamText } from "ai";
import Groq from "groq-sdk";
import OpenAI from "openai";
import Together from "together-ai";

const piece = {
  id: "c", object: "chat.completion.chunk", created: 1, model: "m",
  choices: [{ index: 0, delta: { role: "assistant", content: "Half of" }, finish_reason: null }],
};
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`data: ${JSON.stringify(piece)}\n\n`);
  });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;
const baseURL = `${origin}/v1`;
const request = { model: "m", messages: [{ role: "user", content: "hi" }] };

async function iterate(Sdk) {
  const client = new Sdk({ apiKey: "none", baseURL, maxRetries: 0 });
  let text = "";
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) text += chunk.choices[0].delta.content;
  return `ended normally with "${text}"`;
}
const tries = {
  "openai, create({ stream: true })": () => iterate(OpenAI),
  "groq-sdk": () => iterate(Groq),
  "together-ai": () => iterate(Together),
  "@mistralai/mistralai": async () => {
    const client = new Mistral({ apiKey: "none", serverURL: origin, retryConfig: { strategy: "none" } });
    let text = "";
    for await (const event of await client.chat.stream(request)) text += event.data.choices[0].delta.content;
    return `ended normally with "${text}"`;
  },
  "@langchain/openai": async () => {
    const model = new ChatOpenAI({ apiKey: "none", model: "m", configuration: { baseURL }, maxRetries: 0 });
    let text = "";
    for await (const chunk of await model.stream("hi")) text += chunk.content;
    return `ended normally with "${text}"`;
  },
  "openai, stream() helper": async () => {
    const client = new OpenAI({ apiKey: "none", baseURL, maxRetries: 0 });
    return JSON.stringify(await client.chat.completions.stream(request).finalChatCompletion());
  },
  "ai, streamText": async () => {
    const provider = createOpenAICompatible({ name: "local", baseURL, apiKey: "none" });
    const result = streamText({ model: provider("m"), prompt: "hi", maxRetries: 0, onError: () => {} });
    for await (const _ of result.textStream);
    return `finishReason "${await result.finishReason}"`;
  },
};
for (const [name, run] of Object.entries(tries)) {
  console.log(`${name}: ${await run().catch((error) => `error "${error.message}"`)}`);
}
server.close();
server.closeAllConnections();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
openai, create({ stream: true }): ended normally with "Half of"
groq-sdk: ended normally with "Half of"
together-ai: ended normally with "Half of"
@mistralai/mistralai: ended normally with "Half of"
@langchain/openai: ended normally with "Half of"
openai, stream() helper: error "missing finish_reason for choice 0"
ai, streamText: finishReason "error"
SEEN
echo "as on 2026-11-29"
