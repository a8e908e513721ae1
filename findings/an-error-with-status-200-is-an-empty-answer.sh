#!/usr/bin/env bash
# Some servers report an error in a stream that began with status 200, without a field `error`. MiniMax sends
# {"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}} (edenai/edenai-apis#360), Ollama
# {"error parsing tool call":"…"} (ollama/ollama#11781). Expected: the call fails, with the server's words. Seen on
# 2026-11-30 (Node 20.20.2): the loop over the stream of `openai` and groq-sdk returns an empty answer. LangChain and the
# helper of `openai` throw a fault of their own. The Agents SDK of OpenAI asks ten times, and reports too many turns.
# Only the AI SDK names what the server sent, as a value of the wrong type.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund openai@7.59.0 @langchain/openai@1.6.0 @langchain/core@1.4.0 \
  ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 @openai/agents@0.20.0 groq-sdk@1.6.0 zod@4.6.7
cat >run.mjs <<'JS'
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI } from "@langchain/openai";
import { Agent, OpenAIProvider, Runner, setTracingDisabled } from "@openai/agents";
import { streamText } from "ai";
import Groq from "groq-sdk";
import OpenAI from "openai";

const answers = {
  minimax: { choices: null, base_resp: { status_code: 1008, status_msg: "insufficient balance" } },
  ollama: { "error parsing tool call": "invalid character 'c' looking for beginning of value" },
};
let requests = 0;
const server = createServer((request, response) => {
  const [, name] = request.url.split("/");
  requests += 1;
  request.resume().on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(`data: ${JSON.stringify(answers[name])}\n\ndata: [DONE]\n\n`);
  });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const origin = `http://127.0.0.1:${server.address().port}`;
const messages = [{ role: "user", content: "hi" }];
const apiKey = "none";
setTracingDisabled(true);

/** Reads the text of an SDK's stream, as its guide does. */
async function read(stream) {
  let text = "";
  for await (const chunk of await stream) text += chunk.choices?.[0]?.delta?.content ?? "";
  return text;
}
const clients = {
  openai: (baseURL) => read(new OpenAI({ apiKey, baseURL }).chat.completions.create({ model: "m", messages, stream: true })),
  "openai stream()": (baseURL) => new OpenAI({ apiKey, baseURL }).chat.completions.stream({ model: "m", messages }).finalContent(),
  groq: (baseURL) => read(new Groq({ apiKey, baseURL }).chat.completions.create({ model: "m", messages, stream: true })),
  ai: async (baseURL) => {
    const model = createOpenAICompatible({ name: "local", baseURL, apiKey })("m");
    let reported;
    const text = await streamText({ model, prompt: "hi", onError: ({ error }) => (reported = error) }).text;
    if (reported) throw reported;
    return text;
  },
  langchain: async (baseURL) => {
    const model = new ChatOpenAI({ apiKey, model: "m", streaming: true, configuration: { baseURL } });
    return (await model.invoke("hi")).content;
  },
  agents: async (baseURL) => {
    const modelProvider = new OpenAIProvider({ apiKey, baseURL, useResponses: false });
    const result = await new Runner({ modelProvider }).run(new Agent({ name: "a", model: "m" }), "hi", { stream: true });
    await result.completed;
    return result.finalOutput ?? "";
  },
};
for (const server of Object.keys(answers)) {
  for (const [name, ask] of Object.entries(clients)) {
    requests = 0;
    const end = await ask(`${origin}/${server}`).then(
      (text) => (text === "" ? "empty answer" : "answered"),
      ({ name, message }) => `${name}: ${message.split("\n")[0].slice(0, 70)}`,
    );
    console.log(`${server}, ${name}: ${requests} requests, ${end}`);
  }
}
process.exit();
JS
node run.mjs 2>/dev/null | tee seen.txt
diff seen.txt - <<'SEEN'
minimax, openai: 1 requests, empty answer
minimax, openai stream(): 1 requests, Error: chunk.choices is not iterable
minimax, groq: 1 requests, empty answer
minimax, ai: 1 requests, AI_TypeValidationError: Type validation failed: Value: {"choices":null,"base_resp":{"status_co
minimax, langchain: 1 requests, TypeError: Cannot read properties of undefined (reading 'message')
minimax, agents: 10 requests, MaxTurnsExceededError: Max turns (10) exceeded
ollama, openai: 1 requests, empty answer
ollama, openai stream(): 1 requests, Error: chunk.choices is not iterable
ollama, groq: 1 requests, empty answer
ollama, ai: 1 requests, AI_TypeValidationError: Type validation failed: Value: {"error parsing tool call":"invalid cha
ollama, langchain: 1 requests, TypeError: Cannot read properties of undefined (reading 'message')
ollama, agents: 10 requests, MaxTurnsExceededError: Max turns (10) exceeded
SEEN
echo "as on 2026-11-30"
