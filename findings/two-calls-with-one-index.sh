#!/usr/bin/env bash
# Some servers of the Chat Completions form send parallel tool calls that differ by `id` only: each has index 0, or
# has none. A tool without parameters may come with `arguments: ""`. Expected: clients of one API agree on what
# such a stream means. Seen on 2026-11-29 (Node 20.20.2), in a tool loop of each:
# - two calls with index 0: `openai` joins them into one call with the arguments `{}{}`, and the model is told of a
#   JSON error; LangChain and the AI SDK run both;
# - no index: `openai` 7 throws, `openai` 6 ends the loop without text, without a call and without an error;
# - empty arguments: `openai` with `parse: JSON.parse`, as its README shows it, answers the model with
#   "Unexpected end of JSON input"; the others run the tool with `{}`.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund openai@7.59.0 openai6@npm:openai@6.49.0 @langchain/openai@1.6.0 @langchain/core@1.4.0 \
  ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 zod@4.6.7
cat >run.mjs <<'JS'
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { HumanMessage } from "@langchain/core/messages";
import { tool as langchainTool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import OpenAI6 from "openai6";
import { z } from "zod";

const event = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const call = (id, args, index) => ({ tool_calls: [{ ...(index !== undefined && { index }), id, type: "function", function: { name: "look", arguments: args } }] });
const streams = {
  "two calls with index 0": [call("call_1", "{}", 0), call("call_2", "{}", 0)],
  "one call without an index": [call("call_1", "{}")],
  "empty arguments": [call("call_1", "", 0)],
};
let stream;
let told;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data) => (body += data));
  request.on("end", () => {
    const results = JSON.parse(body).messages.filter(({ role }) => role === "tool");
    const isSecond = results.length > 0;
    if (isSecond) told = results.map(({ tool_call_id, content }) => `${tool_call_id}: ${content.replace(/ at position.*/, "")}`).join(", ");
    const deltas = isSecond ? [{ role: "assistant", content: "Done." }] : [{ role: "assistant" }, ...streams[stream]];
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end([...deltas.map((delta) => event(delta)), event({}, isSecond ? "stop" : "tool_calls"), "data: [DONE]\n\n"].join(""));
  });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const baseURL = `http://127.0.0.1:${server.address().port}/v1`;
const runTools = (Sdk) => () =>
  new Sdk({ apiKey: "none", baseURL }).chat.completions
    .runTools({
      model: "m", stream: true, messages: [{ role: "user", content: "hi" }],
      tools: [{ type: "function", function: { name: "look", parse: JSON.parse, parameters: { type: "object", properties: {} }, function: () => "seen" } }],
    })
    .finalContent();
const loops = {
  "openai 7": runTools(OpenAI),
  "openai 6": runTools(OpenAI6),
  "@langchain/openai": async () => {
    const look = langchainTool(async () => "seen", { name: "look", description: "Looks.", schema: z.object({}) });
    const model = new ChatOpenAI({ apiKey: "none", model: "m", configuration: { baseURL } }).bindTools([look]);
    const messages = [new HumanMessage("hi")];
    let answer;
    for await (const chunk of await model.stream(messages)) answer = answer?.concat(chunk) ?? chunk;
    for (const one of answer.tool_calls) messages.push(await look.invoke(one));
    for await (const _ of await model.stream([messages[0], answer, ...messages.slice(1)]));
  },
  ai: () => {
    const provider = createOpenAICompatible({ name: "local", baseURL, apiKey: "none" });
    const look = tool({ inputSchema: z.object({}), execute: () => "seen" });
    return streamText({ model: provider("m"), prompt: "hi", tools: { look }, stopWhen: stepCountIs(2) }).text;
  },
};
for (stream of Object.keys(streams)) {
  for (const [name, loop] of Object.entries(loops)) {
    told = "nothing";
    const failure = await loop().then(() => "", (error) => `, error "${error.message}"`);
    console.log(`${stream}; ${name}: the model is told ${told}${failure}`);
  }
}
server.close();
server.closeAllConnections();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
two calls with index 0; openai 7: the model is told call_2: Unexpected non-whitespace character after JSON
two calls with index 0; openai 6: the model is told call_2: Unexpected non-whitespace character after JSON
two calls with index 0; @langchain/openai: the model is told call_1: seen, call_2: seen
two calls with index 0; ai: the model is told call_1: seen, call_2: seen
one call without an index; openai 7: the model is told nothing, error "Chat completion stream contains an invalid tool call index: undefined"
one call without an index; openai 6: the model is told nothing
one call without an index; @langchain/openai: the model is told call_1: seen
one call without an index; ai: the model is told call_1: seen
empty arguments; openai 7: the model is told call_1: Unexpected end of JSON input
empty arguments; openai 6: the model is told call_1: Unexpected end of JSON input
empty arguments; @langchain/openai: the model is told call_1: seen
empty arguments; ai: the model is told call_1: seen
SEEN
echo "as on 2026-11-29"
