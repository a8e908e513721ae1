import { expect, test } from "vitest";
import { AgentError, AgentRuntime, runWithCallbacks } from "../src/index.ts";
import { calls, createScriptedProvider, fails, says } from "../src/testing.ts";
import { inputOf } from "./collect.ts";

const ping = {
  name: "ping",
  description: "",
  parameters: {},
  execute: () => ({ success: true, output: "pong" }),
};

test("calls back for each step in turn and returns the whole at the end", async () => {
  const provider = createScriptedProvider([
    [says("Let me see. "), calls("ping", { a: 1 })],
    [says("It ", "works.")],
  ]);
  const called: unknown[] = [];

  const summary = await runWithCallbacks(new AgentRuntime({ provider, tools: [ping] }), inputOf("hi"), {
    onChunk: async (content) => void called.push(content),
    onToolStart: (toolName, input) => void called.push([toolName, input]),
    onToolDone: (toolName, output) => void called.push([toolName, output]),
  });

  expect(called).toEqual(["Let me see. ", ["ping", { a: 1 }], ["ping", "pong"], "It ", "works."]);
  expect(summary).toEqual({
    content: "Let me see. It works.",
    toolCalls: [{ callId: "call_1_1", toolName: "ping", input: { a: 1 }, output: "pong" }],
    outcome: "completed",
    usage: { inputTokens: 20, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0 },
  });
});

test("returns the error of a failed run", async () => {
  const provider = createScriptedProvider([[fails(new AgentError("MODEL_REJECTED", "no"))]]);
  expect(await runWithCallbacks(new AgentRuntime({ provider }), inputOf("hi"))).toMatchObject({
    content: "",
    outcome: "failed",
    error: { code: "MODEL_REJECTED", message: "no", retryable: false },
  });
});
