import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { roomIn } from "../../src/providers/errors/answer-room.ts";
import { type Answer, answers, messagesServer } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf, outline, user } from "../collect.ts";
import { chunks, done, refuses, sse, streams } from "../openai/chat-server.ts";

// The words of the servers as their users report them.
test.each<[source: string, room: number | undefined, reason: string]>([
  [
    "Anthropic, continuedev/continue#8454",
    56_347,
    "input length and `max_tokens` exceed context limit: 143653 + 64000 > 200000, decrease input length or `max_tokens` and try again",
  ],
  [
    "Anthropic without room, continuedev/continue#6080",
    undefined,
    "input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000, decrease input length or `max_tokens` and try again",
  ],
  [
    "vLLM, stepfun-ai/Step-Audio-R1#3",
    2768,
    "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 32768 tokens and your request has 30000 input tokens (8192 > 32768 - 30000).",
  ],
  [
    "newer vLLM, which does not count to the end, vllm-project/vllm#42474",
    32_767,
    "This model's maximum context length is 128000 tokens. However, you requested 65535 output tokens and your prompt contains at least 62466 input tokens, for a total of at least 128001 tokens.",
  ],
  [
    "newer vLLM without an answer, earendil-works/pi#5929",
    undefined,
    "This model's maximum context length is 262144 tokens. However, you requested 0 output tokens and your prompt contains at least 262145 input tokens, for a total of at least 262145 tokens.",
  ],
  [
    "DeepSeek, evalstate/fast-agent#621",
    8130,
    "This model's maximum context length is 131072 tokens. However, you requested 131134 tokens (122942 in the messages, 8192 in the completion). Please reduce the length of the messages or completion.",
  ],
  [
    "OpenRouter with few credits, astrio-labs/forall#76",
    2666,
    "This request requires more credits, or fewer max_tokens. You requested up to 64000 tokens, but can only afford 2666.",
  ],
  ["words without counts", undefined, "The request was refused."],
])("the room for an answer is read from the words of %s", (_, room, reason) => {
  expect(roomIn(reason)).toBe(room);
});

const WINDOW = 20_000;
const ok = streams(chunks({ delta: { content: "ok" }, finish_reason: "stop" }), done);
const responses = streams(
  sse({ type: "response.output_text.delta", delta: "ok" }),
  sse({ type: "response.completed", response: {} }),
);

describe.each([
  [
    "the Messages API",
    (baseURL: string) => createAnthropicProvider({ apiKey: "k", model: "m", baseURL, maxTokens: 8192 }),
    answers("ok"),
    "max_tokens",
  ],
  [
    "Chat Completions",
    (baseURL: string) => createOpenAIProvider({ model: "m", baseURL, maxTokens: 8192 }),
    ok,
    "max_tokens",
  ],
  [
    "the Responses API",
    (baseURL: string) => createOpenAIResponsesProvider({ model: "m", baseURL, maxTokens: 8192 }),
    responses,
    "max_output_tokens",
  ],
] as const)("a server of %s whose window has little room for the answer", (_, create, answer, field) => {
  /** Counts four characters of the conversation as a token, and refuses as vLLM does. */
  const strict: Answer = (response, seen) => {
    const prompt = Math.ceil(JSON.stringify(seen.body["messages"] ?? seen.body["input"]).length / 4);
    const asked = Number(seen.body[field]);
    const words = `'max_tokens' or 'max_completion_tokens' is too large: ${asked}. This model's maximum context length is ${WINDOW} tokens and your request has ${prompt} input tokens (${asked} > ${WINDOW} - ${prompt}).`;
    return (prompt + asked > WINDOW ? refuses(400, words) : answer)(response, seen);
  };
  const long = (tokens: number) => [
    ...[1, 2, 3, 4].flatMap(() => [
      user("word ".repeat(tokens / 5)),
      { role: "assistant" as const, content: "ok", timestamp: 1 },
    ]),
    user("and now?"),
  ];

  test("is asked for an answer that fits, and another conversation for a whole one", async () => {
    await using server = await messagesServer(strict);
    const agent = new AgentRuntime({ provider: create(server.baseURL), retryBaseMs: 0 });
    const events = await eventsOf(agent, inputOf(long(15_000)));
    expect(outline(events).at(-1)).toBe("run_end completed");
    expect(events.filter(({ type }) => type === "retry")).toEqual([]);
    expect(Number(server.requests[1]?.body[field])).toBeGreaterThan(2000);
    await eventsOf(agent, inputOf("hi"));
    expect(server.requests.map(({ body }) => Number(body[field]) === 8192)).toEqual([true, false, true]);
  });

  test("gets a shorter conversation where the room is too small", async () => {
    await using server = await messagesServer(strict);
    const agent = new AgentRuntime({ provider: create(server.baseURL), retryBaseMs: 0 });
    const events = await eventsOf(agent, inputOf(long(19_700)));
    expect(outline(events).at(-1)).toBe("run_end completed");
    expect(events.find(({ type }) => type === "retry")).toMatchObject({ code: "MODEL_CONTEXT_EXCEEDED" });
  });
});

test("an account that can pay for a part of an answer gets that part, also without a limit of ours", async () => {
  const words = "This request requires more credits, or fewer max_tokens. You can only afford 2666.";
  await using server = await messagesServer(refuses(402, words), ok);
  const agent = new AgentRuntime({ provider: createOpenAIProvider({ model: "m", baseURL: server.baseURL }) });
  expect(outline(await eventsOf(agent, inputOf("hi"))).at(-1)).toBe("run_end completed");
  expect(server.requests.map(({ body }) => body["max_tokens"])).toEqual([undefined, 2666]);
});
