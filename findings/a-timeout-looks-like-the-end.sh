#!/usr/bin/env bash
# A program gives a streamed answer a deadline with `signal: AbortSignal.timeout(…)`, and the deadline falls into the
# middle of the answer. Expected: the loop over the stream throws a TimeoutError, as one over the body of `fetch` does.
# Seen on 2026-11-30 (Node 20.20.2): with six of eleven ways the loop ends as if the answer were whole: the streams of
# `openai`, of the Messages API's SDK and of two SDKs made in the same way, `textStream` of the AI SDK, and the Agents
# SDK. The `stream()` helpers of the same two SDKs throw. Who sets a deadline has to look at `signal.aborted` after
# the loop, or half a sentence is saved as the answer.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund openai@7.59.0 @anthropic-ai/sdk@1.14.0 groq-sdk@1.6.0 together-ai@0.52.0 ai@7.0.173 \
  @ai-sdk/openai-compatible@3.0.92 @openai/agents@0.20.0 @mistralai/mistralai@2.7.0 @google/genai@3.3.0 @langchain/core@1.4.0 \
  @langchain/openai@1.6.0 zod@4.6.7
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { ChatOpenAI } from "@langchain/openai";
import { Mistral } from "@mistralai/mistralai";
import { Agent, OpenAIProvider, Runner } from "@openai/agents";
import { streamText } from "ai";
import Groq from "groq-sdk";
import OpenAI from "openai";
import Together from "together-ai";

// Sends half a sentence, and then nothing.
const half = "Take 5 mg, but never";
const usage = { input_tokens: 1, output_tokens: 1 };
const message = { id: "m", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null, usage };
const events = {
  messages: [
    { type: "message_start", message },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: half } },
  ],
  streamGenerateContent: [{ candidates: [{ index: 0, content: { role: "model", parts: [{ text: half }] } }] }],
  completions: [{ id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: { role: "assistant", content: half }, finish_reason: null }] }],
};
const server = createServer(async (request, response) => {
  for await (const _ of request);
  const [, sent] = Object.entries(events).find(([path]) => request.url.includes(path));
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(sent.map((event) => `${event.type ? `event: ${event.type}\n` : ""}data: ${JSON.stringify(event)}\n\n`).join(""));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const host = `http://127.0.0.1:${server.address().port}`;
const options = { apiKey: "k", baseURL: `${host}/v1`, maxRetries: 0 };
const atHost = { ...options, baseURL: host };
const chat = { model: "m", messages: [{ role: "user", content: "How much?" }] };
const limited = { ...chat, max_tokens: 99 };
globalThis.AI_SDK_LOG_WARNINGS = false;

async function* read(stream, textOf) {
  for await (const part of await stream) yield textOf(part);
}
const ofChoice = (chunk) => chunk.choices[0].delta.content;
const ofDelta = (event) => event.delta?.text;
function agents(signal) {
  const modelProvider = new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses: false });
  const run = new Runner({ tracingDisabled: true, modelProvider }).run(new Agent({ name: "a", model: "m" }), "How much?", { stream: true, signal });
  return read(run, ({ data }) => data?.delta);
}
const ways = {
  "openai 7.59.0": (signal) => read(new OpenAI(options).chat.completions.create({ ...chat, stream: true }, { signal }), ofChoice),
  "openai 7.59.0, helper": (signal) => read(new OpenAI(options).chat.completions.stream(chat, { signal }), ofChoice),
  "anthropic sdk 1.14.0": (signal) => read(new Anthropic(atHost).messages.create({ ...limited, stream: true }, { signal }), ofDelta),
  "anthropic sdk 1.14.0, helper": (signal) => read(new Anthropic(atHost).messages.stream(limited, { signal }), ofDelta),
  "groq-sdk 1.6.0": (signal) => read(new Groq(atHost).chat.completions.create({ ...chat, stream: true }, { signal }), ofChoice),
  "together-ai 0.52.0": (signal) => read(new Together(options).chat.completions.create({ ...chat, stream: true }, { signal }), ofChoice),
  "ai 7.0.173": (signal) => read(streamText({ ...chat, model: createOpenAICompatible({ name: "local", ...options })("m"), maxRetries: 0, abortSignal: signal }).textStream, (text) => text),
  "openai agents 0.20.0": agents,
  "langchain 1.6.0": (signal) => read(new ChatOpenAI({ model: "m", maxRetries: 0, apiKey: "k", configuration: options }).stream("How much?", { signal }), ({ content }) => content),
  "mistralai 2.7.0": (signal) => read(new Mistral({ apiKey: "k", serverURL: host }).chat.stream(chat, { fetchOptions: { signal } }), ({ data }) => ofChoice(data)),
  "google genai 3.3.0": (signal) => read(new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: host } }).models.generateContentStream({ model: "m", contents: "How much?", config: { abortSignal: signal } }), ({ text }) => text),
};
for (const [name, start] of Object.entries(ways)) {
  const stop = new AbortController();
  let answer = "";
  try {
    for await (const text of start(stop.signal)) {
      answer += text ?? "";
      // The reason of AbortSignal.timeout(), at a certain moment.
      if (answer === half) setImmediate(() => stop.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")));
    }
    console.log(`${name}: "${answer}", and the loop ends`);
  } catch (error) {
    console.log(`${name}: "${answer}", and the loop throws "${error.message.split("\n")[0]}"`);
  }
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
openai 7.59.0: "Take 5 mg, but never", and the loop ends
openai 7.59.0, helper: "Take 5 mg, but never", and the loop throws "Request was aborted."
anthropic sdk 1.14.0: "Take 5 mg, but never", and the loop ends
anthropic sdk 1.14.0, helper: "Take 5 mg, but never", and the loop throws "Request was aborted."
groq-sdk 1.6.0: "Take 5 mg, but never", and the loop ends
together-ai 0.52.0: "Take 5 mg, but never", and the loop ends
ai 7.0.173: "Take 5 mg, but never", and the loop ends
openai agents 0.20.0: "Take 5 mg, but never", and the loop ends
langchain 1.6.0: "Take 5 mg, but never", and the loop throws "The operation was aborted due to timeout"
mistralai 2.7.0: "Take 5 mg, but never", and the loop throws "The operation was aborted due to timeout"
google genai 3.3.0: "Take 5 mg, but never", and the loop throws "This operation was aborted"
SEEN
echo "as on 2026-11-30"
