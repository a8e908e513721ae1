// Models and tools of a graph that run at once, or within each other.
import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { END, interrupt, MemorySaver, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { RunEvent } from "@mini-openclaw/protocol";
import { createAgent, humanInTheLoopMiddleware, tool } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fromLangGraph, type LangGraph } from "../src/index.ts";
import { gate } from "./gate.ts";
import { run } from "./run-agent.ts";
import { chunkOf, LiveModel, resultsOf, ScriptedModel, says } from "./scripted-model.ts";

const schema = z.object({ of: z.string() });
const named = (name: string, run: (of: string) => string | Promise<string>) =>
  tool(({ of }) => run(of), { name, description: name, schema });
const callOf = (...ids: [name: string, id: string, of?: string][]) => [
  ...ids.map(([name, id, of = "x"], index) =>
    chunkOf({ content: "", tool_call_chunks: [{ id, name, args: JSON.stringify({ of }), index }] }),
  ),
  ...says(),
];
const textsOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "assistant_message" && event.content ? [event.content] : []));
const outputOf = (events: readonly RunEvent[], callId: string) =>
  events.flatMap((event) => (event.type === "tool_output" && event.callId === callId ? [event.content] : []));
const startsOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "tool_start" ? [event.callId] : []));

/** Two models, each of which writes its next piece when the other one has written. */
function alternating() {
  const gates = ["A1", "B1", "A2", "B2"].map((piece) => ({ piece, ...gate() }));
  const written = (piece: string) => gates.find((one) => one.piece === piece)?.opened;
  const onWritten = (piece: string) => gates.find((one) => one.piece === piece)?.open();
  const a = new LiveModel(async function* () {
    yield "A1";
    await written("B1");
    yield "A2";
    await written("B2");
    yield "A3";
  }, onWritten);
  const b = new LiveModel(async function* () {
    await written("A1");
    yield "B1";
    await written("A2");
    yield "B2";
    yield "B3";
  }, onWritten);
  return { a, b };
}
type Node = (state: { messages: BaseMessage[] }) => object | Promise<object>;
const nodeOf = (node: Node) =>
  new StateGraph(MessagesAnnotation)
    .addNode("node", node)
    .addEdge(START, "node")
    .addEdge("node", END)
    .compile();
const beside = (a: unknown, b: unknown) =>
  new StateGraph(MessagesAnnotation)
    .addNode("a", a as Node)
    .addNode("b", b as Node)
    .addEdge(START, "a")
    .addEdge(START, "b");
const agentOf = (model: ScriptedModel, tools: unknown[], middleware: unknown[] = []) =>
  createAgent({ model, tools, middleware } as never);
const bossOf = (first: ReturnType<typeof callOf>, ...tools: unknown[]) =>
  createAgent({ model: new ScriptedModel(first), tools, checkpointer: new MemorySaver() } as never) as never;
const lastOf = ({ messages }: { messages: BaseMessage[] }) => messages.at(-1)?.text ?? "";

describe("models that run at once in one node", () => {
  test.each<[string, (answers: BaseMessage[]) => object]>([
    ["both", (messages) => ({ messages })],
    ["the second one", ([, second]) => ({ messages: [second] })],
    ["none", () => ({})],
  ])("have whole messages when the node adds %s", async (_added, toUpdate) => {
    const { a, b } = alternating();
    const graph = nodeOf(async ({ messages }) =>
      toUpdate(await Promise.all([a.invoke(messages), b.invoke(messages)])),
    );

    const events = await run(fromLangGraph(graph));

    expect(textsOf(events)).toEqual(["A1A2A3", "B1B2B3"]);
    expect(events.flatMap((event) => (event.type === "chunk" ? [event.content] : []))).toEqual([
      "A1",
      "A2",
      "A3",
      "B1",
      "B2",
      "B3",
    ]);
  });

  test("have whole messages in a graph that does not pass on `callbacks`, as far as it adds them", async () => {
    const { a, b } = alternating();
    const graph = nodeOf(async ({ messages }) => ({
      messages: await Promise.all([a.invoke(messages), b.invoke(messages)]),
    }));
    const stream: LangGraph["stream"] = (input, config) => graph.stream(input, { ...config, callbacks: [] });

    const events = await run(fromLangGraph({ stream }));

    expect(textsOf(events).join("")).toMatch(/A1.*A3/);
    expect(events.at(-1)).toMatchObject({ outcome: "completed" });
  });

  test("are in the usage, also those whose message is not added", async () => {
    const graph = nodeOf(async ({ messages }) => {
      await new ScriptedModel(says("A plan.")).invoke(messages);
      return { messages: [new AIMessage("Done.")] };
    });

    const events = await run(fromLangGraph(graph));

    expect(events.at(-1)).toMatchObject({ usage: { inputTokens: 6, outputTokens: 5 } });
  });
});

