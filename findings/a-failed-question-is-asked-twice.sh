#!/usr/bin/env bash
# A model's server refuses one request, and the program asks the same question again in the same thread. Then it stops
# an answer halfway and goes on. Expected: the model reads the question once, and what the user has read of the stopped
# answer. Seen on 2026-11-29 (Node 20.20.2): a LangGraph thread keeps the question of the failed run, so that the retry
# asks it twice; `invoke(null)` would continue instead. A session of the Agents SDK does so when the run streams, and forgets
# the failed question when it does not. Both keep the question of a stopped run and forget the half of the answer that
# was shown; one throws, and one completes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund langchain@1.5.14 @langchain/core@1.4.0 @langchain/openai@1.6.0 \
  @langchain/langgraph@1.7.3 @openai/agents@0.20.0 openai@7.59.0 zod@4.6.7
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { Agent, MemorySession, OpenAIProvider, Runner } from "@openai/agents";
import { createAgent } from "langchain";
import OpenAI from "openai";

// Refuses, holds back the second half of its answer, or answers whole.
let mode;
let read;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const { messages, stream: isStreamed } = JSON.parse(body);
  read = messages.map(({ role, content }) => `${role} "${content}"`).join(", ");
  if (mode === "refuse") {
    response.writeHead(400, { "content-type": "application/json" });
    response.end('{"error":{"message":"Refused."}}');
    return;
  }
  if (!isStreamed) {
    response.writeHead(200, { "content-type": "application/json" });
    const choices = [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Half and half." } }];
    response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "m", choices, usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
    return;
  }
  const send = (delta, finish_reason = null) =>
    response.write(`data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
  response.writeHead(200, { "content-type": "text/event-stream" });
  send({ role: "assistant", content: "Half " });
  if (mode === "hold") return;
  send({ content: "and half." });
  send({}, "stop");
  response.end("data: [DONE]\n\n");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 };

function langgraph() {
  const model = new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration: options });
  const agent = createAgent({ model, tools: [], checkpointer: new MemorySaver() });
  return async (question, signal, seen) => {
    const config = { streamMode: "messages", signal, configurable: { thread_id: "1" } };
    for await (const _ of await agent.stream({ messages: [{ role: "user", content: question }] }, config)) seen();
  };
}
function agents() {
  const modelProvider = new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses: false });
  const runner = new Runner({ tracingDisabled: true, modelProvider });
  const session = new MemorySession();
  return async (question, signal, seen) => {
    const stream = await runner.run(new Agent({ name: "a", model: "m" }), question, { session, stream: true, signal });
    for await (const event of stream) if (event.data?.type === "output_text_delta") seen();
    await stream.completed;
  };
}
function agentsWhole() {
  const modelProvider = new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses: false });
  const runner = new Runner({ tracingDisabled: true, modelProvider });
  const session = new MemorySession();
  return (question) => runner.run(new Agent({ name: "a", model: "m" }), question, { session });
}
for (const [name, make] of Object.entries({ "langgraph 1.7.3": langgraph, "openai agents 0.20.0": agents, "openai agents 0.20.0 without a stream": agentsWhole })) {
  for (const first of make === agentsWhole ? ["refuse"] : ["refuse", "hold"]) {
    const ask = make();
    const stop = new AbortController();
    mode = first;
    const end = await ask("Pay the rent", stop.signal, () => stop.abort()).then(() => "completes", (error) => `throws ${error.name}`);
    mode = "answer";
    await ask(first === "refuse" ? "Pay the rent" : "Go on", undefined, () => {});
    console.log(`${name}, ${first === "refuse" ? "refused" : "stopped"}: ${end}; then the model reads ${read}`);
  }
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
langgraph 1.7.3, refused: throws Error; then the model reads user "Pay the rent", user "Pay the rent"
langgraph 1.7.3, stopped: throws AbortError; then the model reads user "Pay the rent", user "Go on"
openai agents 0.20.0, refused: throws Error; then the model reads user "Pay the rent", user "Pay the rent"
openai agents 0.20.0, stopped: completes; then the model reads user "Pay the rent", user "Go on"
openai agents 0.20.0 without a stream, refused: throws Error; then the model reads user "Pay the rent"
SEEN
echo "as on 2026-11-29"
