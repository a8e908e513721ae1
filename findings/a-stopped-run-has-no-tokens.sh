#!/usr/bin/env bash
# The AI SDK records a run with one tool call as OpenTelemetry spans, and a user stops the second answer halfway.
# Expected: the span of the run holds the tokens of the first answer (1,050) and the half answer that the user has read,
# and marks the stop. Seen on 2026-11-30 (ai 7.0.173, @ai-sdk/otel 1.0.173, Node 20.20.2): it has no tokens, no output
# and no finish reason, and its status is that of a good run. Only the span of the first answer holds tokens. A sum over
# runs misses each stopped run, and one over all spans counts the others twice, so that only `chat` spans are right.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/otel@1.0.173 @ai-sdk/openai-compatible@3.0.92 zod@4.6.7 \
  @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/context-async-hooks@2.12.1
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { OpenTelemetry } from "@ai-sdk/otel";
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { isStepCount, registerTelemetry, streamText, tool } from "ai";
import { z } from "zod";

const exporter = new InMemorySpanExporter();
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
registerTelemetry(new OpenTelemetry());
globalThis.AI_SDK_LOG_WARNINGS = false;

// Calls the tool, and then answers whole or holds back the second half.
let isWhole;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const send = (delta, finish_reason = null, usage) =>
    response.write(`data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }], ...(usage && { usage }) })}\n\n`);
  const usage = { prompt_tokens: 1000, completion_tokens: 50, total_tokens: 1050 };
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (!JSON.parse(body).messages.some(({ role }) => role === "tool")) {
    send({ role: "assistant", tool_calls: [{ index: 0, id: "1", type: "function", function: { name: "look", arguments: "{}" } }] });
    send({}, "tool_calls", usage);
  } else {
    send({ role: "assistant", content: "Half " });
    if (!isWhole) return;
    send({ content: "and half." });
    send({}, "stop", usage);
  }
  response.end("data: [DONE]\n\n");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const provider = createOpenAICompatible({ name: "local", apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1`, includeUsage: true });
const tools = { look: tool({ description: "Looks.", inputSchema: z.object({}), execute: () => "seen" }) };

for (isWhole of [true, false]) {
  exporter.reset();
  const stop = new AbortController();
  const { textStream } = streamText({ model: provider("m"), prompt: "Look.", tools, stopWhen: isStepCount(3), maxRetries: 0, abortSignal: stop.signal });
  let shown = "";
  for await (const text of textStream) {
    shown += text;
    if (!isWhole) setImmediate(() => stop.abort());
  }
  console.log(`${isWhole ? "whole" : "stopped"}, the user has read "${shown}"`);
  const isRun = ({ name }) => name.startsWith("invoke_agent");
  while (!exporter.getFinishedSpans().some(isRun)) await new Promise(setImmediate);
  for (const { name, status, attributes } of exporter.getFinishedSpans().filter((span) => isRun(span) || span.name.startsWith("chat"))) {
    const tokens = ["input", "output"].map((side) => attributes[`gen_ai.usage.${side}_tokens`] ?? 0);
    const output = attributes["gen_ai.output.messages"] ? "with output" : "no output";
    console.log(`  ${name}: status ${status.code}, ${tokens.join(" + ")} tokens, ${output}, ${attributes["gen_ai.response.finish_reasons"] ?? "no finish reason"}`);
  }
}
process.exit();
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
whole, the user has read "Half and half."
  chat m: status 0, 1000 + 50 tokens, with output, tool-calls
  chat m: status 0, 1000 + 50 tokens, with output, stop
  invoke_agent m: status 0, 2000 + 100 tokens, with output, stop
stopped, the user has read "Half "
  chat m: status 0, 1000 + 50 tokens, with output, tool-calls
  chat m: status 0, 0 + 0 tokens, no output, no finish reason
  invoke_agent m: status 0, 0 + 0 tokens, no output, no finish reason
SEEN
echo "as on 2026-11-30"
