import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime, type ModelOptions } from "../../src/index.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { createScriptedProvider, says } from "../../src/testing.ts";
import { answers, messagesServer } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { chunks, done, streams } from "../openai/chat-server.ts";

const settings = {
  effort: "low" as const,
  temperature: 0.5,
  extraBody: { top_k: 3, metadata: { a: 1 } },
  headers: { "x-team": "blue" },
  query: { version: "2" },
};

describe("settings of a provider", () => {
  test("are in every request to the Messages API", async () => {
    await using server = await messagesServer(answers("ok"));
    const { baseURL } = server;
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL, ...settings });
    await eventsOf(new AgentRuntime({ provider }), inputOf("hi"));
    expect(server.requests[0]).toMatchObject({
      body: { output_config: { effort: "low" }, temperature: 0.5, top_k: 3, metadata: { a: 1 } },
      headers: { "x-team": "blue", "x-api-key": "k", authorization: "Bearer k" },
    });
  });

  test("are in every request of Chat Completions, and those of a run replace them", async () => {
    const answer = streams(chunks({ delta: { content: "ok" }, finish_reason: "stop" }), done);
    await using server = await messagesServer(answer);
    const provider = createOpenAIProvider({ model: "m", baseURL: server.baseURL, ...settings });
    const agent = new AgentRuntime({ provider });
    await eventsOf(agent, inputOf("hi"));
    const options = { effort: "high", extraBody: { top_k: 4 } };
    await eventsOf(agent, inputOf("hi", { options }));
    expect(
      server.requests.map(({ body }) => [body["reasoning_effort"], body["temperature"], body["top_k"]]),
    ).toEqual([
      ["low", 0.5, 3],
      ["high", 0.5, 4],
    ]);
  });

  test("are in every request of the Responses API", async () => {
    const completed = { type: "response.completed", response: { status: "completed" } };
    await using server = await messagesServer((response) =>
      response
        .writeHead(200, { "content-type": "text/event-stream" })
        .end(
          `data: {"type":"response.output_text.delta","output_index":0,"delta":"ok"}\n\ndata: ${JSON.stringify(completed)}\n\n`,
        ),
    );
    const provider = createOpenAIResponsesProvider({ model: "m", baseURL: server.baseURL, ...settings });
    await eventsOf(new AgentRuntime({ provider }), inputOf("hi"));
    expect(server.requests[0]?.body).toMatchObject({
      store: false,
      include: ["reasoning.encrypted_content"],
      reasoning: { effort: "low", summary: "auto" },
      temperature: 0.5,
      top_k: 3,
    });
  });

  test.each([
    [
      { effort: "much" as never },
      '`effort` must be one of none, minimal, low, medium, high, xhigh, max, got "much".',
    ],
    [{ temperature: 3 }, "`temperature` must be a number from 0 to 2, got 3."],
    [{ headers: [] as never }, "`headers` must be an object, got an array."],
    [{ extraBody: null as never }, "`extraBody` must be an object, got null."],
  ])("are checked: %o", (given, message) => {
    for (const create of [createOpenAIProvider, createOpenAIResponsesProvider]) {
      expect(() => create({ model: "m", ...given })).toThrow(message);
    }
  });
});

test.each<[ModelOptions, string]>([
  [{ effort: 1 as never }, "`options.effort` must be a text that is not empty, got 1."],
  [{ temperature: -1 }, "`temperature` must be a number from 0 to 2, got -1."],
  [{ extraBody: "x" as never }, '`options.extraBody` must be an object, got "x".'],
])("a run with settings that are not allowed fails before a request: %o", async (options, message) => {
  const errors: unknown[] = [];
  const provider = createScriptedProvider([]);
  const agent = new AgentRuntime({ provider, onError: (error) => errors.push(error) });
  const events = await eventsOf(agent, inputOf("hi", { options }));
  expect(events.at(-1)).toMatchObject({ outcome: "failed" });
  expect(errors).toMatchObject([{ code: "INVALID_OPTION", message }]);
});

