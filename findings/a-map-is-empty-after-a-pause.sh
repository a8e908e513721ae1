#!/usr/bin/env bash
# A run pauses for a person's approval and goes on later, in another process. Its state holds a Date, a Map and a
# `NaN`. Expected: the code after the pause reads what the code before it has written, or the pause throws. Seen on
# 2026-11-30 (Node 20.20.2): LangGraph restores the Map, and returns a string for the Date and `null` for `NaN`. An
# Agents SDK run, which is kept as text, returns `{}` for the Map. A workflow of Mastra keeps all three with the
# in-memory store that tests use, and loses them with LibSQL. Nothing throws. What a run keeps over a pause has to be
# plain JSON.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/mastra"
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @langchain/langgraph@1.7.3 @langchain/core@1.4.0 @openai/agents@0.20.0 zod@4.6.7
(cd mastra && npm init -y >/dev/null && npm install --silent --no-audit --no-fund @mastra/core@1.71.0 @mastra/libsql@1.23.1 zod@4.6.7)
cat >values.mjs <<'JS'
export const create = () => ({ date: new Date(0), map: new Map([["a", 1]]), number: Number.NaN });
const describe = (value) => (value instanceof Map ? `Map ${JSON.stringify([...value])}` : value instanceof Date ? `Date ${value.toISOString()}` : Number.isNaN(value) ? "NaN" : JSON.stringify(value));
export const show = (name, { date, map, number }) => console.log(`${name}: ${[date, map, number].map(describe).join(", ")}`);
JS
cat >langgraph.mjs <<'JS'
import { Annotation, Command, interrupt, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { create, show } from "./values.mjs";

const State = Annotation.Root({ values: Annotation(), isDone: Annotation() });
const graph = new StateGraph(State)
  .addNode("first", () => ({ values: create() }))
  .addNode("second", ({ values }) => {
    interrupt("Go on?");
    show("langgraph 1.7.3", values);
    return { isDone: true };
  })
  .addEdge(START, "first")
  .addEdge("first", "second")
  .compile({ checkpointer: new MemorySaver() });
const config = { configurable: { thread_id: "1" } };
await graph.invoke({}, config);
await graph.invoke(new Command({ resume: "yes" }), config);
JS
cat >agents.mjs <<'JS'
import { Agent, Runner, RunState, tool } from "@openai/agents";
import { z } from "zod";
import { create, show } from "./values.mjs";

const usage = { requests: 1, inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const call = { type: "function_call", callId: "1", name: "pay", arguments: "{}", status: "completed" };
const done = { type: "message", role: "assistant", status: "completed", content: [{ type: "output_text", text: "Done." }] };
const outputs = [[call], [done]];
const model = { getResponse: async () => ({ usage, output: outputs.shift() }) };
const pay = tool({
  name: "pay",
  description: "Pays.",
  parameters: z.object({}),
  needsApproval: true,
  execute(_, { context }) {
    show("openai agents 0.20.0", context);
    return "paid";
  },
});
const agent = new Agent({ name: "a", model, tools: [pay] });
const runner = new Runner({ tracingDisabled: true });
const { state: paused } = await runner.run(agent, "Pay.", { context: create() });
const state = await RunState.fromString(agent, paused.toString());
for (const one of state.getInterruptions()) state.approve(one);
await runner.run(agent, state);
JS
cat >mastra/run.mjs <<'JS'
import { Mastra } from "@mastra/core";
import { InMemoryStore } from "@mastra/core/storage";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { LibSQLStore } from "@mastra/libsql";
import { z } from "zod";
import { create, show } from "../values.mjs";

const any = z.any();
for (const [name, storage] of Object.entries({ "in memory": new InMemoryStore(), libsql: new LibSQLStore({ id: "s", url: "file:runs.db" }) })) {
  const first = createStep({ id: "first", inputSchema: any, outputSchema: any, execute: async () => create() });
  const second = createStep({
    id: "second",
    inputSchema: any,
    outputSchema: any,
    resumeSchema: any,
    async execute({ inputData, resumeData, suspend }) {
      if (!resumeData) return suspend({});
      show(`mastra 1.71.0, ${name}`, inputData);
      return {};
    },
  });
  const workflow = createWorkflow({ id: "pay", inputSchema: any, outputSchema: any }).then(first).then(second).commit();
  const run = await new Mastra({ storage, workflows: { workflow }, logger: false }).getWorkflow("workflow").createRun();
  await run.start({ inputData: {} });
  await run.resume({ step: "second", resumeData: { isApproved: true } });
}
process.exit();
JS
{ node langgraph.mjs; node agents.mjs; (cd mastra && node run.mjs); } | tee seen.txt
diff seen.txt - <<'SEEN'
langgraph 1.7.3: "1970-01-01T00:00:00.000Z", Map [["a",1]], null
openai agents 0.20.0: "1970-01-01T00:00:00.000Z", {}, null
mastra 1.71.0, in memory: Date 1970-01-01T00:00:00.000Z, Map [["a",1]], NaN
mastra 1.71.0, libsql: "1970-01-01T00:00:00.000Z", {}, null
SEEN
echo "as on 2026-11-30"
