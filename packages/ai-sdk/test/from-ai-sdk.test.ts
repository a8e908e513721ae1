import { describeAgentRunner } from "@mini-openclaw/gateway/testing";
import type { RunEvent } from "@mini-openclaw/protocol";
import { isStepCount, simulateReadableStream, stepCountIs, streamText, ToolLoopAgent, tool } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fromAiSdk } from "../src/index.ts";
import { run } from "./run-agent.ts";
import {
  calls,
  finish,
  modelOf,
  type StreamOptions,
  type StreamPart,
  says,
  types,
} from "./scripted-parts.ts";

const inputSchema = z.object({ of: z.string() });
const list = tool({
  description: "Lists.",
  inputSchema,
  execute: ({ of }) => Promise.resolve({ of, files: 2 }),
});
const rm = tool({
  description: "Removes.",
  inputSchema,
  needsApproval: true,
  execute: () => Promise.resolve("gone"),
});
const bad = tool({
  description: "Fails.",
  inputSchema,
  execute: (): Promise<string> => Promise.reject(new Error("no such folder")),
});
const tools = { list, rm, bad };
const agentOf = (model: MockLanguageModelV4) => fromAiSdk(new ToolLoopAgent({ model, tools }));

/** A model that answers for ever, until it is aborted. */
function endlessModel() {
  return new MockLanguageModelV4({
    doStream: ({ abortSignal }: StreamOptions) =>
      Promise.resolve({
        stream: new ReadableStream<StreamPart>({
          start(controller) {
            controller.enqueue({ type: "stream-start", warnings: [] });
            for (const part of says("On and on").slice(0, 2)) controller.enqueue(part);
            abortSignal?.addEventListener("abort", () => controller.error(abortSignal.reason));
          },
        }),
      }),
  });
}

describeAgentRunner(
  "a ToolLoopAgent of the AI SDK",
  {
    answers: () => ({ agent: agentOf(modelOf([...says("Hel", "lo."), finish("stop")])), content: "hi" }),
    callsTool: () => ({
      agent: agentOf(modelOf([...says("Look."), ...calls("list", "c1"), finish("tool-calls")])),
      content: "list",
    }),
    asks: () => ({ agent: agentOf(modelOf([...calls("rm", "c1"), finish("tool-calls")])), content: "rm" }),
    goesOn: () => ({ agent: agentOf(endlessModel()), content: "go" }),
    isSteered: () => ({ agent: agentOf(modelOf([...says("Hello."), finish("stop")])), content: "hi" }),
  },
  { describe, test },
);

