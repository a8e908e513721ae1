#!/usr/bin/env bash
# A model calls a tool wrongly: with a value of the wrong type, with JSON that is cut, by a name that does not exist; or
# the tool throws. Expected: the model reads what was wrong and tries again. Seen on 2026-11-29 (Node 20.20.2): only the
# AI SDK does so in all four cases. With cut JSON, agents of LangChain complete with an empty answer and no error. The
# Agents SDK tells the model no reason, and an unknown tool ends its run. `runTools` of the OpenAI SDK ends with an error
# at cut JSON and at a tool that throws.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 langchain@1.5.14 \
  @langchain/core@1.4.0 @langchain/openai@1.6.0 @langchain/langgraph@1.7.3 @openai/agents@0.20.0 openai@7.59.0 \
  zod@4.6.7
cat >run.mjs <<'JS'
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { tool as langchainTool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { Agent, OpenAIProvider, Runner, tool as agentsTool } from "@openai/agents";
import { generateText, isStepCount, tool } from "ai";
import { createAgent } from "langchain";
import OpenAI from "openai";
import { zodFunction } from "openai/helpers/zod";
import { z } from "zod";

// Calls the tool once, and keeps what it gets as its result.
let call;
let result;
const server = createServer(async (request, response) => {
  let body = "";
  for await (const text of request) body += text;
  const last = JSON.parse(body).messages.at(-1);
  const isResult = last.role === "tool";
  if (isResult) result = last.content;
  const calls = { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: call }] };
  const choice = { index: 0, finish_reason: isResult ? "stop" : "tool_calls", message: isResult ? { role: "assistant", content: "Done." } : calls };
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: randomUUID(), object: "chat.completion", created: 1, model: "m", choices: [choice], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }));
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const options = { apiKey: "k", baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 };
const openai = new OpenAI(options);
const schema = z.object({ limit: z.number() });
const texts = { name: "list", description: "Lists files." };
let execute;

const clients = {
  "ai 7.0.173": async () =>
    (await generateText({ model: createOpenAICompatible({ ...options, name: "x" })("m"), prompt: "Hi", tools: { list: tool({ inputSchema: schema, execute }) }, stopWhen: isStepCount(3) })).text,
  "langchain 1.5.14": async () =>
    (await createAgent({ model: new ChatOpenAI({ model: "m", apiKey: "k", configuration: options }), tools: [langchainTool(execute, { ...texts, schema })] }).invoke({ messages: [{ role: "user", content: "Hi" }] })).messages.at(-1).content,
  "openai agents 0.20.0": async () =>
    (await new Runner({ tracingDisabled: true, modelProvider: new OpenAIProvider({ openAIClient: openai, useResponses: false }) }).run(new Agent({ name: "a", model: "m", tools: [agentsTool({ ...texts, parameters: schema, execute })] }), "Hi")).finalOutput,
  "openai 7.59.0 runTools": () =>
    openai.chat.completions.runTools({ model: "m", messages: [{ role: "user", content: "Hi" }], tools: [zodFunction({ ...texts, parameters: schema, function: execute })] }).finalContent(),
};
const list = (text) => ({ name: "list", arguments: text });
const faults = {
  "a wrong type": { call: list('{"limit":"ten"}'), reason: /expected number/ },
  "cut JSON": { call: list('{"limit":1'), reason: /JSON/ },
  "an unknown tool": { call: { name: "lst", arguments: '{"limit":1}' }, reason: /lst/ },
  "a tool that throws": { call: list('{"limit":1}'), reason: /disk full/, error: new Error("disk full") },
};
for (const [fault, { call: wrong, reason, error }] of Object.entries(faults)) {
  for (const [name, run] of Object.entries(clients)) {
    call = wrong;
    result = undefined;
    execute = () => {
      if (error) throw error;
      return "a.txt";
    };
    const end = await run().then((text) => `ends with "${text}"`, () => "throws");
    const read = result === undefined ? "reads nothing" : reason.test(result) ? "reads the reason" : "reads no reason";
    console.log(`${fault}, ${name}: the model ${read}, the run ${end}`);
  }
}
process.exit();
JS
node run.mjs 2>err.txt | grep -e ", the run" | tee seen.txt || cat err.txt
diff seen.txt - <<'SEEN'
a wrong type, ai 7.0.173: the model reads the reason, the run ends with "Done."
a wrong type, langchain 1.5.14: the model reads the reason, the run ends with "Done."
a wrong type, openai agents 0.20.0: the model reads no reason, the run ends with "Done."
a wrong type, openai 7.59.0 runTools: the model reads the reason, the run ends with "Done."
cut JSON, ai 7.0.173: the model reads the reason, the run ends with "Done."
cut JSON, langchain 1.5.14: the model reads nothing, the run ends with ""
cut JSON, openai agents 0.20.0: the model reads the reason, the run ends with "Done."
cut JSON, openai 7.59.0 runTools: the model reads nothing, the run throws
an unknown tool, ai 7.0.173: the model reads the reason, the run ends with "Done."
an unknown tool, langchain 1.5.14: the model reads the reason, the run ends with "Done."
an unknown tool, openai agents 0.20.0: the model reads nothing, the run throws
an unknown tool, openai 7.59.0 runTools: the model reads the reason, the run ends with "Done."
a tool that throws, ai 7.0.173: the model reads the reason, the run ends with "Done."
a tool that throws, langchain 1.5.14: the model reads the reason, the run ends with "Done."
a tool that throws, openai agents 0.20.0: the model reads no reason, the run ends with "Done."
a tool that throws, openai 7.59.0 runTools: the model reads nothing, the run throws
SEEN
echo "as on 2026-11-29"
