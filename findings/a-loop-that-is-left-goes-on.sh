#!/usr/bin/env bash
# A program reads the stream of a model with `for await` and leaves the loop after the first word. Expected: the
# request ends, because the iterator is closed. Seen on 2026-11-29 (Node 20.20.2): six clients close the connection
# at once. `streamText` of the AI SDK and `@huggingface/inference` read the answer to its end, which is paid for. With
# the AI SDK a tool that the model calls after the loop was left still runs; only a next step is not asked for. Who
# wants to stop must pass an AbortSignal.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 openai@7.59.0 \
  groq-sdk@1.6.0 together-ai@0.52.0 @mistralai/mistralai@2.7.0 @langchain/core@1.4.0 @langchain/openai@1.6.0 \
  @openai/agents@0.20.0 @huggingface/inference@4.13.30 zod@4.6.7
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { InferenceClient } from "@huggingface/inference";
import { ChatOpenAI } from "@langchain/openai";
import { Mistral } from "@mistralai/mistralai";
import { Agent, OpenAIProvider, Runner } from "@openai/agents";
import { streamText, tool } from "ai";
import Groq from "groq-sdk";
import OpenAI from "openai";
import Together from "together-ai";
import { z } from "zod";

// Sends one word, and the rest with a tool call when the client has left its loop.
let current;
let left;
let ended;
const server = createServer(async (request, response) => {
  for await (const _ of request);
  const { left: isLeft } = current;
  const send = (delta, finish_reason = null) =>
    response.write(`data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
  response.on("close", () => ended(response.writableFinished ? "reads on to the end" : "closes the connection"));
  response.writeHead(200, { "content-type": "text/event-stream" });
  send({ role: "assistant", content: "I " });
  await isLeft;
  // Time for a client that stops to close its connection.
  await new Promise((resolve) => setTimeout(resolve, 500));
  send({ content: "pay." });
  send({ tool_calls: [{ index: 0, id: "1", type: "function", function: { name: "pay", arguments: "{}" } }] });
  send({}, "tool_calls");
  response.end("data: [DONE]\n\n");
});

server.listen(0, "127.0.0.1");
await once(server, "listening");
const root = `http://127.0.0.1:${server.address().port}`;
const options = { apiKey: "k", baseURL: `${root}/v1`, maxRetries: 0 };
const ask = { model: "m", messages: [{ role: "user", content: "Hi" }], stream: true };
const openai = new OpenAI(options);
let payments = 0;
const pay = tool({ inputSchema: z.object({}), execute: () => (payments += 1) });
const agents = new Runner({ tracingDisabled: true, modelProvider: new OpenAIProvider({ openAIClient: openai, useResponses: false }) });
const clients = {
  "openai 7.59.0": () => openai.chat.completions.create(ask),
  "groq-sdk 1.6.0": () => new Groq({ ...options, baseURL: root }).chat.completions.create(ask),
  "together-ai 0.52.0": () => new Together(options).chat.completions.create(ask),
  "mistralai 2.7.0": () => new Mistral({ apiKey: "k", serverURL: root }).chat.stream({ model: "m", messages: ask.messages }),
  "langchain openai 1.6.0": () => new ChatOpenAI({ model: "m", apiKey: "k", configuration: options }).stream("Hi"),
  "openai agents 0.20.0": () => agents.run(new Agent({ name: "a", model: "m" }), "Hi", { stream: true }),
  "huggingface inference 4.13.30": () => new InferenceClient("k", { endpointUrl: `${root}/v1/chat/completions` }).chatCompletionStream(ask),
  "ai 7.0.173": () => streamText({ model: createOpenAICompatible({ ...options, name: "x" })("m"), prompt: "Hi", tools: { pay } }).textStream,
};
for (const [name, open] of Object.entries(clients)) {
  current = { left: new Promise((resolve) => (left = resolve)) };
  const end = new Promise((resolve) => (ended = resolve));
  for await (const part of await open()) {
    // The first event of the agents says only that the agent is there.
    if (part.type === "agent_updated_stream_event") continue;
    break;
  }
  left();
  console.log(`${name}: ${await end}`);
}
while (payments === 0) await new Promise(setImmediate);
console.log(`the tool of ai 7.0.173 ran ${payments} time`);
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt
diff seen.txt - <<'SEEN'
openai 7.59.0: closes the connection
groq-sdk 1.6.0: closes the connection
together-ai 0.52.0: closes the connection
mistralai 2.7.0: closes the connection
langchain openai 1.6.0: closes the connection
openai agents 0.20.0: closes the connection
huggingface inference 4.13.30: reads on to the end
ai 7.0.173: reads on to the end
the tool of ai 7.0.173 ran 1 time
SEEN
echo "as on 2026-11-29"
