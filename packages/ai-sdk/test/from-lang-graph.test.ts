import { AIMessage, type BaseMessage, ToolMessage } from "@langchain/core/messages";
import {
  Command,
  END,
  interrupt,
  MemorySaver,
  MessagesAnnotation,
  START,
  StateGraph,
} from "@langchain/langgraph";
import { describeAgentRunner } from "@mini-openclaw/gateway/testing";
import type { AgentInput, AgentRunner } from "@mini-openclaw/protocol";
import { createAgent, humanInTheLoopMiddleware, tool } from "langchain";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fromLangGraph } from "../src/index.ts";
import { run } from "./run-agent.ts";
import { branches, calls, resultsOf, ScriptedModel, says } from "./scripted-model.ts";

const schema = z.object({ of: z.string() });
const named = (name: string, run: () => string) => tool(run, { name, description: name, schema });
const tools = [
  named("list", () => "a"),
  named("rm", () => "gone"),
  named("bad", () => {
    throw new Error("no such folder");
  }),
];
function agentOf(model: ScriptedModel): AgentRunner {
  // Its types are not made for `exactOptionalPropertyTypes`.
  const middleware = [humanInTheLoopMiddleware({ interruptOn: { rm: true } } as never)] as never;
  return fromLangGraph(createAgent({ model, tools, middleware, checkpointer: new MemorySaver() }) as never);
}

describeAgentRunner(
  "a graph of LangGraph",
  {
    answers: () => ({ agent: agentOf(new ScriptedModel(says("Hel", "lo."))), content: "hi" }),
    callsTool: () => ({ agent: agentOf(new ScriptedModel(calls("list"))), content: "list" }),
    asks: () => ({ agent: agentOf(new ScriptedModel(calls("rm"))), content: "rm" }),
    goesOn: () => ({ agent: agentOf(new ScriptedModel(says("On"), { hangs: true })), content: "go" }),
    isSteered: () => ({ agent: agentOf(new ScriptedModel(says("Hello."))), content: "hi" }),
  },
  { describe, test },
);