describe("a model within a tool", () => {
  test("writes the output of its call", async () => {
    const ask = named("ask", async (of) => (await new ScriptedModel(says(of, "!")).invoke("x")).text);
    const first = callOf(["ask", "c1", "one"], ["ask", "c2", "two"]);

    const events = await run(fromLangGraph(bossOf(first, ask)));

    expect(startsOf(events)).toEqual(["c1", "c2"]);
    expect(outputOf(events, "c1")).toEqual(["one", "!"]);
    expect(outputOf(events, "c2")).toEqual(["two", "!"]);
    expect(resultsOf(events)).toEqual([
      ["ask", "one!"],
      ["ask", "two!"],
    ]);
    expect(textsOf(events)).toEqual(["Done."]);
    expect(events.at(-1)).toMatchObject({ usage: { outputTokens: 20 } });
  });

  test("of an agent with tools of its own shows only its texts, a paragraph each", async () => {
    const list = named("list", () => "a");
    const inner = agentOf(
      new ScriptedModel([chunkOf({ content: "Let me look." }), ...callOf(["list", "inner"])]),
      [list],
    );
    const ask = named("ask", async (of) =>
      lastOf(await inner.invoke({ messages: [{ role: "user", content: of }] } as never)),
    );

    const events = await run(fromLangGraph(bossOf(callOf(["ask", "c1"]), ask)));

    expect(outputOf(events, "c1").join("")).toBe("Let me look.\n\nDone.");
    expect(resultsOf(events)).toEqual([["ask", "Done."]]);
    expect(textsOf(events)).toEqual(["Done."]);
  });

  test.each([
    ["once", "The agent says: gone"],
    ["deny", "Not allowed: the user did not allow it."],
  ] as const)("asks about the call of that tool: %s", async (decision, output) => {
    const rm = named("rm", () => "gone");
    const review = humanInTheLoopMiddleware({ interruptOn: { rm: true } } as never);
    const model = new ScriptedModel(callOf(["rm", "r1", "a"], ["rm", "r2", "b"]), {
      last: says("The agent says: gone"),
    });
    const inner = agentOf(model, [rm], [review]);
    const ask = named("ask", async (of) =>
      lastOf(await inner.invoke({ messages: [{ role: "user", content: of }] } as never)),
    );

    const events = await run(fromLangGraph(bossOf(callOf(["ask", "c1"]), ask)), {
      decision: () => Promise.resolve(decision),
    });

    const asked = events.flatMap((event) => (event.type === "approval_request" ? [event] : []));
    expect(asked).toMatchObject([{ callId: "c1", toolName: "ask" }]);
    expect(asked[0]?.reason).toMatch(/"of": "a"[\s\S]*"of": "b"/);
    expect(resultsOf(events)).toEqual([["ask", output]]);
    expect(events.at(-1)).toMatchObject({ outcome: "completed" });
  });
});

