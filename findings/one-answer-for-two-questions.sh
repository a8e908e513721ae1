#!/usr/bin/env bash
# Two nodes of a LangGraph graph run side by side, and each asks the user with `interrupt`. The user answers the first
# question with `new Command({ resume: "Rome" })`. Expected: the first question is answered and the second one is asked
# again, or the call throws. Seen on 2026-11-30 (@langchain/langgraph 1.7.3, Node 20.20.2): both questions get "Rome",
# without an error, and so do two tools of one turn of `createAgent` (default version "v2"). With version "v1" the same
# two tools ask one after another. Only `resume: { [interrupt.id]: answer }` answers one question, so that a page that
# shows the first question alone must send its id back.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund langchain@1.5.14 @langchain/langgraph@1.7.3 @langchain/core@1.4.0 zod@4.6.7
cat >run.mjs <<'JS'
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage } from "@langchain/core/messages";
import { Annotation, Command, interrupt, MemorySaver, START, StateGraph } from "@langchain/langgraph";
import { createAgent, tool } from "langchain";
import { z } from "zod";

const nodes = ["departure", "arrival"];
function graph() {
  const State = Annotation.Root(Object.fromEntries(nodes.map((name) => [name, Annotation()])));
  const built = new StateGraph(State);
  for (const name of nodes) built.addNode(`ask_${name}`, () => ({ [name]: interrupt(`${name}?`) })).addEdge(START, `ask_${name}`);
  return built.compile({ checkpointer: new MemorySaver() });
}
// Calls both tools at once, and is done when it has read their results.
class Model extends BaseChatModel {
  _llmType() {
    return "test";
  }
  bindTools() {
    return this;
  }
  async _generate(messages) {
    const tool_calls = messages.some((message) => message.type === "tool") ? [] : nodes.map((name) => ({ type: "tool_call", id: name, name, args: {} }));
    const message = new AIMessage({ content: "", tool_calls });
    return { generations: [{ text: "", message }] };
  }
}
function agent(version) {
  const tools = nodes.map((name) => tool(() => interrupt(`${name}?`), { name, description: "Asks.", schema: z.object({}) }));
  return createAgent({ model: new Model({}), tools, checkpointer: new MemorySaver(), version });
}
const describe = ({ departure, arrival, messages, __interrupt__: open = [] }) => {
  const answers = messages ? messages.filter(({ type }) => type === "tool").map(({ name, content }) => [name, content]) : Object.entries({ departure, arrival });
  const known = answers.filter(([, answer]) => answer).map(([name, answer]) => `${name} ${answer}`);
  return [...known, ...open.map(({ value }) => `open: ${value}`).sort()].join(", ");
};
const config = { configurable: { thread_id: "1" } };
const start = { messages: [{ role: "user", content: "Book a flight." }] };
for (const [name, make] of Object.entries({ graph, "agent v2": () => agent("v2"), "agent v1": () => agent("v1") })) {
  for (const form of ["Rome", "{ [id]: Rome }"]) {
    const asking = make();
    const asked = await asking.invoke(start, config);
    const { id } = asked.__interrupt__.find(({ value }) => value === "departure?");
    const resume = form === "Rome" ? "Rome" : { [id]: "Rome" };
    console.log(`${name}: ${describe(asked)}; after ${form}: ${describe(await asking.invoke(new Command({ resume }), config))}`);
  }
}
JS
node run.mjs | tee seen.txt
diff seen.txt - <<'SEEN'
graph: open: arrival?, open: departure?; after Rome: departure Rome, arrival Rome
graph: open: arrival?, open: departure?; after { [id]: Rome }: departure Rome, open: arrival?
agent v2: open: arrival?, open: departure?; after Rome: departure Rome, arrival Rome
agent v2: open: arrival?, open: departure?; after { [id]: Rome }: departure Rome, open: arrival?
agent v1: open: departure?; after Rome: open: arrival?
agent v1: open: departure?; after { [id]: Rome }: open: arrival?
SEEN
echo "as on 2026-11-30"
