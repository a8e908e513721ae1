#!/usr/bin/env bash
# Thinking models behind the Chat Completions form want their thinking back with the tool call that it led to:
# DeepSeek, Kimi and GLM as `reasoning_content`, OpenRouter as `reasoning_details`, Gemini as `extra_content` of the
# call. Each refuses the second request of a tool loop without it. Expected: a tool loop sends back what it received.
# Seen on 2026-11-29 (Node 20.20.2): the tool loop of `openai` and @langchain/openai drop all three, though LangChain
# had read `reasoning_content`. The AI SDK returns two of the three, and returns `reasoning` under another name
# (`reasoning_content`) without the `reasoning_details` that belong to it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund openai@7.59.0 @langchain/openai@1.6.0 @langchain/core@1.4.0 ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 zod@4.6.7
cat >run.mjs <<'JS'
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { HumanMessage } from "@langchain/core/messages";
import { tool as langchainTool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { isStepCount, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import { z } from "zod";

const event = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const call = { index: 0, id: "call_1", type: "function", function: { name: "look", arguments: "{}" } };
const answers = {
  reasoning_content: [{ role: "assistant", reasoning_content: "A look will tell." }, { tool_calls: [call] }],
  reasoning_details: [
    { role: "assistant", reasoning: "A look will tell.", reasoning_details: [{ type: "reasoning.text", text: "A look will tell.", index: 0 }] },
    { tool_calls: [call] },
  ],
  extra_content: [{ role: "assistant" }, { tool_calls: [{ ...call, extra_content: { google: { thought_signature: "c2ln" } } }] }],
};
let field;
let second;
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (data) => (body += data));
  request.on("end", () => {
    const { messages } = JSON.parse(body);
    const isSecond = messages.some(({ role }) => role === "tool");
    if (isSecond) second = messages.find(({ role }) => role === "assistant");
    const deltas = isSecond ? [{ role: "assistant", content: "Done." }] : answers[field];
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end([...deltas.map((delta) => event(delta)), event({}, isSecond ? "stop" : "tool_calls"), "data: [DONE]\n\n"].join(""));
  });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const baseURL = `http://127.0.0.1:${server.address().port}/v1`;
const loops = {
  "openai runTools": () =>
    new OpenAI({ apiKey: "none", baseURL }).chat.completions
      .runTools({
        model: "m", stream: true, messages: [{ role: "user", content: "hi" }],
        tools: [{ type: "function", function: { name: "look", parse: JSON.parse, parameters: { type: "object", properties: {} }, function: () => "seen" } }],
      })
      .finalContent(),
  "@langchain/openai": async () => {
    const look = langchainTool(async () => "seen", { name: "look", description: "Looks.", schema: z.object({}) });
    const model = new ChatOpenAI({ apiKey: "none", model: "m", configuration: { baseURL } }).bindTools([look]);
    const messages = [new HumanMessage("hi")];
    let answer;
    for await (const chunk of await model.stream(messages)) answer = answer?.concat(chunk) ?? chunk;
    for await (const _ of await model.stream([...messages, answer, await look.invoke(answer.tool_calls[0])]));
  },
  "ai streamText": () => {
    const provider = createOpenAICompatible({ name: "local", baseURL, apiKey: "none" });
    const look = tool({ inputSchema: z.object({}), execute: () => "seen" });
    return streamText({ model: provider("m"), prompt: "hi", tools: { look }, stopWhen: (isStepCount ?? stepCountIs)(2) }).text;
  },
};
for (field of Object.keys(answers)) {
  for (const [name, loop] of Object.entries(loops)) {
    second = undefined;
    await loop();
    const { role: _role, content: _content, tool_calls, ...rest } = second;
    const { id: _id, type: _type, function: _function, ...ofCall } = tool_calls[0];
    console.log(`received ${field}; ${name} returns ${JSON.stringify({ ...rest, ...ofCall })}`);
  }
}
server.close();
server.closeAllConnections();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
received reasoning_content; openai runTools returns {}
received reasoning_content; @langchain/openai returns {}
received reasoning_content; ai streamText returns {"reasoning_content":"A look will tell."}
received reasoning_details; openai runTools returns {}
received reasoning_details; @langchain/openai returns {}
received reasoning_details; ai streamText returns {"reasoning_content":"A look will tell."}
received extra_content; openai runTools returns {}
received extra_content; @langchain/openai returns {}
received extra_content; ai streamText returns {"extra_content":{"google":{"thought_signature":"c2ln"}}}
SEEN
echo "as on 2026-11-29"
