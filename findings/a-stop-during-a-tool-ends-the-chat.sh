#!/usr/bin/env bash
# A model asks for two tools. The quick one is done, and the user presses stop while the slow one runs. Then the user
# writes "go on". Expected: the chat goes on, and the model reads that the quick tool has run. Seen on 2026-11-30
# (Node 20.20.2): a chat of the AI SDK throws before it asks (an option of `convertToModelMessages`, off by default,
# drops the open call). A LangGraph thread keeps the two calls and no result, not even that of the quick tool, so the API
# refuses this question and all later ones. A session of the Agents SDK goes on: with both results when the run
# does not stream, and when it streams without a trace of the work that was done.
# The fake API has the rule of Chat Completions: each call is followed by its result.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/openai@3.0.141 langchain@1.5.14 @langchain/core@1.4.0 \
  @langchain/openai@1.6.0 @langchain/langgraph@1.7.3 @openai/agents@0.20.0 openai@7.59.0 zod@4.6.7
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAI } from "@ai-sdk/openai";
import { MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { Agent, MemorySession, OpenAIProvider, Runner, tool as agentsTool } from "@openai/agents";
import { convertToModelMessages, generateText, isStepCount, readUIMessageStream, streamText, tool } from "ai";
import { createAgent, tool as langchainTool } from "langchain";
import OpenAI from "openai";
import { z } from "zod";

const calls = ["quick", "slow"].map((name, index) => ({ index, id: `call-${name}`, type: "function", function: { name, arguments: "{}" } }));
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const describe = ({ role, content, tool_calls }) => (tool_calls ? `${role} calls ${tool_calls.map((call) => call.function.name).join(" and ")}` : `${role} "${content}"`);
let lastRequest = "";
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const { messages, stream } = JSON.parse(body);
  lastRequest = messages.map(describe).join(", ");
  const open = new Set();
  const isWrong = messages.some((message) => {
    if (message.role === "tool") open.delete(message.tool_call_id);
    else if (open.size > 0) return true;
    for (const call of message.tool_calls ?? []) open.add(call.id);
    return false;
  });
  if (isWrong || open.size > 0) {
    response.writeHead(400, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message: "An assistant message with 'tool_calls' must be followed by tool messages", type: "invalid_request_error" } }));
    return;
  }
  const isFirst = messages.at(-1).content === "work";
  const message = isFirst ? { role: "assistant", content: null, tool_calls: calls } : { role: "assistant", content: "ok" };
  const finish_reason = isFirst ? "tool_calls" : "stop";
  const answer = { id: "1", created: 1, model: "m" };
  response.writeHead(200, { "content-type": stream ? "text/event-stream" : "application/json" });
  if (!stream) return response.end(JSON.stringify({ ...answer, object: "chat.completion", choices: [{ index: 0, finish_reason, message }], usage }));
  for (const chunk of [{ choices: [{ index: 0, delta: message }] }, { choices: [{ index: 0, delta: {}, finish_reason }] }, { choices: [], usage }])
    response.write(`data: ${JSON.stringify({ ...answer, object: "chat.completion.chunk", ...chunk })}\n\n`);
  response.end("data: [DONE]\n\n");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 };

// The stop comes when the slow tool has begun and the quick one has ended; the slow one ends half a second later.
let controller;
const quick = async () => "quick has run";
const slow = async () => {
  setTimeout(() => controller.abort(), 100);
  await new Promise((resolve) => setTimeout(resolve, 500));
  return "slow has run";
};
const functions = Object.entries({ quick, slow });
const askAgents = async (stream) => {
  const tools = functions.map(([name, execute]) => agentsTool({ name, description: name, parameters: z.object({}), execute }));
  const runner = new Runner({ tracingDisabled: true, modelProvider: new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses: false }) });
  const agent = new Agent({ name: "a", model: "m", tools });
  const session = new MemorySession();
  try {
    const run = await runner.run(agent, "work", { session, stream, signal: controller.signal });
    if (stream) await run.completed;
  } catch {}
  return (await runner.run(agent, "go on", { session })).finalOutput;
};
const clients = {
  "ai 7.0.173": async () => {
    const tools = Object.fromEntries(functions.map(([name, execute]) => [name, tool({ inputSchema: z.object({}), execute })]));
    const model = createOpenAI(options).chat("m");
    const user = (id, text) => ({ id, role: "user", parts: [{ type: "text", text }] });
    const messages = await convertToModelMessages([user("1", "work")]);
    const result = streamText({ model, tools, messages, stopWhen: isStepCount(4), abortSignal: controller.signal });
    let stopped;
    for await (const message of readUIMessageStream({ stream: result.toUIMessageStream() })) stopped = message;
    const next = await convertToModelMessages([user("1", "work"), stopped, user("2", "go on")]);
    return (await generateText({ model, tools, messages: next, maxRetries: 0 })).text;
  },
  "langgraph 1.7.3": async () => {
    const tools = functions.map(([name, execute]) => langchainTool(execute, { name, description: name, schema: z.object({}) }));
    const model = new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration: options });
    const agent = createAgent({ model, tools, checkpointer: new MemorySaver() });
    const thread = { configurable: { thread_id: "1" } };
    const ask = (content, more) => agent.invoke({ messages: [{ role: "user", content }] }, { ...thread, ...more });
    await ask("work", { signal: controller.signal }).catch(() => {});
    return (await ask("go on")).messages.at(-1).content;
  },
  "openai agents 0.20.0": () => askAgents(false),
  "openai agents 0.20.0, streamed": () => askAgents(true),
};
for (const [name, run] of Object.entries(clients)) {
  controller = new AbortController();
  const end = await run().catch((error) => `throws: ${error.message.split("\n")[0].replace(/^400 /, "")}`);
  console.log(`${name}: ${end}\n  last request: ${lastRequest}`);
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
ai 7.0.173: throws: Tool result is missing for tool call call-slow.
  last request: user "work"
langgraph 1.7.3: throws: An assistant message with 'tool_calls' must be followed by tool messages
  last request: user "work", assistant calls quick and slow, user "go on"
openai agents 0.20.0: ok
  last request: user "work", assistant calls quick and slow, tool "quick has run", tool "slow has run", user "go on"
openai agents 0.20.0, streamed: ok
  last request: user "work", user "go on"
SEEN
echo "as on 2026-11-30"