describe("fromAiSdk", () => {
  test("records the start of each tool before the tool runs", async () => {
    const seen: string[] = [];
    const watched = { ...list, execute: ({ of }: { of: string }) => void seen.push(`runs ${of}`) };
    const model = modelOf([...says("Look."), ...calls("list", "c1"), finish("tool-calls")]);
    const agent = fromAiSdk(new ToolLoopAgent({ model, tools: { list: watched } }));
    const { signal } = new AbortController();

    for await (const { type } of agent.run({
      sessionId: "s",
      runId: "run-1",
      messages: [{ role: "user", content: "hi", timestamp: 1 }],
      signal,
    })) {
      await new Promise((resolve) => void setImmediate(resolve));
      seen.push(type);
    }

    expect(seen.slice(0, 8)).toEqual([
      "run_start",
      "chunk",
      "tool_input",
      "tool_input",
      "assistant_message",
      "tool_start",
      "runs x",
      "tool_done",
    ]);
  });

  test("has reasoning, results as text, and the usage of all steps", async () => {
    const thinks: StreamPart[] = [
      { type: "reasoning-start", id: "r" },
      { type: "reasoning-delta", id: "r", delta: "Hm." },
      { type: "reasoning-end", id: "r" },
    ];
    const events = await run(agentOf(modelOf([...thinks, ...calls("list", "c1"), finish("tool-calls")])));

    expect(events.find(({ type }) => type === "assistant_message")).toMatchObject({
      blocks: [
        { type: "thinking", text: "Hm." },
        { type: "tool_call", callId: "c1" },
      ],
      toolCalls: [{ callId: "c1", toolName: "list", input: { of: "x" } }],
    });
    expect(events.find(({ type }) => type === "tool_done")).toMatchObject({
      output: '{"of":"x","files":2}',
      isError: false,
    });
    expect(events.at(-1)).toMatchObject({
      usage: { inputTokens: 12, outputTokens: 10, cacheReadTokens: 6, cacheWriteTokens: 2 },
    });
  });

  test("has the error of a failed tool as its result, and continues", async () => {
    const events = await run(agentOf(modelOf([...calls("bad", "c1"), finish("tool-calls")])));

    expect(events.find(({ type }) => type === "tool_done")).toMatchObject({
      output: "no such folder",
      isError: true,
    });
    expect(events.at(-1)).toMatchObject({ outcome: "completed" });
  });

  test("starts a call whose id an earlier turn has used, too", async () => {
    let turns = 0;
    const model = new MockLanguageModelV4({
      doStream: () => {
        turns += 1;
        const chunks = turns < 3 ? [...calls("list", "c1"), finish("tool-calls")] : [finish("stop")];
        return Promise.resolve({ stream: simulateReadableStream({ chunks, initialDelayInMs: null }) });
      },
    });

    const events = await run(agentOf(model));

    expect(types(events).filter((type) => type === "tool_start" || type === "tool_done")).toEqual([
      "tool_start",
      "tool_done",
      "tool_start",
      "tool_done",
    ]);
  });

  test("has the preliminary results of a tool as its output so far", async () => {
    const slow = tool({
      inputSchema,
      async *execute() {
        yield "one";
        yield "one two";
        yield { three: 3 };
      },
    });
    const model = modelOf([...calls("slow", "c1"), finish("tool-calls")]);

    const events = await run(fromAiSdk(new ToolLoopAgent({ model, tools: { slow } })));

    expect(events.flatMap((event) => (event.type === "tool_output" ? [event.content] : []))).toEqual([
      "one",
      " two",
      '\n{"three":3}',
    ]);
    expect(events.find(({ type }) => type === "tool_done")).toMatchObject({ output: '{"three":3}' });
  });

  test("has an input that is no object, and an error that is no JSON", async () => {
    const sum = tool({
      inputSchema: z.array(z.number()),
      execute: (): Promise<string> => Promise.reject(new Map([["code", 1n]])),
    });
    const call = { type: "tool-call", toolCallId: "c1", toolName: "sum", input: "[1,2]" } as const;
    const model = modelOf([call, finish("tool-calls")]);
    const events: RunEvent[] = [];
    const agent = fromAiSdk(new ToolLoopAgent({ model, tools: { sum } }));
    const { signal } = new AbortController();
    const messages = [{ role: "user", content: "hi", timestamp: 1 }] as const;

    for await (const event of agent.run({ sessionId: "s", runId: "run-1", messages, signal }))
      events.push(event);

    expect(events.find(({ type }) => type === "tool_start")).toMatchObject({ input: { input: [1, 2] } });
    expect(events.find(({ type }) => type === "tool_done")).toMatchObject({ isError: true });
  });

  test("fails when a tool has nobody who runs it", async () => {
    const model = modelOf([...calls("ask", "c1"), finish("tool-calls")]);
    const agent = fromAiSdk(new ToolLoopAgent({ model, tools: { ask: tool({ inputSchema }) } }));

    await expect(run(agent)).rejects.toThrow("The tool `ask` must have `execute`");
  });

  test.each([
    ["nothing", undefined],
    ["a text", "Hello."],
  ])("fails with the cause when the function returns %s", async (_, returned) => {
    const agent = fromAiSdk((() => returned) as never);

    await expect(run(agent)).rejects.toThrow("a function that returns the result of `streamText`");
  });

  test("asks about several calls at once, and runs those that are allowed", async () => {
    const first = [...calls("rm", "c1"), ...calls("rm", "c2"), ...calls("list", "c3"), finish("tool-calls")];
    const decision = (callId: string) =>
      Promise.resolve(callId === "c1" ? ("deny" as const) : ("once" as const));
    const events = await run(agentOf(modelOf(first)), { decision });

    const results = events.flatMap((event) =>
      event.type === "tool_done" ? [[event.callId, event.output, event.isDenied === true]] : [],
    );
    expect(results).toEqual([
      ["c3", '{"of":"x","files":2}', false],
      ["c1", "Not allowed: the user did not allow it.", true],
      ["c2", "gone", false],
    ]);
    expect(types(events).filter((type) => type === "approval_request")).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({ outcome: "completed" });
  });

  test("takes a function that calls `streamText`, with the history of the session", async () => {
    const model = modelOf([...says("Hello."), finish("stop")]);
    const agent = fromAiSdk((call) => streamText({ model, tools, stopWhen: stepCountIs(5), ...call }));
    const toolCalls = [
      { callId: "a", toolName: "list", input: {} },
      { callId: "b", toolName: "list", input: {} },
    ];
    const image = { type: "image" as const, mediaType: "image/png", data: "AAAA" };
    const result = { role: "tool", toolName: "list", timestamp: 1 } as const;
    await run(agent, {
      messages: [
        { ...result, callId: "before", content: "cut", isError: false },
        { role: "system", content: "A summary.", timestamp: 1, compaction: true },
        {
          role: "user",
          content: "look\n[image]",
          blocks: [image, { type: "text", text: "look" }],
          timestamp: 1,
        },
        { role: "assistant", content: "", toolCalls, timestamp: 1 },
        { ...result, callId: "a", content: "no", isError: true },
        { role: "assistant", content: "Two.", timestamp: 1 },
        { role: "user", content: "hi", timestamp: 1 },
      ],
    });

    expect(model.doStreamCalls[0]?.prompt).toMatchObject([
      { role: "user", content: [{ type: "text", text: "A summary." }] },
      {
        role: "user",
        content: [
          { type: "text", text: "look" },
          { type: "file", mediaType: "image/png" },
        ],
      },
      { role: "assistant", content: [{ type: "tool-call", toolCallId: "a" }] },
      { role: "tool", content: [{ type: "tool-result", output: { type: "error-text", value: "no" } }] },
      { role: "assistant", content: [{ type: "text", text: "Two." }] },
      { role: "user", content: [{ type: "text", text: "hi" }] },
    ]);
  });

  test.each([
    ["stop", "completed", undefined],
    ["length", "failed", "ANSWER_CUT"],
    ["content-filter", "refused", undefined],
    ["error", "failed", "MODEL_FAILED"],
  ] as const)("ends a run whose model stopped by %s as %s", async (reason, outcome, code) => {
    const events = await run(agentOf(modelOf([...says("Hm."), finish(reason)])));

    expect(events.at(-1)).toMatchObject({ outcome, ...(code && { error: { code } }) });
  });

  test("ends a run that reached its limit of steps as max_rounds", async () => {
    const model = modelOf([...calls("list", "c1"), finish("tool-calls")]);
    const agent = fromAiSdk(new ToolLoopAgent({ model, tools, stopWhen: isStepCount(1) }));

    expect((await run(agent)).at(-1)).toMatchObject({ outcome: "max_rounds" });
  });

  test("fails with the error of its model", async () => {
    const model = new MockLanguageModelV4({ doStream: () => Promise.reject(new Error("no model")) });
    const agent = fromAiSdk((call) =>
      streamText({ model, maxRetries: 0, onError: () => undefined, ...call }),
    );

    await expect(run(agent)).rejects.toThrow("no model");
  });

  test("refuses what is no agent", () => {
    expect(() => fromAiSdk({} as never)).toThrow("`agent` must be an agent with `stream`, or a function");
  });
});
