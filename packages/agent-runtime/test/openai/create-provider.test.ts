import type { ModelEvent, ModelProvider, ModelRequest } from "@mini-openclaw/protocol";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider } from "../../src/openai.ts";
import { describeModelProvider, type ScriptStep } from "../../src/testing.ts";
import { type Answer, messagesServer } from "../anthropic/messages-server.ts";
import { goesWithTheClock, passTheSilence } from "../clock.ts";
import { eventsOf, inputOf, outline, user } from "../collect.ts";
import { type Choice, chunks, done, refuses, sse, streams, usage } from "./chat-server.ts";

const request: ModelRequest = {
  system: { stable: "be good", volatile: "it is late" },
  messages: [user("hi")],
  tools: [],
  toolChoice: "auto",
};

async function read(provider: ModelProvider): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of provider.stream(request, { signal: new AbortController().signal }))
    events.push(event);
  return events;
}

async function answered(...parts: readonly string[]): Promise<ModelEvent[]> {
  await using server = await messagesServer(streams(...parts));
  return await read(createOpenAIProvider({ model: "m", baseURL: `${server.baseURL}/v1` }));
}

const noUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const text = (content: string): Choice => ({ delta: { content } });
const stop: Choice = { finish_reason: "stop" };

describe("a turn", () => {
  test("gives all text that one read brought in one event, and the usage with its cached part apart", async () => {
    expect(await answered(chunks(text("Hel"), text("lo"), stop), usage(10, 2, 4), done)).toEqual([
      { type: "text", text: "Hello" },
      {
        type: "turn",
        content: "Hello",
        toolCalls: [],
        stopReason: "end_turn",
        usage: { inputTokens: 6, outputTokens: 2, cacheReadTokens: 4, cacheWriteTokens: 0 },
      },
    ]);
  });

  /**
   * Returns the costs of a run, at a tenth of a cent for a token in, and twice that for one out.
   */
  async function costOfRun(...parts: readonly string[]) {
    await using server = await messagesServer(streams(...parts));
    const provider = createOpenAIProvider({ model: "m", baseURL: `${server.baseURL}/v1` });
    const prices = { m: { input: 1000, output: 2000, cacheRead: 500 } };
    const agent = new AgentRuntime({ provider, prices, systemPrompt: () => ({ stable: "", volatile: "" }) });
    const events = await eventsOf(agent, inputOf("y".repeat(400)));
    return events.find((event) => event.type === "run_end");
  }

  test("costs its usage, the cached part at its own price", async () => {
    expect(await costOfRun(chunks(text("ok"), stop), usage(10, 2, 4), done)).toMatchObject({
      costUsd: 0.012,
    });
  });

  test("costs an estimate if its usage is unknown", async () => {
    const end = await costOfRun(chunks(text("x".repeat(400)), stop), done);
    expect(end?.usage.outputTokens).toBe(100);
    expect(end?.costUsd).toBeCloseTo(0.3);
  });

  test("is complete without `[DONE]` and without usage", async () => {
    expect((await answered(chunks(text("ok"), stop))).at(-1)).toMatchObject({
      content: "ok",
      usage: noUsage,
    });
  });

  test.each(["reasoning_content", "reasoning"])("shows thinking that comes as `%s`", async (field) => {
    expect(
      (await answered(chunks({ delta: { [field]: "Hm.", content: null } }, text("ok"), stop), done)).slice(
        0,
        2,
      ),
    ).toEqual([
      { type: "thinking", text: "Hm." },
      { type: "text", text: "ok" },
    ]);
  });

  test("puts tool calls together from their pieces, also one whose input is not JSON", async () => {
    const piece = (index: number, fields: Record<string, unknown>): Choice => ({
      delta: { tool_calls: [{ index, ...fields }] },
    });
    const turn = await answered(
      chunks(
        piece(0, { id: "c1", type: "function", function: { name: "bash", arguments: "" } }),
        piece(0, { function: { arguments: '{"command"' } }),
        piece(1, { id: "c2", function: { name: "now" } }),
        piece(0, { function: { arguments: ':"ls"}' } }),
        piece(2, { id: "c3", function: { name: "bash", arguments: '{"comm' } }),
        { finish_reason: "tool_calls" },
      ),
      done,
    );
    expect(turn.at(-1)).toEqual({
      type: "turn",
      content: "",
      toolCalls: [
        { callId: "c1", toolName: "bash", input: { command: "ls" } },
        { callId: "c2", toolName: "now", input: {} },
        { callId: "c3", toolName: "bash", input: {}, invalidInput: '{"comm' },
      ],
      stopReason: "tool_use",
      usage: noUsage,
    });
  });

  test("keeps calls apart of a server that gives all of them one place, or none", async () => {
    const whole = (id: string, fields: object = { index: 0 }): Choice => ({
      delta: { tool_calls: [{ ...fields, id, function: { name: "now", arguments: `{"a":"${id}"}` } }] },
    });
    for (const fields of [{ index: 0 }, {}]) {
      const answer = chunks(whole("c1", fields), whole("c2", fields), { finish_reason: "tool_calls" });
      expect((await answered(answer, done)).at(-1)).toMatchObject({
        toolCalls: [
          { callId: "c1", toolName: "now", input: { a: "c1" } },
          { callId: "c2", toolName: "now", input: { a: "c2" } },
        ],
      });
    }
  });

  test.each([
    ["length", "max_tokens"],
    ["content_filter", "refusal"],
    ["constructor", "constructor"],
  ])("has for the end %s the stop reason %s", async (finish_reason, stopReason) => {
    expect((await answered(chunks({ finish_reason }), done)).at(-1)).toMatchObject({ stopReason });
  });
});

