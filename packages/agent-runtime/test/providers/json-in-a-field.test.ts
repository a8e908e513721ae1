import type { ModelRequest } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { rulesFor } from "../../src/providers/openai/chat-rules.ts";
import { toRequest as toChat } from "../../src/providers/openai/to-request.ts";
import { initialRules } from "../../src/providers/openai-responses/response-rules.ts";
import { toRequest as toResponse } from "../../src/providers/openai-responses/to-request.ts";
import { user } from "../collect.ts";

/** A request with a call of a model that wrote half a character. */
const request: ModelRequest = {
  system: { stable: "", volatile: "" },
  messages: [
    user("hi"),
    {
      role: "assistant",
      content: "",
      toolCalls: [{ callId: "a", toolName: "look", input: { half: "a\ud83d", text: "\\ud83d" } }],
      timestamp: 1,
    },
    { role: "tool", callId: "a", toolName: "look", content: "ok", isError: false, timestamp: 1 },
  ],
  tools: [],
  toolChoice: "auto",
};

const whole = String.raw`{"half":"a` + "\ufffd" + String.raw`","text":"\\ud83d"}`;

test("Chat Completions gets arguments of whole characters", () => {
  const { messages } = toChat(request, { model: "m", rules: rulesFor("http://127.0.0.1/v1", "m") });
  expect(messages[1]).toMatchObject({ tool_calls: [{ function: { arguments: whole } }] });
});

test("the Responses API gets arguments of whole characters", () => {
  const { input } = toResponse(request, { model: "m", rules: initialRules });
  expect(input).toContainEqual(expect.objectContaining({ arguments: whole }));
});
