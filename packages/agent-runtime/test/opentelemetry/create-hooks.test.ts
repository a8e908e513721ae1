import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentError, AgentRuntime, type ToolDefinition } from "../../src/index.ts";
import { createOpenTelemetryHooks, type OpenTelemetryOptions } from "../../src/opentelemetry.ts";
import { calls, createScriptedProvider, fails, type ScriptStep, says, uses } from "../../src/testing.ts";
import { answers, messagesServer } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf } from "../collect.ts";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

beforeEach(() => {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterEach(() => {
  exporter.reset();
  trace.disable();
  context.disable();
});

const look: ToolDefinition = {
  name: "look",
  description: "Looks.",
  parameters: {},
  execute: () => ({ success: true, output: "two files" }),
};

async function spansOf(
  script: readonly ScriptStep[],
  options: Partial<OpenTelemetryOptions> = {},
  tools = [look],
) {
  const agent = new AgentRuntime({
    provider: createScriptedProvider(script, { model: "claude-test" }),
    tools,
    retryBaseMs: 0,
    systemPrompt: () => ({ stable: "Be brief.", volatile: "It is late." }),
    ...createOpenTelemetryHooks({ providerName: "anthropic", ...options }),
  });
  await eventsOf(agent, inputOf("files?"));
  return exporter.getFinishedSpans();
}

/** Each span under its parent, indented, in the order in which they began. */
function tree(spans: readonly ReadableSpan[], parentId?: string, indent = ""): string[] {
  return spans
    .filter((span) => span.parentSpanContext?.spanId === parentId)
    .sort(compareStarts)
    .flatMap((span) => [indent + span.name, ...tree(spans, span.spanContext().spanId, `${indent}  `)]);
}

function compareStarts({ startTime: [a, aNanos] }: ReadableSpan, { startTime: [b, bNanos] }: ReadableSpan) {
  return a - b || aNanos - bNanos;
}

const twoTurns = [
  [
    says("Let me look."),
    calls("look", { deep: true }),
    uses({ inputTokens: 3, cacheReadTokens: 40, cacheWriteTokens: 5 }),
  ],
  [says("Two.")],
];

test("a run is a span around those of its model calls and its tools", async () => {
  const spans = await spansOf(twoTurns, { agentName: "Filer" });
  expect(tree(spans)).toEqual([
    "invoke_agent Filer",
    "  chat claude-test",
    "  execute_tool look",
    "  chat claude-test",
  ]);
  const [chat, tool, , run] = spans;
  expect(chat).toMatchObject({ kind: SpanKind.CLIENT, status: { code: SpanStatusCode.UNSET } });
  expect(chat?.attributes).toEqual({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.request.model": "claude-test",
    "gen_ai.request.stream": true,
    "gen_ai.conversation.id": "s1",
    "gen_ai.response.finish_reasons": ["tool_use"],
    "gen_ai.response.time_to_first_chunk": expect.any(Number),
    "gen_ai.usage.input_tokens": 48,
    "gen_ai.usage.output_tokens": 1,
    "gen_ai.usage.cache_read.input_tokens": 40,
    "gen_ai.usage.cache_creation.input_tokens": 5,
  });
  expect(tool).toMatchObject({ kind: SpanKind.INTERNAL, status: { code: SpanStatusCode.UNSET } });
  expect(tool?.attributes).toEqual({
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.tool.name": "look",
    "gen_ai.tool.call.id": "call_1_1",
    "gen_ai.tool.type": "function",
    "gen_ai.conversation.id": "s1",
  });
  expect(run).toMatchObject({ kind: SpanKind.INTERNAL, status: { code: SpanStatusCode.UNSET } });
  expect(run?.attributes).toEqual({
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.agent.name": "Filer",
    "gen_ai.conversation.id": "s1",
    "mini_openclaw.run.id": "r1",
    "mini_openclaw.run.outcome": "completed",
    "gen_ai.usage.input_tokens": 58,
    "gen_ai.usage.output_tokens": 2,
    "gen_ai.usage.cache_read.input_tokens": 40,
    "gen_ai.usage.cache_creation.input_tokens": 5,
  });
});

test("spans have contents only with the option for them", async () => {
  const all = JSON.stringify((await spansOf(twoTurns)).map(({ attributes, events }) => [attributes, events]));
  expect(all).not.toMatch(/Be brief|files|Let me look|deep|Two/);
});

test("with contents, spans have messages by the schemas of the conventions", async () => {
  const spans = await spansOf(twoTurns, { contents: true });
  const [, tool, second] = spans;
  const json = (name: string) => JSON.parse(String(second?.attributes[name])) as unknown;
  expect(json("gen_ai.system_instructions")).toEqual([
    { type: "text", content: "Be brief." },
    { type: "text", content: "It is late." },
  ]);
  expect(json("gen_ai.input.messages")).toEqual([
    { role: "user", parts: [{ type: "text", content: "files?" }] },
    {
      role: "assistant",
      parts: [
        { type: "text", content: "Let me look." },
        { type: "tool_call", id: "call_1_1", name: "look", arguments: { deep: true } },
      ],
    },
    { role: "tool", parts: [{ type: "tool_call_response", id: "call_1_1", response: "two files" }] },
  ]);
  expect(json("gen_ai.output.messages")).toEqual([
    { role: "assistant", parts: [{ type: "text", content: "Two." }], finish_reason: "stop" },
  ]);
  expect(json("gen_ai.tool.definitions")).toMatchObject([
    { type: "function", name: "look", description: "Looks.", parameters: { type: "object" } },
  ]);
  expect(tool?.attributes).toMatchObject({
    "gen_ai.tool.call.arguments": '{"deep":true}',
    "gen_ai.tool.call.result": "two files",
  });
});

test("failures are on the spans in which they were", async () => {
  const busy = new AgentError("MODEL_OVERLOADED", "busy", { retryable: true });
  const script = [[fails(busy)], [calls("look")], [fails(new RangeError("the key is sk-1"))]];
  const broken = { ...look, execute: () => Promise.reject(new Error("secret path")) };
  const spans = await spansOf(script, {}, [broken]);
  const error = SpanStatusCode.ERROR;
  const failures = spans.map(({ name, status, attributes }) => [name, attributes["error.type"], status]);
  expect(failures).toEqual([
    ["chat claude-test", "MODEL_OVERLOADED", { code: error, message: "busy" }],
    ["chat claude-test", undefined, { code: SpanStatusCode.UNSET }],
    ["execute_tool look", "tool_error", { code: error }],
    ["chat claude-test", "RangeError", { code: error }],
    ["invoke_agent", "AGENT_FAILED", { code: error, message: "The agent failed. Its log has the reason." }],
  ]);
});

test("a reader that goes away ends the spans", async () => {
  const agent = new AgentRuntime({
    provider: createScriptedProvider([[says("a", "b")]]),
    ...createOpenTelemetryHooks({ providerName: "anthropic" }),
  });
  for await (const { type } of agent.run(inputOf("go"))) if (type === "chunk") break;
  const ended = exporter.getFinishedSpans().map(({ name, attributes }) => [name, attributes["error.type"]]);
  expect(ended).toEqual([
    ["chat scripted", "Error"],
    ["invoke_agent", undefined],
  ]);
});

test("spans of what runs in a tool, and of the application around the run, are tied to it", async () => {
  const tracer = trace.getTracer("application");
  const inner: ToolDefinition = {
    ...look,
    async execute() {
      await new Promise(setImmediate);
      tracer.startSpan("query").end();
      return { success: true, output: "" };
    },
  };
  await tracer.startActiveSpan("request", async (span) => {
    await spansOf(twoTurns, {}, [inner]);
    span.end();
  });
  expect(tree(exporter.getFinishedSpans())).toEqual([
    "request",
    "  invoke_agent",
    "    chat claude-test",
    "    execute_tool look",
    "      query",
    "    chat claude-test",
  ]);
});

test("runs that go on at once keep their spans apart, without a context manager too", async () => {
  context.disable();
  await Promise.all([spansOf([[says("a")]], { agentName: "a" }), spansOf([[says("b")]], { agentName: "b" })]);
  expect(tree(exporter.getFinishedSpans()).sort()).toEqual([
    "  chat claude-test",
    "  chat claude-test",
    "invoke_agent a",
    "invoke_agent b",
  ]);
});

test("the provider's name may depend on the model, and the tracer be given", async () => {
  trace.disable();
  const options = { providerName: (model: string) => `of ${model}`, tracer: provider.getTracer("mine") };
  const [chat, run] = await spansOf([[says("a")]], options);
  expect(chat?.attributes["gen_ai.provider.name"]).toBe("of claude-test");
  expect(run?.attributes["gen_ai.provider.name"]).toBeUndefined();
  expect(chat?.instrumentationScope.name).toBe("mine");
});

// The SDK makes spans of its own where a tracer is registered (@anthropic-ai/sdk 1.12.0,
// `openTelemetry`).
test("a call of a real provider is one span, so that its tokens count once", async () => {
  await using server = await messagesServer(answers("Two."));
  const { baseURL, requests } = server;
  const agent = new AgentRuntime({
    provider: createAnthropicProvider({ apiKey: "none", model: "claude-test", baseURL }),
    ...createOpenTelemetryHooks({ providerName: "anthropic" }),
  });
  await eventsOf(agent, inputOf("files?"));
  expect(tree(exporter.getFinishedSpans())).toEqual(["invoke_agent", "  chat claude-test"]);
  expect(requests[0]?.headers).not.toHaveProperty("traceparent");
});
