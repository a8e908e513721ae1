import { isMessageEntry, type Message, type RunEvent, toEntry } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { type Answer, answers, messagesServer } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf, outline, user } from "../collect.ts";
import { chunks, done, refuses, sse, streams } from "../openai/chat-server.ts";

function kept(events: readonly RunEvent[]): Message[] {
  return events.flatMap((event, seq) => {
    const entry = toEntry({ ...event, sessionId: "s1", seq });
    return entry && isMessageEntry(entry) ? [entry] : [];
  });
}

const reason = "Input data may contain inappropriate content.";
const ok = streams(chunks({ delta: { content: "ok" }, finish_reason: "stop" }), done);
const apis: [string, (baseURL: string) => ReturnType<typeof createOpenAIProvider>, Answer][] = [
  [
    "the Messages API",
    (baseURL) => createAnthropicProvider({ apiKey: "k", model: "m", baseURL }),
    answers("ok"),
  ],
  ["Chat Completions", (baseURL) => createOpenAIProvider({ model: "m", baseURL }), ok],
  [
    "the Responses API",
    (baseURL) => createOpenAIResponsesProvider({ model: "m", baseURL }),
    streams(
      sse({ type: "response.output_text.delta", delta: "ok" }),
      sse({ type: "response.completed", response: {} }),
    ),
  ],
];

describe.each(apis)("a question that the filter of a server of %s refuses", (_, create, answer) => {
  test("ends its run as refused, with the reason, and leaves the context", async () => {
    const filter: Answer = (response, seen) => {
      const isBad = JSON.stringify(seen.body).includes("bad words");
      return (isBad ? refuses(400, reason) : answer)(response, seen);
    };
    await using server = await messagesServer(filter);
    const agent = new AgentRuntime({ provider: create(server.baseURL) });
    const first = await eventsOf(agent, inputOf("bad words"));
    expect(first.at(-1)).toMatchObject({ type: "run_end", outcome: "refused" });
    expect(first.find(({ type }) => type === "error")).toMatchObject({
      code: "MODEL_REJECTED",
      message: `The model declined to answer: ${reason}`,
    });
    const next = await eventsOf(agent, inputOf([user("bad words"), ...kept(first), user("hello")]));
    expect(outline(next).at(-1)).toBe("run_end completed");
  });

  test("is asked of the fallback", async () => {
    await using server = await messagesServer(refuses(400, reason));
    await using other = await messagesServer(answer);
    const fallbacks = [create(other.baseURL)];
    const events = await eventsOf(
      new AgentRuntime({ provider: create(server.baseURL), fallbacks }),
      inputOf("hi"),
    );
    expect(outline(events).at(-1)).toBe("run_end completed");
  });
});

test("an answer that the filter cuts off in the stream keeps its text, and the exchange leaves the context", async () => {
  const error = {
    error: { code: "data_inspection_failed", message: "Output data may contain inappropriate content." },
  };
  await using server = await messagesServer(
    streams(chunks({ delta: { content: "Half an " } }), sse(error)),
    ok,
  );
  const agent = new AgentRuntime({ provider: createOpenAIProvider({ model: "m", baseURL: server.baseURL }) });
  const events = await eventsOf(agent, inputOf("hi"));
  expect(outline(events).slice(1)).toEqual([
    "chunk Half an ",
    "assistant_message Half an ",
    "error MODEL_REJECTED",
    "message_done Half an ",
    "run_end refused",
  ]);
  await eventsOf(agent, inputOf([user("hi"), ...kept(events), user("again")]));
  expect(JSON.stringify(server.requests[1]?.body["messages"])).not.toContain("Half an");
});

test("a model that its server no longer has is replaced by the fallback", async () => {
  await using server = await messagesServer(refuses(400, "The model `m` has been decommissioned."));
  await using other = await messagesServer(ok);
  const [provider, fallback] = [server, other].map(({ baseURL }) =>
    createOpenAIProvider({ model: "m", baseURL }),
  );
  const agent = new AgentRuntime({ provider: provider!, fallbacks: [fallback!] });
  expect(outline(await eventsOf(agent, inputOf("hi"))).at(-1)).toBe("run_end completed");
});