// row 31.j
test("a request keeps tool calls, results and images, the volatile part behind the question", async () => {
  await using server = await messagesServer(streams(chunks(stop), done));
  const provider = createOpenAIProvider({
    model: "m",
    apiKey: "key-1",
    baseURL: server.baseURL,
    maxTokens: 9,
  });
  const messages: ModelRequest["messages"] = [
    user("1"),
    { role: "assistant", content: "2", timestamp: 1 },
    {
      role: "user",
      content: "What?",
      timestamp: 1,
      blocks: [
        { type: "text", text: "What?" },
        { type: "image", mediaType: "image/png", data: "aGk=" },
      ],
    },
    {
      role: "assistant",
      content: "",
      timestamp: 1,
      toolCalls: [{ callId: "a", toolName: "t", input: { x: 1 } }],
    },
    { role: "tool", callId: "a", toolName: "t", content: "r", isError: false, timestamp: 1 },
  ];
  const tools = [{ name: "t", description: "d", inputSchema: { type: "object" } }];
  for await (const _ of provider.stream(
    { ...request, messages, tools },
    { signal: new AbortController().signal },
  ));
  expect(server.requests[0]?.headers.authorization).toBe("Bearer key-1");
  expect(server.requests[0]?.body).toEqual({
    model: "m",
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: 9,
    messages: [
      { role: "system", content: "be good" },
      { role: "user", content: "1" },
      { role: "assistant", content: "2" },
      {
        role: "user",
        content: [
          { type: "text", text: "What?" },
          { type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } },
          { type: "text", text: "[system] it is late" },
        ],
      },
      {
        role: "assistant",
        content: "",
        tool_calls: [{ id: "a", type: "function", function: { name: "t", arguments: '{"x":1}' } }],
      },
      { role: "tool", tool_call_id: "a", content: "r" },
    ],
    tools: [{ type: "function", function: { name: "t", description: "d", parameters: { type: "object" } } }],
    tool_choice: "auto",
  });
});

describe("a fault of the model's server ends the run as it should", () => {
  beforeEach(goesWithTheClock);
  afterEach(() => void vi.useRealTimers());

  const ok = ["chunk Hello", "assistant_message Hello", "message_done Hello", "run_end completed"];
  const failed = (code: string) => [`error ${code}`, "message_done ", "run_end failed"];
  const retried = (code: string) => [`retry 1 ${code}`, ...ok];
  const cuts: Answer = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunks({}), () => setImmediate(() => response.destroy()));
  };

  test.each<[string, Answer, string[]]>([
    ["429", refuses(429, "slow"), retried("MODEL_RATE_LIMITED")],
    ["503", refuses(503, "loading"), retried("MODEL_OVERLOADED")],
    ["500", refuses(500, "oh"), retried("MODEL_FAILED")],
    ["401", refuses(401, "who?"), failed("MODEL_UNAUTHORIZED")],
    ["404", refuses(404, "no model"), failed("MODEL_REJECTED")],
    ["a connection that is cut", cuts, retried("MODEL_UNREACHABLE")],
    ["a stream that ends before the turn does", streams(chunks({})), retried("MODEL_UNREACHABLE")],
    ["an event that is not JSON", streams(sse("{oops")), retried("MODEL_FAILED")],
    ["an event without choices", streams(sse({})), retried("MODEL_UNREACHABLE")],
    [
      "an error in the stream",
      streams(sse({ error: { message: "oh", code: 503 } })),
      retried("MODEL_OVERLOADED"),
    ],
    ["silence", passTheSilence, retried("MODEL_TIMEOUT")],
  ])("%s", async (_, answer, expected) => {
    await using server = await messagesServer(answer, streams(chunks(text("Hello"), stop), done));
    const provider = createOpenAIProvider({ model: "m", baseURL: server.baseURL });
    const agent = new AgentRuntime({ provider, maxRetries: 1, retryBaseMs: 1 });
    expect(outline(await eventsOf(agent, inputOf("hi")))).toEqual(["run_start", ...expected]);
  });
});

test("refuses a model without a name", () => {
  expect(() => createOpenAIProvider({ model: "" })).toThrow("`model` must be a text that is not empty");
});

describeModelProvider(
  "OpenAI",
  async (script) => {
    const server = await messagesServer(...script.map(toAnswer));
    const provider = createOpenAIProvider({ model: "m", baseURL: server.baseURL });
    return { provider, close: () => server[Symbol.asyncDispose]() };
  },
  { describe, test },
);

/** A step of a script, as Chat Completions would answer. */
function toAnswer(step: ScriptStep): Answer {
  if (step.some(({ part }) => part === "fails")) return refuses(503, "busy");
  const given = step.flatMap((part) => (part.part === "uses" ? [part.usage] : []))[0];
  const choices = step.flatMap((part, index): Choice[] => {
    if (part.part === "says") return part.pieces.map(text);
    if (part.part !== "calls") return [];
    const { callId: id, toolName: name, input } = part.call;
    return [{ delta: { tool_calls: [{ index, id, function: { name, arguments: JSON.stringify(input) } }] } }];
  });
  const isCalling = step.some(({ part }) => part === "calls");
  const end = [
    chunks({ finish_reason: isCalling ? "tool_calls" : "stop" }),
    usage(given?.inputTokens ?? 1, given?.outputTokens ?? 1),
    done,
  ];
  const hangs = step.some(({ part }) => part === "hangs");
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(chunks(...choices));
    if (!hangs) response.end(end.join(""));
  };
}
