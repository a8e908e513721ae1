import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { createScriptedProvider, says } from "../../src/testing.ts";
import { type Answer, answers, messagesServer } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf } from "../collect.ts";
import { chunks, done, refuses, sse, streams } from "../openai/chat-server.ts";

const completed = { type: "response.completed", response: { status: "completed" } };
const responses = streams(sse({ type: "response.output_text.delta", delta: "ok" }), sse(completed));
const chat = streams(chunks({ delta: { content: "ok" }, finish_reason: "stop" }), done);

describe("thinking and headers", () => {
  const own = { headers: { "x-team": "blue", "x-tier": "1" } };
  const display = { type: "adaptive" as const, display: "omitted" as const };

  test.each<[string, Answer, (baseURL: string) => ReturnType<typeof createOpenAIProvider>, object, object]>([
    [
      "the Messages API",
      answers("ok"),
      (baseURL) => createAnthropicProvider({ apiKey: "k", model: "m", baseURL, thinking: display, ...own }),
      { thinking: display },
      { thinking: { type: "disabled" } },
    ],
    [
      "Chat Completions",
      chat,
      (baseURL) => createOpenAIProvider({ model: "m", baseURL, thinking: { type: "enabled" }, ...own }),
      { thinking: { type: "enabled" } },
      { thinking: { type: "disabled" } },
    ],
    [
      "the Responses API",
      responses,
      (baseURL) =>
        createOpenAIResponsesProvider({ model: "m", baseURL, thinking: { summary: "detailed" }, ...own }),
      { reasoning: { summary: "detailed" } },
      { reasoning: { summary: "auto", type: "disabled" } },
    ],
  ])("of a run replace those of the provider, over %s", async (_, answer, create, before, after) => {
    await using server = await messagesServer(answer);
    const agent = new AgentRuntime({ provider: create(server.baseURL) });
    await eventsOf(agent, inputOf("hi"));
    const options = { thinking: { type: "disabled" }, headers: { "x-tier": "2" } };
    await eventsOf(agent, inputOf("hi", { options }));
    await eventsOf(agent, inputOf("hi"));
    const tiers = server.requests.map(({ headers }) => [headers["x-team"], headers["x-tier"]]);
    expect(tiers).toEqual([
      ["blue", "1"],
      ["blue", "2"],
      ["blue", "1"],
    ]);
    expect(server.requests.map(({ body }) => body)).toMatchObject([before, after, before]);
  });

  test("of a run are quoted by no error", async () => {
    const echo: Answer = (response, seen) =>
      refuses(400, `Bad request with ${String(seen.headers["x-user-token"])}`)(response, seen);
    await using server = await messagesServer(echo);
    const provider = createOpenAIProvider({ model: "m", baseURL: server.baseURL });
    const errors: unknown[] = [];
    const agent = new AgentRuntime({ provider, onError: (error) => errors.push(error) });
    const options = { headers: { "x-user-token": "Bearer zyxwvutsrq" } };
    const events = await eventsOf(agent, inputOf("hi", { options }));
    expect(events.find(({ type }) => type === "error")).toMatchObject({
      message: expect.stringContaining("Bad request with Bearer [hidden]"),
    });
    expect(String((errors[0] as Error).cause)).not.toContain("zyxwvut");
  });
});

test.each<[object, string]>([
  [{ thinking: "on" }, "`options.thinking` must be an object"],
  [{ headers: { "bad name": "x" } }, "`options.headers` must be an object of headers that HTTP can carry"],
  [{ headers: { "x-a": "ключ" } }, "`options.headers` must be an object of headers that HTTP can carry"],
  [{ headers: { "x-a": 1 } }, '`options.headers["x-a"]` must be a text'],
  [{ headers: [] }, "`options.headers` must be an object"],
])("settings of a run that are none fail the run by name: %o", async (options, text) => {
  const errors: Error[] = [];
  const provider = createScriptedProvider([[says("ok")]]);
  const agent = new AgentRuntime({ provider, onError: (error) => errors.push(error as Error) });
  const events = await eventsOf(agent, inputOf("hi", { options: options as never }));
  expect(events.at(-1)).toMatchObject({ outcome: "failed" });
  expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining(text)]);
});
