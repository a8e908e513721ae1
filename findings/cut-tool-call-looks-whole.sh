#!/usr/bin/env bash
# A model that reaches `max_tokens` in the middle of a tool call sends half of the call's JSON and
# `stop_reason: "max_tokens"`. Expected: the client marks such a call as incomplete, or throws.
# Seen on 2026-11-29 (Node 20.20.2): `finalMessage()` of @anthropic-ai/sdk returns an `input` without the field that
# was cut. @langchain/anthropic lists the call under `tool_calls` (not `invalid_tool_calls`) with half of the text.
# A program that runs it writes half a file. The AI SDK marks the call as invalid and does not run it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @anthropic-ai/sdk@1.14.0 @langchain/anthropic@1.5.11 @langchain/core@1.4.0 ai@7.0.173 @ai-sdk/anthropic@4.0.105 zod@4.6.7
cat >run.mjs <<'JS'
import { createServer } from "node:http";
import { createAnthropic } from "@ai-sdk/anthropic";
import Anthropic from "@anthropic-ai/sdk";
import { ChatAnthropic } from "@langchain/anthropic";
import { tool as langchainTool } from "@langchain/core/tools";
import { streamText, tool } from "ai";
import { z } from "zod";

globalThis.AI_SDK_LOG_WARNINGS = false;
const event = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const usage = { input_tokens: 1, output_tokens: 1 };
const answer = [
  event("message_start", { message: { id: "m", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, stop_sequence: null, usage } }),
  event("content_block_start", { index: 0, content_block: { type: "tool_use", id: "toolu_1", name: "write", input: {} } }),
  event("content_block_delta", { index: 0, delta: { type: "input_json_delta", partial_json: '{"path":"a.txt","text":"first li' } }),
  event("content_block_stop", { index: 0 }),
  event("message_delta", { delta: { stop_reason: "max_tokens", stop_sequence: null }, usage: { output_tokens: 9 } }),
  event("message_stop", {}),
].join("");
const server = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, { "content-type": "text/event-stream" }).end(answer));
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const baseURL = `http://127.0.0.1:${server.address().port}`;
const schema = z.object({ path: z.string(), text: z.string() });

const message = await new Anthropic({ apiKey: "none", baseURL }).messages
  .stream({ model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] })
  .finalMessage();
console.log("@anthropic-ai/sdk input:", JSON.stringify(message.content[0].input));

const write = langchainTool(async () => "written", { name: "write", description: "Writes a file.", schema });
const model = new ChatAnthropic({ apiKey: "none", model: "m", maxTokens: 9, anthropicApiUrl: baseURL }).bindTools([write]);
let whole;
for await (const chunk of await model.stream("hi")) whole = whole?.concat(chunk) ?? chunk;
console.log("@langchain/anthropic tool_calls:", JSON.stringify(whole.tool_calls.map(({ args }) => args)));
console.log("@langchain/anthropic invalid_tool_calls:", JSON.stringify(whole.invalid_tool_calls));

const runs = [];
const result = streamText({
  model: createAnthropic({ apiKey: "none", baseURL: `${baseURL}/v1` })("m"), prompt: "hi", maxOutputTokens: 9,
  tools: { write: tool({ inputSchema: schema, execute: (input) => runs.push(input) }) },
});
console.log("ai invalid:", (await result.toolCalls)[0].invalid, "runs:", runs.length);
server.close();
server.closeAllConnections();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
@anthropic-ai/sdk input: {"path":"a.txt"}
@langchain/anthropic tool_calls: [{"path":"a.txt","text":"first li"}]
@langchain/anthropic invalid_tool_calls: []
ai invalid: true runs: 0
SEEN
echo "as on 2026-11-29"
