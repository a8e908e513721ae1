#!/usr/bin/env bash
# Chat Completions has a field of its own for the words of a model that refuses, `refusal` beside a `content` of null,
# and names a filter or a limit that cut an answer in `finish_reason`. Expected: an agent's caller reads the refusal,
# and can tell half an answer from a whole one. Seen on 2026-11-30 (Node 20.20.2): `runTools` of `openai` completes
# with null. LangChain completes with an empty answer, and the words are nowhere in its state. The AI SDK gives them as
# text, and the Agents SDK throws. A half answer is an error to `openai`, and marked by LangChain and the AI SDK. The
# Agents SDK completes: the answer has the status "completed", whether a filter or the limit of tokens cut it, and only
# the copy of the server's answer in `rawResponses` tells.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund openai@7.59.0 @openai/agents@0.20.0 ai@7.0.173 @ai-sdk/openai@4.0.118 langchain@1.5.14 \
  @langchain/core@1.4.0 @langchain/openai@1.6.0 @langchain/langgraph@1.7.3 zod@4.6.7
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAI } from "@ai-sdk/openai";
import { ChatOpenAI } from "@langchain/openai";
import { Agent, OpenAIProvider, Runner } from "@openai/agents";
import { generateText } from "ai";
import { createAgent } from "langchain";
import OpenAI from "openai";

const ends = {
  "a refusal": ["stop", { content: null, refusal: "I cannot help with that." }],
  "an answer that a filter cuts": ["content_filter", { content: "Take 5 mg, but never" }],
  "an answer that the limit cuts": ["length", { content: "Take 5 mg, but never" }],
};
let sent;
const server = createServer(async (request, response) => {
  for await (const _ of request);
  const [finish_reason, message] = sent;
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "m", choices: [{ index: 0, finish_reason, message: { role: "assistant", ...message } }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 };
const messages = [{ role: "user", content: "How much?" }];
const tools = [{ type: "function", function: { name: "look", parse: JSON.parse, parameters: {}, function: () => "seen" } }];
const runner = new Runner({ tracingDisabled: true, modelProvider: new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses: false }) });
const agent = createAgent({ model: new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration: options }), tools: [] });
globalThis.AI_SDK_LOG_WARNINGS = false;
// Returns the answer, the word for its end, and everything that the caller is given.
const ways = {
  "openai 7.59.0, runTools": async () => {
    const run = new OpenAI(options).chat.completions.runTools({ model: "m", messages, tools });
    return [await run.finalContent(), "none", run.messages];
  },
  "langchain 1.5.14": async () => {
    const state = await agent.invoke({ messages });
    const { content, response_metadata } = state.messages.at(-1);
    return [content, response_metadata.finish_reason, state];
  },
  "ai 7.0.173": async () => {
    const { text, finishReason, response } = await generateText({ model: createOpenAI(options).chat("m"), messages, maxRetries: 0 });
    return [text, finishReason, { response, finishReason }];
  },
  "openai agents 0.20.0": async () => {
    const { finalOutput, history, rawResponses } = await runner.run(new Agent({ name: "a", model: "m" }), "How much?");
    return [finalOutput, history.at(-1).status, { history, rawResponses }];
  },
};
for (const [what, end] of Object.entries(ends)) {
  sent = end;
  for (const [name, ask] of Object.entries(ways)) {
    const outcome = await ask().then(
      ([answer, word, everything]) => {
        const mark = end[1].refusal ?? end[0];
        const isLost = !JSON.stringify(everything).replace("content-filter", "content_filter").includes(mark);
        return `completes with ${JSON.stringify(answer)}, ended by "${word}"${isLost ? `, and "${mark}" is nowhere` : ""}`;
      },
      (error) => `throws "${error.message}"`,
    );
    console.log(`${what}, ${name}: ${outcome}`);
  }
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
a refusal, openai 7.59.0, runTools: completes with null, ended by "none"
a refusal, langchain 1.5.14: completes with "", ended by "stop", and "I cannot help with that." is nowhere
a refusal, ai 7.0.173: completes with "I cannot help with that.", ended by "content-filter"
a refusal, openai agents 0.20.0: throws "Model refused to produce output: I cannot help with that."
an answer that a filter cuts, openai 7.59.0, runTools: throws "Could not parse response content as the request was rejected by the content filter"
an answer that a filter cuts, langchain 1.5.14: completes with "Take 5 mg, but never", ended by "content_filter"
an answer that a filter cuts, ai 7.0.173: completes with "Take 5 mg, but never", ended by "content-filter"
an answer that a filter cuts, openai agents 0.20.0: completes with "Take 5 mg, but never", ended by "completed"
an answer that the limit cuts, openai 7.59.0, runTools: throws "Could not parse response content as the length limit was reached"
an answer that the limit cuts, langchain 1.5.14: completes with "Take 5 mg, but never", ended by "length"
an answer that the limit cuts, ai 7.0.173: completes with "Take 5 mg, but never", ended by "length"
an answer that the limit cuts, openai agents 0.20.0: completes with "Take 5 mg, but never", ended by "completed"
SEEN
echo "as on 2026-11-30"
