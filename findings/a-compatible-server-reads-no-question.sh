#!/usr/bin/env bash
# Many servers speak the Messages API beside its maker's: Ollama, llama.cpp, vLLM, LiteLLM, Kimi, GLM, DeepSeek. A
# program asks one of them through `toolRunner` of the API's own SDK. Expected: the second request of a tool loop holds
# the question, the call and its result, as the API has no memory. Seen on 2026-11-30 (Node 20.20.2): it did with
# 0.133.0. With 1.14.0 the runner asks the server to keep the conversation (`thread`, a beta), and then sends the
# result of the tool alone, without system prompt, tools and question, whatever the address. A server that ignores
# fields it does not know answers all the same, about nothing, and no call fails. `thread: false` brings the history
# back. Whoever writes a compatible server should refuse `thread`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @anthropic-ai/sdk@1.14.0 before@npm:@anthropic-ai/sdk@0.133.0 zod@4.6.7
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import Before from "before";

// Calls the tool when it reads a question, and answers when it reads a result. It ignores fields it does not know.
let read;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const { system, tools, messages } = JSON.parse(body);
  const blocks = messages.flatMap(({ content }) => (typeof content === "string" ? [{ type: "text", text: content }] : content));
  read = [system ?? "no system prompt", `${tools?.length ?? "no"} tools`, ...blocks.map(({ type, text }) => text ?? type)].join(", ");
  const isSecond = blocks.at(-1).type === "tool_result";
  const content = isSecond ? [{ type: "text", text: "Sunny." }] : [{ type: "tool_use", id: "toolu_1", name: "weather", input: {} }];
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: "msg_1", type: "message", role: "assistant", model: "m", content, stop_reason: isSecond ? "end_turn" : "tool_use", stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const weather = { type: "custom", name: "weather", description: "Tells the weather.", input_schema: { type: "object", properties: {} }, run: () => "sunny", parse: (input) => input };
const question = { model: "m", max_tokens: 99, system: "Answer in Italian.", messages: [{ role: "user", content: "How is Rome?" }], tools: [weather] };
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}`, maxRetries: 0 };
const ways = {
  "0.133.0": [Before, question],
  "1.14.0": [Anthropic, question],
  "1.14.0 with thread: false": [Anthropic, { ...question, thread: false }],
};
for (const [name, [Sdk, params]] of Object.entries(ways)) {
  const { content } = await new Sdk(options).beta.messages.toolRunner(params);
  console.log(`${name}: the last request holds ${read}; the answer is "${content[0].text}"`);
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
0.133.0: the last request holds Answer in Italian., 1 tools, How is Rome?, tool_use, tool_result; the answer is "Sunny."
1.14.0: the last request holds no system prompt, no tools, tool_result; the answer is "Sunny."
1.14.0 with thread: false: the last request holds Answer in Italian., 1 tools, How is Rome?, tool_use, tool_result; the answer is "Sunny."
SEEN
echo "as on 2026-11-30"
