#!/usr/bin/env bash
# A user sends a second question in a chat before the first one is answered, for example in another tab. Both are
# answered, and the user reads both. Expected: the thread keeps both, or refuses the second while the first one runs.
# Seen on 2026-11-30 (Node 20.20.2): a LangGraph thread keeps what the run that ends last has begun with, and its
# answer. It loses the answer to A when B ends last, and B with its answer when A ends last. No call throws. A session
# of the Agents SDK keeps both. The checkpointers queue nothing: a server for LangGraph needs a queue for each thread,
# as the gateway of this repository has one for each session.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund langchain@1.5.14 @langchain/core@1.4.0 @langchain/openai@1.6.0 \
  @langchain/langgraph@1.7.3 @openai/agents@0.20.0 openai@7.59.0 zod@4.6.7
cat >run.mjs <<'JS'
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { Agent, MemorySession, OpenAIProvider, Runner } from "@openai/agents";
import { createAgent } from "langchain";
import OpenAI from "openai";

// Answers a question when the test says so.
const questions = new EventEmitter();
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const { messages } = JSON.parse(body);
  const read = messages.map(({ content }) => (typeof content === "string" ? content : content[0].text));
  const question = read.at(-1);
  const answer = () => {
    const message = { role: "assistant", content: `answer to ${question}` };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ id: question, object: "chat.completion", created: 1, model: "m", choices: [{ index: 0, finish_reason: "stop", message }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
  };
  questions.emit(question, answer, read);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 };

function langgraph() {
  const model = new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration: options });
  const agent = createAgent({ model, tools: [], checkpointer: new MemorySaver() });
  return (question) => agent.invoke({ messages: [{ role: "user", content: question }] }, { configurable: { thread_id: "1" } });
}
function agents() {
  const modelProvider = new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses: false });
  const runner = new Runner({ tracingDisabled: true, modelProvider });
  const session = new MemorySession();
  return (question) => runner.run(new Agent({ name: "a", model: "m" }), question, { session });
}
const clients = {
  "langgraph 1.7.3": langgraph,
  "openai agents 0.20.0": agents,
};
for (const [name, make] of Object.entries(clients)) {
  for (const order of ["AB", "BA"]) {
    const ask = make();
    const answers = {};
    const runs = {};
    for (const question of ["A", "B"]) {
      const read = once(questions, question);
      runs[question] = ask(question);
      [answers[question]] = await read;
    }
    for (const question of order) {
      answers[question]();
      await runs[question];
    }
    const read = once(questions, "C");
    const last = ask("C");
    const [answer, messages] = await read;
    answer();
    await last;
    console.log(`${name}, ${order[1]} ends last: with the next question the model reads ${messages.join(", ")}`);
  }
}
process.exit();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
langgraph 1.7.3, B ends last: with the next question the model reads A, B, answer to B, C
langgraph 1.7.3, A ends last: with the next question the model reads A, answer to A, C
openai agents 0.20.0, B ends last: with the next question the model reads A, answer to A, B, answer to B, C
openai agents 0.20.0, A ends last: with the next question the model reads B, answer to B, A, answer to A, C
SEEN
echo "as on 2026-11-30"
