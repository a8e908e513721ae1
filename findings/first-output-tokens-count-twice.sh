#!/usr/bin/env bash
# A stream of the Messages API states `output_tokens` twice: in `message_start` what is written so far, and in
# `message_delta` the sum up to the end. Expected: a client reports the last number, as the API's documentation says
# that these counts are cumulative. Seen on 2026-11-29 (Node 20.20.2): the SDK and the AI SDK report 40. LangChain's
# `stream` adds the two, so that the same answer has 48 output tokens, and 40 by `invoke`. The sum of its input counts
# the cache, as that of the AI SDK does, where the API's own `input_tokens` leaves the cache out.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/anthropic@4.0.105 @anthropic-ai/sdk@1.14.0 \
  @langchain/core@1.4.0 @langchain/anthropic@1.5.11
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createAnthropic } from "@ai-sdk/anthropic";
import Anthropic from "@anthropic-ai/sdk";
import { ChatAnthropic } from "@langchain/anthropic";
import { streamText } from "ai";

// Both counts have the form of recorded streams.
const input = { input_tokens: 10, cache_creation_input_tokens: 200, cache_read_input_tokens: 3000 };
const start = { ...input, output_tokens: 8 };
const end = { ...input, output_tokens: 40 };
const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-sonnet-4-5", content: [], stop_reason: null, stop_sequence: null };
const content = [{ type: "text", text: "Hello" }];
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  if (!JSON.parse(body).stream) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ ...message, content, stop_reason: "end_turn", usage: end }));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of [
    { type: "message_start", message: { ...message, usage: start } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: end },
    { type: "message_stop" },
  ])
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  response.end();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${server.address().port}`;
const { model } = message;
const langchain = new ChatAnthropic({ model, apiKey: "k", anthropicApiUrl: url });
const report = (name, into, out) => console.log(`${name}: input ${into}, output ${out}`);

const sdk = new Anthropic({ apiKey: "k", baseURL: url });
const ask = { model, max_tokens: 99, messages: [{ role: "user", content: "Hi" }] };
const { usage } = await sdk.messages.stream(ask).finalMessage();
report("anthropic sdk 1.14.0", usage.input_tokens, usage.output_tokens);
const result = streamText({ model: createAnthropic({ apiKey: "k", baseURL: `${url}/v1` })(model), prompt: "Hi" });
await result.consumeStream();
const { inputTokens, outputTokens } = await result.usage;
report("ai 7.0.173", inputTokens, outputTokens);
const { usage_metadata: whole } = await langchain.invoke("Hi");
report("langchain anthropic 1.5.11, invoke", whole.input_tokens, whole.output_tokens);
let all;
for await (const chunk of await langchain.stream("Hi")) all = all?.concat(chunk) ?? chunk;
report("langchain anthropic 1.5.11, stream", all.usage_metadata.input_tokens, all.usage_metadata.output_tokens);
server.close();
server.closeAllConnections();
JS
node run.mjs 2>/dev/null | tee seen.txt
diff seen.txt - <<'SEEN'
anthropic sdk 1.14.0: input 10, output 40
ai 7.0.173: input 3210, output 40
langchain anthropic 1.5.11, invoke: input 3210, output 40
langchain anthropic 1.5.11, stream: input 3210, output 48
SEEN
echo "as on 2026-11-29"
