#!/usr/bin/env bash
# A graph of LangGraph.js asks a question with `interrupt`, and `new Command({ resume })` answers it. Expected: a
# user's `false` is an answer, as `true` is. `@langchain/langgraph` ^1.0.0 promises one behaviour.
# Seen on 2026-11-30 (@langchain/langgraph 1.0.0 and 1.7.3, @langchain/core 1.4.0, Node 20.20.2): 1.0.0 refuses
# `false`, `0` and `""` with "Received empty Command input", and takes them by the id of the interrupt,
# `{ [id]: false }`. 1.7.3 takes both forms. A program that runs on all versions answers by id.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/run.mjs" <<'JS'
import { Annotation, Command, END, interrupt, MemorySaver, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({ answer: Annotation() });
const graph = new StateGraph(State)
  .addNode("ask", () => ({ answer: interrupt("Send the mail?") }))
  .addEdge(START, "ask")
  .addEdge("ask", END)
  .compile({ checkpointer: new MemorySaver() });

let thread = 0;
async function answer(toResume) {
  thread += 1;
  const config = { configurable: { thread_id: String(thread) } };
  const { __interrupt__: [{ id }] } = await graph.invoke({}, config);
  try {
    const state = await graph.invoke(new Command({ resume: toResume(id) }), config);
    return JSON.stringify(state.answer);
  } catch (error) {
    return error.message.split("\n")[0];
  }
}
for (const value of [true, false, 0, ""])
  console.log(`${JSON.stringify(value)}: ${await answer(() => value)}; by id: ${await answer((id) => ({ [id]: value }))}`);
JS
run() {
  mkdir "$dir/$1"
  cp "$dir/run.mjs" "$dir/$1"
  cd "$dir/$1"
  npm init -y >/dev/null
  npm install --silent --no-audit --no-fund "@langchain/langgraph@$1" "@langchain/langgraph-checkpoint@$2" \
    @langchain/core@1.4.0 zod@4.6.7 zod-to-json-schema@3.25.2
  node run.mjs | tee "$dir/$1.txt"
}
echo "@langchain/langgraph 1.0.0" && (run 1.0.0 1.0.0)
echo "@langchain/langgraph 1.7.3" && (run 1.7.3 1.2.2)
grep -q '^false: Received empty Command input; by id: false$' "$dir/1.0.0.txt"
grep -q '^false: false; by id: false$' "$dir/1.7.3.txt"
echo "as on 2026-11-30"
