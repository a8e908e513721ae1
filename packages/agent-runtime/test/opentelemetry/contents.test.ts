import type { Message } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { answerOf, requestOf } from "../../src/opentelemetry/contents.ts";

const messages: Message[] = [
  {
    role: "user",
    content: "What is this?",
    timestamp: 1,
    blocks: [
      { type: "text", text: "What is this?" },
      { type: "image", mediaType: "image/png", data: "iVBORw0" },
    ],
  },
  {
    role: "assistant",
    content: "A logo.",
    timestamp: 2,
    blocks: [
      { type: "thinking", text: "Hm.", signature: "s" },
      { type: "redacted_thinking", data: "x" },
      { type: "text", text: "A logo." },
      { type: "tool_call", callId: "c1" },
    ],
    toolCalls: [
      { callId: "c1", toolName: "look", input: { deep: true } },
      { toolName: "old", input: {} },
    ],
  },
  { role: "system", content: "Be brief.", timestamp: 3 },
];

test("blocks become parts; the bytes of images and what only the model can read are left out", () => {
  const request = {
    system: { stable: "Hi.", volatile: "" },
    messages,
    tools: [],
    toolChoice: "auto",
  } as const;
  const attributes = requestOf(request);
  expect(JSON.parse(String(attributes["gen_ai.input.messages"]))).toEqual([
    {
      role: "user",
      parts: [
        { type: "text", content: "What is this?" },
        { type: "blob", modality: "image", mime_type: "image/png", content: "" },
      ],
    },
    {
      role: "assistant",
      parts: [
        { type: "reasoning", content: "Hm." },
        { type: "text", content: "A logo." },
        { type: "tool_call", id: "c1", name: "look", arguments: { deep: true } },
        { type: "tool_call", name: "old", arguments: {} },
      ],
    },
    { role: "system", parts: [{ type: "text", content: "Be brief." }] },
  ]);
  expect(attributes["gen_ai.system_instructions"]).toBe('[{"type":"text","content":"Hi."}]');
});

test.each([
  ["end_turn", "stop"],
  ["max_tokens", "length"],
  ["tool_use", "tool_call"],
  ["refusal", "content_filter"],
  ["pause_turn", "pause_turn"],
])("a turn that ends with %s has the finish reason %s", (stopReason, finishReason) => {
  const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
  const turn = { type: "turn", content: "", toolCalls: [], stopReason, usage } as const;
  const { "gen_ai.output.messages": said } = answerOf({ ...turn, toolCalls: [] });
  expect(JSON.parse(String(said))).toEqual([{ role: "assistant", parts: [], finish_reason: finishReason }]);
});