const conversation: AgentInput["messages"] = [
  { role: "user", content: "one", timestamp: 1 },
  { role: "assistant", content: "Old.", timestamp: 1 },
  { role: "user", content: "two", timestamp: 1 },
];
describe("fromLangGraph", () => {
  test("has the pieces of a call's input, and the usage of all turns", async () => {
    const events = await run(agentOf(new ScriptedModel(calls("list"))));

    expect(events.flatMap((event) => (event.type === "tool_input" ? [event.content] : []))).toEqual([
      '{"of":',
      '"x"}',
    ]);
    expect(events.find(({ type }) => type === "assistant_message")).toMatchObject({
      toolCalls: [{ callId: "call-0", toolName: "list", input: { of: "x" } }],
    });
    expect(events.at(-1)).toMatchObject({
      usage: { inputTokens: 12, outputTokens: 10, cacheReadTokens: 6, cacheWriteTokens: 2 },
    });
  });

  // After a call of a turn was denied, langchain 1.0.1 makes the others, and 1.5.14 makes none.
  test.each([
    ["once", "gone", /^gone$/],
    ["deny", "Not allowed: the user did not allow it.", /^The call was not made\.$|^gone$/],
  ] as const)("asks about several calls at once: %s", async (first, output, other) => {
    const decision = (callId: string) => Promise.resolve(callId === "call-0" ? first : "once");
    const events = await run(agentOf(new ScriptedModel(calls("rm", "rm"))), { decision });

    expect(resultsOf(events)).toEqual([
      ["rm", output],
      ["rm", expect.stringMatching(other)],
    ]);
    expect(events.find(({ type }) => type === "approval_request")).toMatchObject({
      reason: expect.stringContaining("Tool execution requires approval"),
    });
    expect(events.at(-1)).toMatchObject({ outcome: "completed" });
  });

  test.each([
    ["once", true],
    ["deny", false],
  ] as const)("asks a question of a node, and passes on %s", async (decision, isAllowed) => {
    const answers: unknown[] = [];
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("ask", () => {
        answers.push(interrupt("Send the mail?"));
        return { messages: [{ role: "assistant", content: "Ok." }] };
      })
      .addEdge(START, "ask")
      .addEdge("ask", END)
      .compile({ checkpointer: new MemorySaver() });

    const events = await run(fromLangGraph(graph), { decision: () => Promise.resolve(decision) });

    expect(answers).toEqual([isAllowed]);
    expect(events.find(({ type }) => type === "approval_request")).toMatchObject({
      toolName: "question",
      reason: "Send the mail?",
    });
    expect(events.at(-2)).toMatchObject({ type: "message_done", content: "Ok." });
  });

  test("asks two questions of tools that run at once, each about its own call", async () => {
    const asks = (name: string) => named(name, () => `${name}: ${interrupt(`${name}?`)}`);
    const model = new ScriptedModel(calls("list", "rm"));
    const graph = createAgent({ model, tools: [asks("list"), asks("rm")], checkpointer: new MemorySaver() });

    const events = await run(fromLangGraph(graph as never), { decision: () => Promise.resolve("once") });

    const requests = events.flatMap((event) =>
      event.type === "approval_request" ? [[event.callId, event.toolName]] : [],
    );
    expect(Object.fromEntries(requests)).toEqual({ "call-0": "list", "call-1": "rm" });
    expect(Object.fromEntries(resultsOf(events))).toEqual({ list: "list: true", rm: "rm: true" });
  });

  test("asks a question of a subgraph once", async () => {
    const inner = new StateGraph(MessagesAnnotation)
      .addNode("ask", () => ({ messages: [new AIMessage(`Ok: ${interrupt("Sure?")}`)] }))
      .addEdge(START, "ask")
      .addEdge("ask", END)
      .compile();
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("inner", inner)
      .addEdge(START, "inner")
      .addEdge("inner", END)
      .compile({ checkpointer: new MemorySaver() });

    const events = await run(fromLangGraph(graph), { decision: () => Promise.resolve("once") });

    expect(events.filter(({ type }) => type === "approval_request")).toHaveLength(1);
    expect(events.at(-2)).toMatchObject({ type: "message_done", content: "Ok: true" });
  });

  test.each([
    ["as a node", (agent: ReturnType<typeof createAgent>) => agent.graph],
    [
      "in a node that returns all messages",
      (agent: ReturnType<typeof createAgent>) => (state: { messages: BaseMessage[] }) =>
        agent.invoke(state as never),
    ],
  ])("streams the turns of an agent %s, each once", async (_, toNode) => {
    const agent = createAgent({ model: new ScriptedModel(calls("list")), tools });
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("agent", toNode(agent) as never)
      .addEdge(START, "agent" as never)
      .addEdge("agent" as never, END)
      .compile();

    const events = await run(fromLangGraph(graph as never), { messages: conversation });

    expect(events.map(({ type }) => type)).toEqual([
      "run_start",
      "tool_input",
      "tool_input",
      "assistant_message",
      "tool_start",
      "tool_done",
      "chunk",
      "chunk",
      "assistant_message",
      "message_done",
      "run_end",
    ]);
    expect(events.at(-2)).toMatchObject({ content: "Done." });
  });

  test("leaves out messages of the session that a node returns again", async () => {
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("answer", ({ messages }) => ({ messages: [...messages, new AIMessage("New.")] }))
      .addEdge(START, "answer")
      .addEdge("answer", END)
      .compile();

    const events = await run(fromLangGraph(graph), { messages: conversation });

    expect(events.at(-2)).toMatchObject({ content: "New." });
  });

  test("keeps the texts of two models apart, one after the other or at once", async () => {
    const [first, last, beside] = ["One.", "Two.", "Three."].map((text) => new ScriptedModel(says(text)));
    const answer = (model: ScriptedModel | undefined) => async (state: { messages: BaseMessage[] }) => {
      const message = await model?.invoke(state.messages);
      return { messages: message ? [message] : [] };
    };
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("hidden", async (state) => void (await answer(first)(state)))
      .addNode("last", answer(last))
      .addNode("beside", answer(beside))
      .addEdge(START, "hidden")
      .addEdge("hidden", "last")
      .addEdge("hidden", "beside")
      .addEdge("last", END)
      .addEdge("beside", END)
      .compile();

    const events = await run(fromLangGraph(graph));

    const texts = events.flatMap((event) => (event.type === "assistant_message" ? [event.content] : []));
    expect(texts).toHaveLength(3);
    expect(texts[0]).toBe("One.");
    expect(texts).toEqual(expect.arrayContaining(["Two.", "Three."]));
  });

  test("streams one of the branches that run at once, and mixes no texts", async () => {
    const gates = new Map<string, () => void>();
    /** Resolves when another model has written `piece`. */
    const written = new Map<string, Promise<void>>();
    for (const piece of ["A1", "A2", "B2", "C1"])
      written.set(piece, new Promise((resolve) => gates.set(piece, resolve)));
    const graph = branches(
      [
        [
          "A",
          async function* () {
            yield "A1";
            await written.get("B2");
            yield "A2";
            await written.get("C1");
            yield "A3";
          },
        ],
        [
          "B",
          async function* () {
            await written.get("A1");
            yield "B1";
            yield "B2";
          },
        ],
        [
          "C",
          async function* () {
            await written.get("A2");
            yield "C1";
            yield "C2";
          },
        ],
      ],
      (piece) => gates.get(piece)?.(),
    );

    const events = await run(fromLangGraph(graph));

    const streams = new Map<string, string>();
    for (const event of events)
      if (event.type === "chunk")
        streams.set(event.messageId, (streams.get(event.messageId) ?? "") + event.content);
    expect([...streams.values()]).toEqual(["A1A2A3", "B1B2", "C1C2"]);
    const texts = events.flatMap((event) => (event.type === "assistant_message" ? [event.content] : []));
    expect(texts).toEqual(["A1A2A3", "B1B2", "C1C2"]);
  });

  test("has the results of tools that return commands", async () => {
    const command = tool(
      (_input, config: { toolCall?: { id?: string } }) => {
        const message = new ToolMessage({ content: "by command", tool_call_id: config.toolCall?.id ?? "" });
        return new Command({ update: { messages: [message] } });
      },
      { name: "list", description: "list", schema },
    );
    const model = new ScriptedModel(calls("list", "list"));

    const events = await run(fromLangGraph(createAgent({ model, tools: [command] }) as never));

    expect(resultsOf(events)).toEqual([
      ["list", "by command"],
      ["list", "by command"],
    ]);
  });

  test("has the thinking of an answer that was not streamed", async () => {
    const content = [
      { type: "reasoning" as const, reasoning: "Hm." },
      { type: "text" as const, text: "Yes." },
    ];
    const graph = new StateGraph(MessagesAnnotation)
      .addNode("answer", () => ({ messages: [new AIMessage({ content })] }))
      .addEdge(START, "answer")
      .addEdge("answer", END)
      .compile();

    const events = await run(fromLangGraph(graph));

    expect(events.find(({ type }) => type === "assistant_message")).toMatchObject({
      content: "Yes.",
      blocks: [{ type: "thinking", text: "Hm." }, { type: "text" }],
    });
  });

  test("passes no call without a result to the graph", async () => {
    const model = new ScriptedModel(says("Hello."));
    const toolCalls = [{ callId: "cut", toolName: "list", input: {} }];
    await run(fromLangGraph(createAgent({ model, tools }) as never), {
      messages: [
        { role: "user", content: "list", timestamp: 1 },
        { role: "assistant", content: "", toolCalls, timestamp: 1 },
        { role: "user", content: "hi", timestamp: 1 },
      ],
    });

    expect(model.prompts[0]?.map(({ type }) => type)).toEqual(["human", "human"]);
  });

  test("passes the history and more of its configuration to the graph", async () => {
    const model = new ScriptedModel(says("Hello."));
    const seen: unknown[] = [];
    const graph = createAgent({ model, tools });
    const stream = (input: never, config: { configurable: object }) => {
      seen.push(config.configurable);
      return graph.stream(input, config as never);
    };
    const agent = fromLangGraph({ stream } as never, {
      configurable: ({ sessionId }) => ({ user: sessionId }),
    });
    await run(agent, {
      messages: [
        { role: "system", content: "A summary.", timestamp: 1, compaction: true },
        { role: "user", content: "list", timestamp: 1 },
        {
          role: "assistant",
          content: "",
          toolCalls: [{ callId: "a", toolName: "list", input: {} }],
          timestamp: 1,
        },
        { role: "tool", callId: "a", toolName: "list", content: "no", isError: true, timestamp: 1 },
        { role: "user", content: "hi", timestamp: 1 },
      ],
    });

    expect(seen).toEqual([{ thread_id: "run-1", user: "s" }]);
    expect(model.prompts[0]?.map(({ type, content }) => [type, content])).toEqual([
      ["human", "A summary."],
      ["human", "list"],
      ["ai", ""],
      ["tool", "no"],
      ["human", "hi"],
    ]);
  });

  test("starts a tool that takes long before its result", async () => {
    let open: () => void = () => undefined;
    const isFree = new Promise<string>((resolve) => {
      open = () => resolve("late");
    });
    const slow = tool(() => isFree, { name: "list", description: "list", schema });
    const agent = fromLangGraph(
      createAgent({ model: new ScriptedModel(calls("list")), tools: [slow] }) as never,
    );
    const { signal } = new AbortController();
    const messages = [{ role: "user", content: "hi", timestamp: 1 }] as const;
    const types: string[] = [];

    for await (const { type } of agent.run({ sessionId: "s", runId: "run-1", messages, signal })) {
      types.push(type);
      if (type === "tool_start") open();
    }

    expect(types).toContain("tool_done");
  });

  test("fails with the error of its graph", async () => {
    const model = new ScriptedModel([]);

    await expect(run(agentOf(model))).rejects.toThrow("Received empty response");
  });

  test("names a graph whose stream is none", async () => {
    const agent = fromLangGraph({ stream: () => Promise.resolve(5) } as never);

    await expect(run(agent)).rejects.toThrow("`graph` must be a graph whose `stream` returns parts, got 5.");
  });

  test("refuses what is no graph, and unknown options", () => {
    expect(() => fromLangGraph({} as never)).toThrow("`graph` must be a compiled graph with `stream`");
    expect(() => fromLangGraph({} as never, { thread: 1 } as never)).toThrow("`thread` is no option");
  });
});
