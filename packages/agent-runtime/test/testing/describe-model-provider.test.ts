import { describe, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { createScriptedProvider, describeModelProvider, type ScriptStep } from "../../src/testing.ts";
import {
  type Answer,
  closeBlock,
  finish,
  messagesServer,
  openText,
  refuses,
  type SseEvent,
  sse,
  start,
  textDelta,
  toolUse,
} from "../anthropic/messages-server.ts";

describeModelProvider(
  "scripted",
  async (script) => ({ provider: createScriptedProvider(script), close: async () => {} }),
  { describe, test },
);

describeModelProvider(
  "Anthropic",
  async (script) => {
    const server = await messagesServer(...script.map(toAnswer));
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    return { provider, close: () => server[Symbol.asyncDispose]() };
  },
  { describe, test },
);

/** A step of a script, as the Messages API would answer. */
function toAnswer(step: ScriptStep): Answer {
  if (step.some(({ part }) => part === "fails")) return refuses(529, "overloaded_error", "busy");
  const usage = step.flatMap((part) => (part.part === "uses" ? [part.usage] : []))[0] ?? {};
  const message = {
    ...start.message,
    usage: { input_tokens: usage.inputTokens ?? 1, output_tokens: 1, cache_read_input_tokens: 0 },
  };
  const blocks = step.flatMap((part, index): SseEvent[] => {
    if (part.part === "says") {
      const deltas = part.pieces.map((piece) => textDelta(piece, index));
      return [{ ...openText, index }, ...deltas, closeBlock(index)];
    }
    if (part.part !== "calls") return [];
    const { callId, toolName, input } = part.call;
    return toolUse(index, callId, toolName, JSON.stringify(input));
  });
  const isCalling = step.some(({ part }) => part === "calls");
  const end = finish(isCalling ? "tool_use" : "end_turn", usage.outputTokens);
  const hangs = step.some(({ part }) => part === "hangs");
  return (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(sse({ ...start, message }, ...blocks));
    if (!hangs) response.end(sse(...end));
  };
}
