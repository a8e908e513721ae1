// The order of a step of the AI SDK: its parts, the starts of its tools, and their results.
import type { RunEvent } from "@mini-openclaw/protocol";
import { isStepCount, readUIMessageStream, streamText, ToolLoopAgent, type ToolSet, tool } from "ai";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fromAiSdk } from "../src/index.ts";
import { gate } from "./gate.ts";
import { run } from "./run-agent.ts";
import { calls, finish, modelOf, type StreamPart, says, types } from "./scripted-parts.ts";

const inputSchema = z.object({ of: z.string() });
const list = tool({ inputSchema, execute: ({ of }) => Promise.resolve(`listed ${of}`) });
const bad = tool({ inputSchema, execute: (): Promise<string> => Promise.reject(new Error("no folder")) });
const rm = tool({ inputSchema, needsApproval: true, execute: () => Promise.resolve("gone") });
const tools = { list, bad, rm };

const web = { toolCallId: "w1", toolName: "web", providerExecuted: true, dynamic: true } as const;
const webCall: StreamPart = { type: "tool-call", input: '{"q":"x"}', ...web };
const webResult: StreamPart = { type: "tool-result", result: { hits: 3 }, ...web };
const callOnly = (toolName: string, toolCallId: string): StreamPart => ({
  type: "tool-call",
  toolCallId,
  toolName,
  input: '{"of":"x"}',
});

const agentOf = (first: StreamPart[], more: object = {}) =>
  fromAiSdk(new ToolLoopAgent({ model: modelOf([...first, finish("tool-calls")]), tools, ...more }));
const turnsOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) =>
    event.type === "assistant_message"
      ? [[event.content, ...(event.toolCalls ?? []).map(({ callId }) => callId)]]
      : [],
  );
const outputsOf = (events: readonly RunEvent[]) =>
  Object.fromEntries(
    events.flatMap((event) => (event.type === "tool_done" ? [[event.callId, event.output]] : [])),
  ) as Record<string, string>;

describe("two tools that run at once", () => {
  test("have one turn and both results, also if one of them throws", async () => {
    const events = await run(agentOf([...calls("list", "c1"), ...calls("bad", "c2")]));

    expect(turnsOf(events)).toEqual([["", "c1", "c2"], ["Done."]]);
    expect(outputsOf(events)).toEqual({ c1: "listed x", c2: "no folder" });
  });

  test.each<[string, StreamPart[], object, RegExp]>([
    ["invalid", [{ ...callOnly("list", "c2"), input: '{"of":1}' } as StreamPart], {}, /Invalid input/],
    ["unknown", [callOnly("nope", "c2")], {}, /unavailable tool 'nope'/],
    [
      "denied by a rule",
      [callOnly("rm", "c2")],
      { toolApproval: { rm: "denied" } },
      /a rule denied the call/,
    ],
    [
      "run by its provider",
      [
        { ...webCall, toolCallId: "c2" },
        { ...webResult, toolCallId: "c2" },
      ],
      {},
      /"hits":3/,
    ],
  ])("have one turn with a call between them that is %s", async (_is, between, more, output) => {
    const first = [...calls("list", "c1"), ...between, ...says("And so."), ...calls("list", "c3")];

    const events = await run(agentOf(first, more));

    expect(turnsOf(events)).toEqual([["And so.", "c1", "c2", "c3"], ["Done."]]);
    expect(outputsOf(events)).toEqual({
      c1: "listed x",
      c2: expect.stringMatching(output),
      c3: "listed x",
    });
  });
});

describe("a call that its provider runs", () => {
  test("ends its turn, and the text that follows is the next turn", async () => {
    const events = await run(agentOf([...says("Look."), webCall, webResult, ...says("Found.")]));

    expect(turnsOf(events)).toEqual([["Look.", "w1"], ["Found."]]);
    expect(outputsOf(events)).toEqual({ w1: '{"hits":3}' });
  });

  test.each([
    ["once", "gone"],
    ["deny", "Not allowed: the user did not allow it."],
  ] as const)("has its result beside a call that asks: %s", async (decision, output) => {
    const events = await run(agentOf([...calls("rm", "c1"), webCall, webResult, ...says("Found.")]), {
      decision: () => Promise.resolve(decision),
    });

    expect(turnsOf(events)).toEqual([["Found.", "c1", "w1"], ["Done."]]);
    expect(outputsOf(events)).toEqual({ c1: output, w1: '{"hits":3}' });
  });
});

