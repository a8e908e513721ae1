import { describe, expect, test } from "vitest";
import { AgentRuntime, type AgentRuntimeOptions } from "../../src/index.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { type Answer, messagesServer } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { chunks, done, refuses, sse, streams, usage } from "../openai/chat-server.ts";

const prices = { m: { input: 1, output: 1000 } };
const limits: Partial<AgentRuntimeOptions> = {
  prices,
  maxRunCostUsd: 1,
  retryBaseMs: 0,
  systemPrompt: () => ({ stable: "", volatile: "" }),
};

/** A model that writes as much as it may. */
const chatAnswer: Answer = (response, seen) => {
  const { max_tokens, max_completion_tokens } = seen.body as Record<string, number | undefined>;
  const tokens = Math.min(max_tokens ?? max_completion_tokens ?? 50_000, 50_000);
  streams(
    chunks(
      { delta: { content: "word ".repeat(10) } },
      { finish_reason: tokens < 50_000 ? "length" : "stop" },
    ),
    usage(10, tokens),
    done,
  )(response, seen);
};
const responsesAnswer: Answer = (response, seen) => {
  const tokens = Math.min(Number(seen.body["max_output_tokens"] ?? 50_000), 50_000);
  const fields = { usage: { input_tokens: 10, output_tokens: tokens } };
  const incomplete_details = { reason: "max_output_tokens" };
  streams(
    sse({ type: "response.output_text.delta", output_index: 0, delta: "word " }),
    sse({
      type: tokens < 50_000 ? "response.incomplete" : "response.completed",
      response: tokens < 50_000 ? { status: "incomplete", incomplete_details, ...fields } : fields,
    }),
  )(response, seen);
};

describe.each([
  ["Chat Completions", createOpenAIProvider, chatAnswer, "max_tokens"],
  ["the Responses API", createOpenAIResponsesProvider, responsesAnswer, "max_output_tokens"],
] as const)("an answer of %s, of a provider without `maxTokens`", (_, create, answer, field) => {
  test("costs no more than the run has left", async () => {
    await using server = await messagesServer(answer);
    const agent = new AgentRuntime({ provider: create({ model: "m", baseURL: server.baseURL }), ...limits });
    const events = await eventsOf(agent, inputOf("hi"));
    expect(events.at(-1)).toMatchObject({ outcome: "budget" });
    const end = events.at(-1);
    expect(end?.type === "run_end" && (end.costUsd ?? 9)).toBeLessThanOrEqual(1.0001);
    expect(server.requests).toHaveLength(1);
  });

  test("has no limit where no limit of the run is near", async () => {
    await using server = await messagesServer(answer);
    const agent = new AgentRuntime({ provider: create({ model: "m", baseURL: server.baseURL }) });
    await eventsOf(agent, inputOf("hi"));
    expect(server.requests.map(({ body }) => field in body)).toEqual([false]);
  });

  test("has no limit that the model's window has no room for", async () => {
    const noRoom = `'${field}' is too large: 100000. This model's maximum context length is 32768 tokens and your request has 10 input tokens.`;
    const strict: Answer = (response, seen) =>
      (Number(seen.body[field] ?? 0) > 32_000 ? refuses(400, noRoom) : answer)(response, seen);
    await using server = await messagesServer(strict);
    const agent = new AgentRuntime({
      provider: create({ model: "m", baseURL: server.baseURL }),
      ...limits,
      maxRunCostUsd: 100,
    });
    const events = await eventsOf(agent, inputOf("hi"));
    expect(events.at(-1)).toMatchObject({ outcome: "completed" });
    await eventsOf(agent, inputOf("hi"));
    expect(server.requests.map(({ body }) => field in body)).toEqual([true, false, false]);
  });
});

test("a limit may have the name of newer models from the first request on", async () => {
  await using server = await messagesServer(chatAnswer, responsesAnswer);
  const options = { model: "m", baseURL: server.baseURL, maxCompletionTokens: 60_000 };
  for (const create of [createOpenAIProvider, createOpenAIResponsesProvider]) {
    await eventsOf(new AgentRuntime({ provider: create(options) }), inputOf("hi"));
  }
  expect(server.requests.map(({ body }) => body)).toMatchObject([
    { max_completion_tokens: 60_000 },
    { max_output_tokens: 60_000 },
  ]);
  expect(server.requests[0]?.body).not.toHaveProperty("max_tokens");
  expect(() => createOpenAIProvider({ ...options, maxCompletionTokens: -1 })).toThrow(
    "`maxCompletionTokens` must be",
  );
});

test("a limit that is above the highest of the server is sent as the highest", async () => {
  const tooHigh = "max_tokens is too large: 99000. This model supports at most 16384 completion tokens.";
  const strict: Answer = (response, seen) =>
    (Number(seen.body["max_tokens"] ?? 0) > 16_384 ? refuses(400, tooHigh) : chatAnswer)(response, seen);
  await using server = await messagesServer(strict);
  const provider = createOpenAIProvider({ model: "m", baseURL: server.baseURL });
  await eventsOf(new AgentRuntime({ provider, ...limits, maxRunCostUsd: 99 }), inputOf("hi"));
  expect(server.requests.slice(0, 2).map(({ body }) => body["max_tokens"])).toEqual([98_999, 16_384]);
});
