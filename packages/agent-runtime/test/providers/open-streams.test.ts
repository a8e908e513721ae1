import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider } from "../../src/openai.ts";
import {
  type Answer,
  finish,
  messagesServer,
  openText,
  sse,
  start,
  textDelta,
} from "../anthropic/messages-server.ts";
import { goesWithTheClock } from "../clock.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";
import { chunks, usage } from "../openai/chat-server.ts";

/** Time passes faster, and nothing else that waits ends the run. */
let clock: NodeJS.Timeout;
beforeEach(() => {
  goesWithTheClock();
  clock = setInterval(() => vi.advanceTimersByTime(1000), 20);
});
afterEach(() => {
  clearInterval(clock);
  vi.useRealTimers();
});

// maximhq/bifrost#6784: the server sends heartbeats, and no end.
const staysOpen =
  (...parts: readonly string[]): Answer =>
  (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const rest = [...parts];
    const timer = setInterval(() => response.write(rest.shift() ?? ": ping\n\n"), 5);
    response.on("close", () => clearInterval(timer));
  };

const text = (content: string) => chunks({ delta: { content } });
const stop = chunks({ finish_reason: "stop" });
const [stopReason] = finish("end_turn");
const forever = { idleTimeoutMs: Infinity, maxRunMs: Infinity, maxRetries: 0 };
const openAI = { model: "m", timeoutMs: 1_000_000_000 };

test.each<[string, Answer, (baseURL: string) => ReturnType<typeof createOpenAIProvider>]>([
  [
    "Chat Completions",
    staysOpen(text("Hello"), stop, usage(3, 5)),
    (baseURL) => createOpenAIProvider({ ...openAI, baseURL }),
  ],
  [
    "Chat Completions with a stop reason before the last text",
    staysOpen(text("Hel"), stop, text("lo"), stop, usage(3, 5)),
    (baseURL) => createOpenAIProvider({ ...openAI, baseURL }),
  ],
  [
    "Chat Completions through a `fetch` of the application",
    staysOpen(text("Hello"), stop, usage(3, 5)),
    (baseURL) => createOpenAIProvider({ ...openAI, baseURL, fetch: globalThis.fetch }),
  ],
  [
    "the Messages API",
    staysOpen(sse(start, openText, textDelta("Hello"), stopReason as typeof start)),
    (baseURL) => createAnthropicProvider({ ...openAI, apiKey: "k", baseURL }),
  ],
])("a whole answer is complete although its stream stays open: %s", async (_, answer, create) => {
  await using server = await messagesServer(answer);
  const events = await eventsOf(
    new AgentRuntime({ provider: create(server.baseURL), ...forever }),
    inputOf("hi"),
  );
  expect(outline(events).slice(-3)).toEqual([
    "assistant_message Hello",
    "message_done Hello",
    "run_end completed",
  ]);
  expect(events.at(-1)).toMatchObject({ usage: { outputTokens: 5 } });
  // The connection is of no use any longer.
  await Promise.all(server.closed);
});