describe.each([
  ["createAnthropicProvider", createAnthropicProvider],
  ["createOpenAIProvider", createOpenAIProvider],
  ["createOpenAIResponsesProvider", createOpenAIResponsesProvider],
])("%s", (_, create) => {
  const good = { apiKey: "k", model: "m" };

  test.each<[object, string]>([
    [{ baseURL: "localhost:11434" }, '`baseURL` must be an address such as "http://127.0.0.1:11434/v1", got'],
    [{ baseURL: "127.0.0.1" }, '`baseURL` must be an address such as "http://127.0.0.1:11434/v1", got'],
    [{ baseURL: "" }, "`baseURL` must be an address"],
    [{ baseURL: "http://127.0.0.1/v1#chat" }, "`baseURL` must be an address without `#`, got"],
    [{ apiKey: "sk-ключ" }, "`apiKey` must be a key of printable ASCII characters without blanks"],
    [{ apiKey: "sk one two" }, "`apiKey` must be a key of printable ASCII characters without blanks"],
    [{ timeoutMs: Number.NaN }, "`timeoutMs` must be a whole number from 0 on"],
  ])("refuses %o by name", (options, text) => {
    expect(() => create({ ...good, ...options })).toThrow(text);
    expect(() => create({ ...good, ...options })).not.toThrow("ключ");
  });

  test("fails with the reason, and not the connection's, where a request cannot be made", async () => {
    const provider = create({ ...good, baseURL: "http://127.0.0.1:1" });
    const message = { role: "user", content: 5, timestamp: 0 } as never;
    const request = {
      system: { stable: "", volatile: "" },
      messages: [message],
      tools: [],
      toolChoice: "auto",
    };
    const { signal } = new AbortController();
    const reading = provider
      .stream(request as never, { signal })
      [Symbol.asyncIterator]()
      .next();
    await expect(reading).rejects.toMatchObject({
      code: "AGENT_FAILED",
      retryable: false,
      cause: expect.objectContaining({ message: expect.stringContaining("trim") }),
    });
  });

  const variable = create === createAnthropicProvider ? "ANTHROPIC_BASE_URL" : "OPENAI_BASE_URL";

  test.each(["localhost", "localhost:11434/v1", "ftp://x"])("refuses a variable by name: %s", (address) => {
    vi.stubEnv(variable, address);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(() => create(good)).toThrow(`\`${variable}\` must be an address such as`);
    expect(create({ ...good, baseURL: "http://127.0.0.1:1" }).model).toBe("m");
    vi.stubEnv(variable, " ");
    expect(create(good).model).toBe("m");
  });

  test.each([Infinity, 2 ** 31])(
    "waits %d ms for an answer with a timer that Node can set",
    async (timeoutMs) => {
      const timers = vi.spyOn(globalThis, "setTimeout");
      onTestFinished(() => timers.mockRestore());
      const fetch = async () => new Response("{}", { status: 401 });
      const agent = new AgentRuntime({ provider: create({ ...good, timeoutMs, fetch }) });
      await eventsOf(agent, inputOf("hi"));

      // Node fires a longer one after a millisecond.
      const longest = Math.max(...timers.mock.calls.map(([, delayMs = 0]) => delayMs));
      expect(longest).toBe(2 ** 31 - 1);
    },
  );

  test("takes a key with a line break at its end", () => {
    expect(create({ ...good, apiKey: "sk-one\n", baseURL: "http://127.0.0.1:1/v1" }).model).toBe("m");
  });
});

test("createAnthropicProvider refuses a query in an address, which the SDK would put before the path", () => {
  const options = { apiKey: "k", model: "m", baseURL: "http://127.0.0.1:1/v1?team=a" };
  expect(() => createAnthropicProvider(options)).toThrow(
    "`baseURL` must be an address without a query, which belongs in `query`",
  );
});

test("createOpenAIProvider takes the address of a request with a query", async () => {
  const chat = streams(chunks({ delta: { content: "ok" } }, { finish_reason: "stop" }), done);
  await using server = await messagesServer(chat);
  const baseURL = `${server.baseURL}/v1/chat/completions?api-version=2`;
  await eventsOf(
    new AgentRuntime({ provider: createOpenAIProvider({ model: "m", baseURL }) }),
    inputOf("hi"),
  );
  expect(server.requests[0]?.path).toBe("/v1/chat/completions?api-version=2");
});

describe("the model of a run", () => {
  const named = (model: string) => createScriptedProvider([[says(`I am ${model}.`)]], { model });

  test.each([
    ["the second one", "large", "large"],
    ["an unknown one", "other", "small"],
    ["none", undefined, "small"],
  ])("is one of the agent's: %s", async (_, model, answering) => {
    const agent = new AgentRuntime({ provider: named("small"), fallbacks: [named("large")] });
    const events = await eventsOf(agent, inputOf("hi", model === undefined ? {} : { model }));

    expect(events.find(({ type }) => type === "assistant_message")).toMatchObject({
      content: `I am ${answering}.`,
      model: answering,
    });
  });
});
