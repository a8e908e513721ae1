#!/usr/bin/env bash
# A model's server closes the connection in the middle of an answer, after "Take 50". A second model, or a second try,
# is set up for failures. Expected: the stream throws, or tells the page to drop what it has shown. Seen on 2026-11-30
# (Node 20.20.2): the second answer, "5 mg.", goes on where the first one broke off, and the page shows "Take 505 mg.".
# So it is with ai-fallback, which also keeps that as the text, and with the middleware of LangChain, where only the id
# of the message tells the two apart and the thread keeps "5 mg.". When each try breaks off, LangChain's retry puts the
# error into the mouth of the model, completes, and keeps that as the answer (its default). `withFallbacks` throws, and
# ai-retry ends the text without a word.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/openai@4.0.118 ai-fallback@3.0.0 ai-retry@2.4.0 langchain@1.5.14 \
  @langchain/core@1.4.0 @langchain/openai@1.6.0 @langchain/langgraph@1.7.3 zod@4.6.7
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAI } from "@ai-sdk/openai";
import { MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { streamText } from "ai";
import { createFallback } from "ai-fallback";
import { createRetryableModel, error } from "ai-retry/language-model";
import { createAgent, modelFallbackMiddleware, modelRetryMiddleware } from "langchain";

// The model "first" breaks off, and "second" answers whole.
let asked;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const { model } = JSON.parse(body);
  asked.push(model);
  const id = `answer ${asked.length}`;
  const send = (delta, finish_reason = null, sent = undefined) =>
    response.write(`data: ${JSON.stringify({ id, object: "chat.completion.chunk", created: 1, model, choices: [{ index: 0, delta, finish_reason }] })}\n\n`, sent);
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (model === "first") {
    send({ role: "assistant", content: "Take 50" }, null, () => response.destroy());
    return;
  }
  send({ role: "assistant", content: "5 mg." });
  send({}, "stop");
  response.end("data: [DONE]\n\n");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1` };
const provider = createOpenAI(options);
const first = provider.chat("first");
const second = provider.chat("second");
const langchain = (model) => new ChatOpenAI({ model, apiKey: "k", maxRetries: 0, configuration: options });
globalThis.AI_SDK_LOG_WARNINGS = false;

async function* withFallbacks() {
  const stream = await langchain("first").withFallbacks([langchain("second")]).stream("How much?");
  for await (const { content } of stream) yield content;
}
const middleware = (...middlewares) =>
  async function* () {
    const agent = createAgent({ model: langchain("first"), tools: [], middleware: middlewares, checkpointer: new MemorySaver() });
    const config = { configurable: { thread_id: "1" } };
    const stream = await agent.stream({ messages: [{ role: "user", content: "How much?" }] }, { ...config, streamMode: "messages" });
    for await (const [{ content }] of stream) yield content;
    return (await agent.getState(config)).values.messages.at(-1).content;
  };
const aiSdk = (model) =>
  async function* () {
    const result = streamText({ model, prompt: "How much?", maxRetries: 0, onError() {} });
    yield* result.textStream;
    return result.text;
  };
const ways = {
  "langchain core 1.4.0, withFallbacks": withFallbacks,
  "langchain 1.5.14, modelFallbackMiddleware": middleware(modelFallbackMiddleware(langchain("second"))),
  "langchain 1.5.14, modelRetryMiddleware": middleware(modelRetryMiddleware({ maxRetries: 1, initialDelayMs: 1 })),
  "ai-fallback 3.0.0": aiSdk(createFallback({ models: [first, second] })),
  "ai-retry 2.4.0": aiSdk(createRetryableModel({ model: first, retries: [error.isRetryable(true).switch({ model: second })] })),
};
for (const [name, start] of Object.entries(ways)) {
  asked = [];
  let shown = "";
  const read = async () => {
    const stream = start();
    for (;;) {
      const { value, done } = await stream.next();
      if (done) return `ends, and keeps "${value}"`;
      shown += value;
    }
  };
  const end = await read().catch(({ message }) => `throws "${message}"`);
  console.log(`${name}: asks ${asked.join(" and ")}, shows "${shown}", ${end}`);
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
langchain core 1.4.0, withFallbacks: asks first, shows "Take 50", throws "terminated"
langchain 1.5.14, modelFallbackMiddleware: asks first and second, shows "Take 505 mg.", ends, and keeps "5 mg."
langchain 1.5.14, modelRetryMiddleware: asks first and first, shows "Take 50Take 50Model call failed after 2 attempts with TypeError: terminated", ends, and keeps "Model call failed after 2 attempts with TypeError: terminated"
ai-fallback 3.0.0: asks first and second, shows "Take 505 mg.", ends, and keeps "Take 505 mg."
ai-retry 2.4.0: asks first, shows "Take 50", ends, and keeps "Take 50"
SEEN
echo "as on 2026-11-30"