describe("agents with tools that run at once", () => {
  const agentWith = (name: string) =>
    agentOf(new ScriptedModel(callOf([name, name]), { last: says(`${name} says.`) }), [
      named(name, () => `${name} done`),
    ]);

  test.each<[string, () => unknown]>([
    ["as nodes", () => beside(agentWith("t1").graph, agentWith("t2").graph).compile()],
    [
      "in one node",
      () =>
        nodeOf(async () => {
          const input = { messages: [{ role: "user", content: "x" }] } as never;
          const ends = await Promise.all([agentWith("t1").invoke(input), agentWith("t2").invoke(input)]);
          return { messages: ends.map(({ messages }) => messages.at(-1)) };
        }),
    ],
  ])("have the results of all calls: %s", async (_how, toGraph) => {
    const events = await run(fromLangGraph(toGraph() as never));

    expect(startsOf(events).sort()).toEqual(["t1", "t2"]);
    expect(Object.fromEntries(resultsOf(events))).toEqual({ t1: "t1 done", t2: "t2 done" });
    expect(textsOf(events).sort()).toEqual(["t1 says.", "t2 says."]);
  });

  test.each(["beside", "before"])("run their tools while a model writes %s them", async (order) => {
    const [started, written, begun] = [gate(), gate(), gate()];
    const wait = named("wait", async () => {
      started.open();
      await written.opened;
      return "waited";
    });
    const model = new LiveModel(
      async function* () {
        if (order === "beside") await started.opened;
        yield "B1";
        await started.opened;
        yield "B2";
      },
      (piece) => (piece === "B1" ? begun : written).open(),
    );
    const agent = agentOf(new ScriptedModel(callOf(["wait", "w"])), [wait]);
    const later = new StateGraph(MessagesAnnotation)
      .addNode("until", async () => (await begun.opened, {}))
      .addNode("agent", agent.graph as never)
      .addEdge(START, "until")
      .addEdge("until", "agent" as never)
      .compile();
    const graph = beside(order === "beside" ? agent.graph : later, async () => ({
      messages: [await model.invoke("x")],
    }));

    const events = await run(fromLangGraph(graph.compile()));

    expect(resultsOf(events)).toEqual([["wait", "waited"]]);
    expect(textsOf(events).sort()).toEqual(["B1B2", "Done."]);
  });

  test("ask one after the other, each about its own call", async () => {
    const asking = (callId: string) => {
      const review = humanInTheLoopMiddleware({ interruptOn: { rm: true } } as never);
      const model = new ScriptedModel(callOf(["rm", callId]), { last: says(`${callId} says.`) });
      return agentOf(model, [named("rm", () => "gone")], [review]).graph;
    };
    const graph = beside(asking("r1"), asking("r2")).compile({ checkpointer: new MemorySaver() });

    const events = await run(fromLangGraph(graph), {
      decision: (callId) => Promise.resolve(callId === "r1" ? "once" : "deny"),
    });

    const results = events.flatMap((event) =>
      event.type === "tool_done" ? [[event.callId, event.output]] : [],
    );
    expect(Object.fromEntries(results)).toEqual({
      r1: "gone",
      r2: "Not allowed: the user did not allow it.",
    });
    expect(results).toHaveLength(2);
    // After a denial, langchain 1.5.14 asks its model again, and 1.0.1 ends.
    expect(textsOf(events)).toContain("r1 says.");
  });

  test("ask about their call before a node beside them asks its question", async () => {
    const review = humanInTheLoopMiddleware({ interruptOn: { rm: true } } as never);
    const asking = agentOf(new ScriptedModel(callOf(["rm", "r1"])), [named("rm", () => "gone")], [review]);
    const question = () => ({ messages: [new AIMessage(`Sure: ${interrupt("Sure?")}`)] });
    const graph = beside(asking.graph, question).compile({ checkpointer: new MemorySaver() });

    const events = await run(fromLangGraph(graph), { decision: () => Promise.resolve("once") });

    expect(resultsOf(events)).toEqual([
      ["rm", "gone"],
      ["question", "Allowed."],
    ]);
    expect(textsOf(events)).toEqual(["Done.", "Sure: true"]);
  });
});

describe("a tool", () => {
  test("that a node calls without the id of a call starts the calls of the turn", async () => {
    const started = gate();
    const list = named("list", async () => {
      await started.opened;
      return "a";
    });
    const model = new ScriptedModel(callOf(["list", "c1"]));
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("model", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
      .addNode("tools", async () => ({
        messages: [
          { type: "tool", tool_call_id: "c1", name: "list", content: await list.invoke({ of: "x" }) },
        ],
      }))
      .addEdge(START, "model")
      .addEdge("model", "tools")
      .compile();
    const agent = fromLangGraph(graph as never);
    const { signal } = new AbortController();
    const messages = [{ role: "user", content: "hi", timestamp: 1 }] as const;
    const events: RunEvent[] = [];

    for await (const event of agent.run({ sessionId: "s", runId: "run-1", messages, signal })) {
      events.push(event);
      if (event.type === "tool_start") started.open();
    }

    expect(resultsOf(events)).toEqual([["list", "a"]]);
  });

  test("runs when its start was recorded", async () => {
    const seen: string[] = [];
    const list = named("list", () => {
      seen.push("runs");
      return "a";
    });
    const agent = fromLangGraph(bossOf(callOf(["list", "c1"]), list));
    const { signal } = new AbortController();
    const messages = [{ role: "user", content: "hi", timestamp: 1 }] as const;

    for await (const { type } of agent.run({ sessionId: "s", runId: "run-1", messages, signal })) {
      await new Promise((resolve) => void setImmediate(resolve));
      if (type.startsWith("tool_")) seen.push(type);
    }

    expect(seen).toEqual(["tool_input", "tool_start", "runs", "tool_done"]);
  });
});

describe("a graph", () => {
  test("with a breakpoint fails with the remedy", async () => {
    const graph = beside(
      () => ({}),
      () => ({}),
    ).compile({
      checkpointer: new MemorySaver(),
      interruptBefore: ["a"],
    });

    await expect(run(fromLangGraph(graph))).rejects.toThrow("Call `interrupt` in a node.");
  });

  test("may add a message as a pair, and reasoning beside the content", async () => {
    const additional_kwargs = { reasoning_content: "Hm." };
    const graph = nodeOf(() => ({
      messages: [["ai", "One."], new AIMessage({ content: "Two.", additional_kwargs })],
    }));

    const events = await run(fromLangGraph(graph));

    expect(textsOf(events)).toEqual(["One.", "Two."]);
    expect(events.find(({ type }) => type === "thinking")).toMatchObject({ content: "Hm." });
  });
});
