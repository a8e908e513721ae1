import { isMessageEntry, type Message, toEntry } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime, type AgentRuntimeOptions } from "../../src/index.ts";
import { inputOf, user } from "../collect.ts";
import { answers, finish, messagesServer, start, streams, toolUse } from "./messages-server.ts";
import { costOf, createPromptCache } from "./prompt-cache.ts";

const dump = {
  name: "dump",
  description: "Text.",
  parameters: {},
  execute: () => ({ success: true, output: "some output ".repeat(250) }),
};

/** Plays messages of so many rounds on a conversation of so many tokens; returns the costs. */
async function play(given: {
  messages: number;
  rounds: number;
  callsPerRound?: number;
  tokens: number;
  options?: Partial<AgentRuntimeOptions>;
}) {
  const { messages, rounds, callsPerRound = 1, tokens, options } = given;
  const cache = createPromptCache();
  let real = 0;
  let perfect = 0;
  let count = 0;
  await using server = await messagesServer((response, request) => {
    const counted = cache(request.body);
    real += costOf(counted.real);
    perfect += costOf(counted.perfect);
    count += 1;
    const isLast = count % (rounds + 1) === 0;
    const calls = Array.from({ length: callsPerRound }, (_, n) =>
      toolUse(n, `t${count}_${n}`, "dump", `{"n":${count}}`),
    );
    const answer = isLast ? answers("Done with it.") : streams(start, ...calls.flat(), ...finish("tool_use"));
    answer(response, request);
  });
  const provider = createAnthropicProvider({
    apiKey: "k",
    model: "claude-sonnet-5-5",
    baseURL: server.baseURL,
  });
  let now = 0;
  const agent = new AgentRuntime({
    provider,
    tools: [dump],
    systemPrompt: () => ({
      stable: "You are an agent. ".repeat(300),
      volatile: `The time is ${(now += 1)}.`,
    }),
    maxContextMessages: 10_000,
    maxContextTokens: 1_000_000,
    maxRunCostUsd: Infinity,
    maxRepeatedCalls: Infinity,
    maxToolRounds: 100,
    ...options,
  });
  const history: Message[] = [
    user("x".repeat(tokens * 4)),
    { role: "assistant", content: "ok", timestamp: 1 },
  ];
  for (let message = 1; message <= messages; message += 1) {
    history.push(user(`task ${message}`));
    for await (const event of agent.run(inputOf([...history]))) {
      const entry = toEntry({ ...event, sessionId: "s1", seq: history.length });
      if (entry && isMessageEntry(entry)) history.push(entry);
    }
  }
  return { ratio: real / perfect, real, perfect, requests: server.requests };
}

describe("the cost of a conversation, beside a perfect prompt cache", () => {
  test.each([
    ["ten messages of nine rounds at 150,000 tokens", { messages: 10, rounds: 9, tokens: 150_000 }, 1.15],
    ["ten messages without tools", { messages: 10, rounds: 0, tokens: 20_000 }, 1.15],
    ["rounds of fifteen parallel calls", { messages: 4, rounds: 4, callsPerRound: 15, tokens: 50_000 }, 1.3],
    ["a run of forty rounds", { messages: 2, rounds: 40, tokens: 50_000 }, 1.15],
  ])("%s", async (_, given, highest) => {
    const { ratio } = await play(given);
    expect(ratio).toBeLessThan(highest);
  });
});
