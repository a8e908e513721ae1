#!/usr/bin/env bash
# A model of the Messages API searches the web on the server's side, and the server stops it with `pause_turn`: "A
# server-tool loop reached its iteration limit. Send the assistant content back to continue." Expected: a tool loop
# sends it back. Seen on 2026-11-30 (Node 20.20.2): LangChain's agent returns the half answer as its last message. The
# AI SDK goes on while a search is open; when the last search has its result, it ends with `finishReason` "stop", as a
# whole answer does, and only `rawFinishReason` names the pause. The tool runner of the API's own SDK goes on in both
# cases, and its final message holds the second half alone. The agent-runtime of this repository sends the turn back.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @anthropic-ai/sdk@1.14.0 langchain@1.5.14 @langchain/anthropic@1.5.11 @langchain/core@1.4.0 \
  @langchain/langgraph@1.7.3 ai@7.0.173 @ai-sdk/anthropic@4.0.105 zod@4.6.7
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createAnthropic } from "@ai-sdk/anthropic";
import Anthropic from "@anthropic-ai/sdk";
import { ChatAnthropic } from "@langchain/anthropic";
import { generateText, isStepCount } from "ai";
import { createAgent } from "langchain";

// The search is open at the pause, or has its result already.
const search = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "rent" } };
const page = { type: "web_search_result", url: "http://example.com/", title: "Rent", encrypted_content: "x", page_age: null };
const result = { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [page] };
const text = (words) => ({ type: "text", text: words });
const pauses = { open: [text("First, "), search], done: [text("First, "), search, result] };
let pause;
let count;
const server = createServer(async (request, response) => {
  for await (const _ of request);
  count += 1;
  const content = count === 1 ? pauses[pause] : [...(pause === "open" ? [result] : []), text("the rent is 5.")];
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: `msg_${count}`, type: "message", role: "assistant", model: "m", content, stop_reason: count === 1 ? "pause_turn" : "end_turn", stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const host = `http://127.0.0.1:${server.address().port}`;
const tools = [{ type: "web_search_20250305", name: "web_search" }];
const prompt = "How much is the rent?";
globalThis.AI_SDK_LOG_WARNINGS = false;

const textOf = (content) => content.map((block) => block.text ?? "").join("");
const ways = {
  async "anthropic sdk 1.14.0, tool runner"() {
    const client = new Anthropic({ apiKey: "k", baseURL: host, maxRetries: 0 });
    const { content, stop_reason } = await client.beta.messages.toolRunner({ model: "m", max_tokens: 99, messages: [{ role: "user", content: prompt }], tools });
    return [textOf(content), stop_reason];
  },
  async "langchain 1.5.14"() {
    const model = new ChatAnthropic({ model: "m", apiKey: "k", maxRetries: 0, anthropicApiUrl: host });
    const { messages } = await createAgent({ model, tools }).invoke({ messages: [{ role: "user", content: prompt }] });
    return [textOf(messages.at(-1).content), messages.at(-1).response_metadata.stop_reason];
  },
  async "ai 7.0.173"() {
    const provider = createAnthropic({ apiKey: "k", baseURL: `${host}/v1` });
    const { steps, finishReason, rawFinishReason } = await generateText({ model: provider("m"), prompt, tools: { web_search: provider.tools.webSearch_20250305({}) }, stopWhen: isStepCount(5), maxRetries: 0 });
    return [steps.map((step) => step.text).join(""), `${finishReason} (${rawFinishReason})`];
  },
};
for (pause of Object.keys(pauses)) {
  for (const [name, ask] of Object.entries(ways)) {
    count = 0;
    const [answer, reason] = await ask();
    console.log(`search ${pause}, ${name}: ${count} requests, "${answer}", ${reason}`);
  }
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
search open, anthropic sdk 1.14.0, tool runner: 2 requests, "the rent is 5.", end_turn
search open, langchain 1.5.14: 1 requests, "First, ", pause_turn
search open, ai 7.0.173: 2 requests, "First, the rent is 5.", stop (end_turn)
search done, anthropic sdk 1.14.0, tool runner: 2 requests, "the rent is 5.", end_turn
search done, langchain 1.5.14: 1 requests, "First, ", pause_turn
search done, ai 7.0.173: 1 requests, "First, ", stop (pause_turn)
SEEN
echo "as on 2026-11-30"
