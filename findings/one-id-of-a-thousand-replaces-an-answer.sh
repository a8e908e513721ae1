#!/usr/bin/env bash
# Ollama's OpenAI endpoint draws the id of an answer from 999 numbers (`chatcmpl-%d` with `rand.Intn(999)`,
# ollama/ollama at 077a50b, middleware/openai.go). LangChain makes the id of an answer the id of its message, and a
# LangGraph thread replaces a message by a later one with the same id. Expected: an answer is added at the end of its
# thread. Seen on 2026-11-29 (Node 20.20.2): when two answers of a thread draw one id, the later one stands in the
# place of the earlier one, which is lost, and the thread ends with a question. By the birthday rule, every second
# thread of 38 answers has such a pair.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund langchain@1.5.14 @langchain/core@1.4.0 @langchain/openai@1.6.0 \
  @langchain/langgraph@1.7.3
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent } from "langchain";

// Answers with the ids that are drawn.
const drawn = ["chatcmpl-17", "chatcmpl-581", "chatcmpl-17"];
let count = 0;
const server = createServer(async (request, response) => {
  for await (const _ of request);
  const message = { role: "assistant", content: `answer ${count + 1}` };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: drawn[count++], object: "chat.completion", created: 1, model: "m", choices: [{ index: 0, finish_reason: "stop", message }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const configuration = { baseURL: `http://127.0.0.1:${server.address().port}/v1` };
const model = new ChatOpenAI({ model: "m", apiKey: "k", configuration });
const agent = createAgent({ model, tools: [], checkpointer: new MemorySaver() });
for (const turn of [1, 2, 3]) {
  const input = { messages: [{ role: "user", content: `question ${turn}` }] };
  const { messages } = await agent.invoke(input, { configurable: { thread_id: "1" } });
  console.log(messages.map(({ content }) => content).join(", "));
}
let free = 1;
let answers = 0;
while (free > 0.5) free *= 1 - answers++ / 999;
console.log(`one pair in two threads of ${answers} answers`);
process.exit();
JS
node run.mjs 2>/dev/null | tee seen.txt
diff seen.txt - <<'SEEN'
question 1, answer 1
question 1, answer 1, question 2, answer 2
question 1, answer 3, question 2, answer 2, question 3
one pair in two threads of 38 answers
SEEN
echo "as on 2026-11-29"
