#!/usr/bin/env bash
# A model asks for two tools, `pay` and `mail`. A person approves `pay` and rejects `mail`; in a second chat only `mail`
# needs an approval. Expected: `pay` runs, and the model reads its result and the refusal of `mail`, as LangChain's page
# on human in the loop promises. Seen on 2026-11-30 (Node 20.20.2): the AI SDK and the Agents SDK do so. The middleware
# of LangChain.js runs neither tool. In the first chat it also deletes the approved call, so that the model answers as
# if it had never asked for it. In the second it leaves the call without a result: the API refuses this question and
# all later ones of the thread (langchain-ai/langchainjs#11437 has the words of the API).
# The fake API has the rule of Chat Completions: each call is followed by its result.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund langchain@1.5.14 @langchain/core@1.4.0 @langchain/openai@1.6.0 \
  @langchain/langgraph@1.7.3 ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 @openai/agents@0.20.0 openai@7.59.0 zod@4.6.7
cat >run.mjs <<'JS'
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Command, MemorySaver } from "@langchain/langgraph";
import { ChatOpenAI } from "@langchain/openai";
import { Agent, OpenAIProvider, Runner, tool as agentsTool } from "@openai/agents";
import { generateText, isStepCount, tool } from "ai";
import { createAgent, humanInTheLoopMiddleware, tool as langchainTool } from "langchain";
import OpenAI from "openai";
import { z } from "zod";

const names = ["pay", "mail"];
const calls = names.map((name) => ({ id: `call-${name}`, type: "function", function: { name, arguments: "{}" } }));
let read;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const { messages } = JSON.parse(body);
  const results = messages.filter(({ role }) => role === "tool");
  const asked = messages.flatMap(({ tool_calls }) => tool_calls ?? []).map(({ function: { name } }) => name);
  read = `the calls ${asked.join(" and ")}, the results ${results.map(({ content }) => JSON.stringify(content)).join(" and ")}`;
  response.setHeader("content-type", "application/json");
  if (asked.length !== results.length) {
    const message = "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.";
    response.writeHead(400).end(JSON.stringify({ error: { message, type: "invalid_request_error" } }));
    return;
  }
  const message = results.length > 0 ? { content: "Done." } : { content: null, tool_calls: calls };
  const choices = [{ index: 0, finish_reason: results.length > 0 ? "stop" : "tool_calls", message: { role: "assistant", ...message } }];
  response.end(JSON.stringify({ id: "1", object: "chat.completion", created: 1, model: "m", choices, usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 };
const prompt = "Pay the rent and mail the owner.";
const description = "Works.";
globalThis.AI_SDK_LOG_WARNINGS = false;

let ran;
function run(name) {
  ran.push(name);
  return `${name} is done`;
}
async function langchain(gated) {
  const tools = names.map((name) => langchainTool(() => run(name), { name, description, schema: z.object({}) }));
  const middleware = [humanInTheLoopMiddleware({ interruptOn: Object.fromEntries(gated.map((name) => [name, true])) })];
  const model = new ChatOpenAI({ model: "m", apiKey: "k", maxRetries: 0, configuration: options });
  const agent = createAgent({ model, tools, middleware, checkpointer: new MemorySaver() });
  const config = { configurable: { thread_id: "1" } };
  const { __interrupt__: [{ value }] } = await agent.invoke({ messages: [{ role: "user", content: prompt }] }, config);
  const decisions = value.actionRequests.map(({ name }) => (name === "pay" ? { type: "approve" } : { type: "reject", message: "Not now." }));
  await agent.invoke(new Command({ resume: { decisions } }), config);
}
async function aiSdk(gated) {
  const tools = Object.fromEntries(names.map((name) => [name, tool({ description, inputSchema: z.object({}), needsApproval: gated.includes(name), execute: () => run(name) })]));
  const ask = (messages) => generateText({ model: createOpenAICompatible({ name: "local", ...options })("m"), tools, messages, maxRetries: 0, stopWhen: isStepCount(3) });
  const messages = [{ role: "user", content: prompt }];
  const { content, response } = await ask(messages);
  const decisions = content.filter(({ type }) => type === "tool-approval-request").map(({ approvalId, toolCall }) => {
    const isApproved = toolCall.toolName === "pay";
    return { type: "tool-approval-response", approvalId, approved: isApproved, ...(!isApproved && { reason: "Not now." }) };
  });
  await ask([...messages, ...response.messages, { role: "tool", content: decisions }]);
}
async function agents(gated) {
  const tools = names.map((name) => agentsTool({ name, description, parameters: z.object({}), needsApproval: gated.includes(name), execute: () => run(name) }));
  const agent = new Agent({ name: "a", model: "m", tools });
  const modelProvider = new OpenAIProvider({ openAIClient: new OpenAI(options), useResponses: false });
  const runner = new Runner({ tracingDisabled: true, modelProvider });
  const { state, interruptions } = await runner.run(agent, prompt);
  for (const one of interruptions) one.rawItem.name === "pay" ? state.approve(one) : state.reject(one, { message: "Not now." });
  await runner.run(agent, state);
}
for (const [name, decide] of Object.entries({ "langchain 1.5.14": langchain, "ai 7.0.173": aiSdk, "openai agents 0.20.0": agents })) {
  for (const gated of [names, ["mail"]]) {
    ran = [];
    const end = await decide(gated).then(() => "completes", () => "throws");
    console.log(`${name}, to approve: ${gated.join(" and ")}`);
    console.log(`  runs ${ran.join() || "nothing"}, ${end}; the model reads ${read}`);
  }
}
process.exit();
JS
node run.mjs 2>err.txt | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
langchain 1.5.14, to approve: pay and mail
  runs nothing, completes; the model reads the calls mail, the results "Not now."
langchain 1.5.14, to approve: mail
  runs nothing, throws; the model reads the calls pay and mail, the results "Not now."
ai 7.0.173, to approve: pay and mail
  runs pay, completes; the model reads the calls pay and mail, the results "pay is done" and "Not now."
ai 7.0.173, to approve: mail
  runs pay, completes; the model reads the calls pay and mail, the results "pay is done" and "Not now."
openai agents 0.20.0, to approve: pay and mail
  runs pay, completes; the model reads the calls pay and mail, the results "pay is done" and "Not now."
openai agents 0.20.0, to approve: mail
  runs pay, completes; the model reads the calls pay and mail, the results "pay is done" and "Not now."
SEEN
echo "as on 2026-11-30"