describe("a transform of the app", () => {
  const run2 = (first: StreamPart[], more: ToolSet, transform: () => TransformStream) => {
    const model = modelOf([...first, finish("tool-calls")]);
    return run(
      fromAiSdk((call) =>
        streamText({
          model,
          tools: { ...tools, ...more },
          stopWhen: isStepCount(5),
          experimental_transform: transform as never,
          ...call,
        }),
      ),
    );
  };

  test("that slows a text down loses no result of a tool before it", async () => {
    const begun = gate();
    const slow = tool({
      inputSchema,
      execute: () => {
        begun.open();
        return Promise.resolve("slow");
      },
    });
    const first = [callOnly("slow", "c1"), ...says("Then."), callOnly("list", "c2")];
    const events = await run2(
      first,
      { slow },
      () =>
        new TransformStream<{ type: string }>({
          async transform(part, controller) {
            if (part.type === "text-delta") await begun.opened;
            controller.enqueue(part);
          },
        }),
    );

    expect(turnsOf(events)).toEqual([["", "c1"], ["Then.", "c2"], ["Done."]]);
    expect(outputsOf(events)).toEqual({ c1: "slow", c2: "listed x" });
  });

  test("that holds back all parts up to the end of a step does not hold back its tools", async () => {
    const first = [...says("Look."), callOnly("list", "c1"), callOnly("list", "c2")];
    const events = await run2(first, {}, () => {
      const held: { type: string }[] = [];
      return new TransformStream<{ type: string }>({
        transform(part, controller) {
          const isHeld = /^text|^tool-(?:call|input)/.test(part.type);
          if (isHeld) held.push(part);
          else for (const one of part.type === "finish-step" ? held.splice(0) : []) controller.enqueue(one);
          if (!isHeld) controller.enqueue(part);
        },
      });
    });

    expect(turnsOf(events)).toEqual([["", "c1", "c2"], ["Look."], ["Done."]]);
    expect(outputsOf(events)).toEqual({ c1: "listed x", c2: "listed x" });
  });
});

describe("an answer", () => {
  test("has a paragraph for each part of the reasoning", async () => {
    const thinks = (id: string, delta: string): StreamPart[] => [
      { type: "reasoning-start", id },
      { type: "reasoning-delta", id, delta },
      { type: "reasoning-delta", id, delta: "." },
      { type: "reasoning-end", id },
    ];
    const events = await run(agentOf([...thinks("r1", "Plan"), ...thinks("r2", "Do"), ...says("Yes.")]));

    expect(events.find(({ type }) => type === "assistant_message")).toMatchObject({
      content: "Yes.",
      blocks: [
        { type: "thinking", text: "Plan.\n\nDo." },
        { type: "text", text: "Yes." },
      ],
    });
  });

  const url = "https://a.example/x y>";
  const source: StreamPart = { type: "source", sourceType: "url", id: "s1", url, title: "A [title]" };
  const bare: StreamPart = { type: "source", sourceType: "url", id: "s2", url: "https://b.example/" };
  const paper = {
    type: "source",
    sourceType: "document",
    mediaType: "application/pdf",
    title: "Paper",
  } as const;
  const links = [
    "- [A \\[title\\]](<https://a.example/x%20y%3E>)",
    "- [https://b.example/](<https://b.example/>)",
    "- Paper (p.pdf)",
    "- Paper",
  ].join("\n");
  const sources: StreamPart[] = [
    source,
    bare,
    { ...source, id: "s3" },
    { ...paper, id: "s4", filename: "p.pdf" },
    { ...paper, id: "s5" },
  ];

  test("has its sources as a list of links at its end", async () => {
    const events = await run(agentOf([sources[0] as StreamPart, ...says("See."), ...sources.slice(1)]));

    expect(turnsOf(events)).toEqual([[`See.\n\n${links}`]]);
  });

  test("has the sources of a step that called tools behind its last step", async () => {
    const events = await run(agentOf([...sources, ...calls("list", "c1")]));

    expect(turnsOf(events)).toEqual([["", "c1"], [`Done.\n\n${links}`]]);
  });

  test("has sources also if no text follows its tools", async () => {
    const events = await run(agentOf([...sources, ...calls("list", "c1")], { stopWhen: isStepCount(1) }));

    expect(turnsOf(events)).toEqual([["", "c1"], [links]]);
    expect(events.at(-1)).toMatchObject({ outcome: "max_rounds" });
  });
});

describe("a tool that yields the messages of a sub-agent", () => {
  test("keeps a limited part of them, and the whole result", async () => {
    const words = Array.from({ length: 300 }, (_, index) => `word${index} `);
    const sub = tool({
      inputSchema,
      async *execute() {
        const agent = new ToolLoopAgent({ model: modelOf([...says(...words), finish("stop")]) });
        const result = await agent.stream({ prompt: "x" });
        yield* readUIMessageStream({ stream: result.toUIMessageStream() });
      },
    });

    const events = await run(agentOf(calls("sub", "c1"), { tools: { sub } }));

    const output = events.flatMap((event) => (event.type === "tool_output" ? [event.content] : [])).join("");
    expect(output.length).toBeGreaterThan(10_000);
    expect(output.length).toBeLessThanOrEqual(64_000);
    expect(outputsOf(events)["c1"]).toContain("word299");
    expect(types(events)).not.toContain("error");
  });
});
