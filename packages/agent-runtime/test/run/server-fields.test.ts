import { expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { ContextWindow } from "../../src/context/context-window.ts";
import { AgentRuntime } from "../../src/index.ts";
import { createScriptedProvider, fails, says } from "../../src/testing.ts";
import { finish, messagesServer, start, streams } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";

test("a refusal with a reason emits the reason", async () => {
  const [, stop] = finish("refusal");
  const delta = {
    stop_reason: "refusal",
    stop_details: { category: "cyber", explanation: "It looks harmful." },
  };
  await using server = await messagesServer(
    streams(start, { type: "message_delta", delta }, stop as { type: string }),
  );
  const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
  const events = await eventsOf(new AgentRuntime({ provider }), inputOf("hi"));
  expect(events.at(-1)).toMatchObject({ outcome: "refused" });
  expect(events.find(({ type }) => type === "error")).toMatchObject({
    code: "MODEL_REJECTED",
    message: "The model declined to answer: It looks harmful.",
  });
});

test("fields that a server adds to a call, and the blocks of its turn, are kept", async () => {
  const extra = { extra_content: { google: { thought_signature: "s" } } };
  const noUsage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const call = { callId: "a", toolName: "look", input: {}, extra };
  const blocks = [{ type: "thinking" as const, text: "Hm." }];
  const provider = {
    model: "m",
    async *stream() {
      yield {
        type: "turn" as const,
        content: "",
        toolCalls: [call],
        blocks,
        stopReason: "refusal",
        usage: noUsage,
      };
    },
  };
  const events = await eventsOf(new AgentRuntime({ provider }), inputOf("hi"));
  expect(events.find(({ type }) => type === "assistant_message")).toMatchObject({
    toolCalls: [call],
    blocks,
  });
});

test("an error of another provider that may pass is tried again", async () => {
  const busy = Object.assign(new Error("busy"), { code: "MODEL_OVERLOADED", retryable: true });
  const provider = createScriptedProvider([[fails(busy)], [says("ok")]]);
  const events = await eventsOf(new AgentRuntime({ provider, retryBaseMs: 0 }), inputOf("hi"));
  expect(outline(events).at(-1)).toBe("run_end completed");
});

test("a server's token count raises the estimate in steps, and never lowers it", () => {
  const window = new ContextWindow(100_000);
  window.calibrate("m", 100, 10_000);
  expect(window.limitFor("m", "s")).toBe(100_000);
  window.calibrate("m", 10_000, 20_000);
  expect(window.limitFor("m", "s")).toBe(50_000);
  window.calibrate("m", 10_000, 10_000);
  expect(window.limitFor("m", "s")).toBe(50_000);
  expect(window.limitFor("other", "s")).toBe(100_000);
});
