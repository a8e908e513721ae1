import type { AssistantMessage, Message, ModelRequest } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { toRequest } from "../../src/providers/anthropic/to-request.ts";
import { user } from "../collect.ts";

const options = { model: "m", maxTokens: 100 };
const cached = { cache_control: { type: "ephemeral" } };

function request(messages: readonly Message[], fields: Partial<ModelRequest> = {}): ModelRequest {
  return { system: { stable: "", volatile: "" }, messages, tools: [], toolChoice: "auto", ...fields };
}

function assistant(fields: Partial<AssistantMessage>): Message {
  return { role: "assistant", content: "", timestamp: 1, model: "m", ...fields };
}

function result(callId: string, content: string, isError = false): Message {
  return { role: "tool", callId, toolName: "t", content, isError, timestamp: 1 };
}

/** The messages, without the marks for the cache. */
function messagesOf(...messages: Message[]) {
  const params = toRequest(request(messages), options).messages;
  return JSON.parse(
    JSON.stringify(params, (key, value: unknown) => (key === "cache_control" ? undefined : value)),
  ) as unknown;
}

const text = (content: string) => ({ type: "text", text: content });

describe("messages", () => {
  test("keep tool calls and their results, in the order of the turn", () => {
    const toolCalls = [
      { callId: "a", toolName: "bash", input: { command: "ls" } },
      { callId: "b", toolName: "now", input: {} },
    ];
    expect(
      messagesOf(
        user("hi"),
        assistant({ content: "Look:", toolCalls }),
        result("a", "x"),
        result("b", "", true),
        user("so?"),
      ),
    ).toEqual([
      { role: "user", content: [text("hi")] },
      {
        role: "assistant",
        content: [
          text("Look:"),
          { type: "tool_use", id: "a", name: "bash", input: { command: "ls" } },
          { type: "tool_use", id: "b", name: "now", input: {} },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "a", content: "x" },
          { type: "tool_result", tool_use_id: "b", is_error: true },
          text("so?"),
        ],
      },
    ]);
  });

  test("keep blocks in their order, thinking with its signature", () => {
    const message = assistant({
      content: "AB",
      toolCalls: [{ callId: "a", toolName: "t", input: {} }],
      blocks: [
        { type: "thinking", text: "Hm.", signature: "sig" },
        { type: "redacted_thinking", data: "xyz" },
        { type: "text", text: "A" },
        { type: "tool_call", callId: "a" },
        { type: "text", text: "B" },
      ],
    });
    expect(messagesOf(user("hi"), message, result("a", "x"))).toMatchObject([
      {},
      {
        content: [
          { type: "thinking", thinking: "Hm.", signature: "sig" },
          { type: "redacted_thinking", data: "xyz" },
          text("A"),
          { type: "tool_use", id: "a" },
          text("B"),
        ],
      },
      {},
    ]);
  });

  test("leave out thinking that another model did; unsigned thinking of the same model stays", () => {
    const blocks = [
      { type: "thinking" as const, text: "Hm.", signature: "sig" },
      { type: "redacted_thinking" as const, data: "xyz" },
      { type: "text" as const, text: "A" },
    ];
    const unsigned = [{ type: "thinking" as const, text: "Hm." }, ...blocks.slice(2)];
    const said = { role: "assistant", content: [text("A")] };
    expect(messagesOf(user("hi"), assistant({ blocks, model: "other" }))).toMatchObject([{}, said]);
    const thought = {
      role: "assistant",
      content: [{ type: "thinking", thinking: "Hm.", signature: "" }, text("A")],
    };
    expect(messagesOf(user("hi"), assistant({ blocks: unsigned }))).toMatchObject([{}, thought]);
    expect(messagesOf(user("hi"), assistant({ blocks: unsigned, model: "other" }))).toMatchObject([{}, said]);
  });

  test("show a user's images", () => {
    const blocks = [text("What is this?"), { type: "image", mediaType: "image/png", data: "aGk=" }];
    expect(messagesOf({ ...user("What is this?"), blocks } as Message)).toEqual([
      {
        role: "user",
        content: [
          text("What is this?"),
          { type: "image", source: { type: "base64", media_type: "image/png", data: "aGk=" } },
        ],
      },
    ]);
  });

  test.each([
    ["an empty user message", [user(" ")], [{ role: "user", content: [text("[empty message]")] }]],
    [
      "users one after the other",
      [user("a"), user("b")],
      [{ role: "user", content: [text("a"), text("b")] }],
    ],
    [
      "an assistant that speaks first",
      [assistant({ content: "a" })],
      [
        { role: "user", content: [text("[earlier messages left out]")] },
        { role: "assistant", content: [text("a")] },
      ],
    ],
    [
      "a system message",
      [{ role: "system", content: "a", timestamp: 1 } as Message],
      [{ role: "user", content: [text("[system] a")] }],
    ],
    [
      "ids that the API would refuse",
      [
        user("a"),
        assistant({
          toolCalls: [
            { callId: "a:1", toolName: "t", input: {} },
            { callId: "a.1", toolName: "t", input: {} },
          ],
        }),
        result("a:1", "x"),
        result("a.1", "y"),
      ],
      [
        { role: "user", content: [text("a")] },
        {
          role: "assistant",
          content: [
            { type: "tool_use", id: "a_3a1", name: "t", input: {} },
            { type: "tool_use", id: "a_2e1", name: "t", input: {} },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "a_3a1", content: "x" },
            { type: "tool_result", tool_use_id: "a_2e1", content: "y" },
          ],
        },
      ],
    ],
  ])("take a form that the API accepts: %s", (_, messages, expected) => {
    expect(messagesOf(...messages)).toEqual(expected);
  });
});

// mistake 8 of the tutorial
describe("the cache", () => {
  const system = { stable: "be good", volatile: "it is late" };
  const calling = assistant({ toolCalls: [{ callId: "a", toolName: "t", input: {} }] });

  test("is marked after the prompt, after the history, and at the end; what changes comes behind the question", () => {
    const messages = [user("1"), assistant({ content: "2" }), user("3")];
    expect(toRequest(request(messages, { system }), options)).toEqual({
      model: "m",
      max_tokens: 100,
      stream: true,
      system: [{ ...text("be good"), ...cached }],
      messages: [
        { role: "user", content: [text("1")] },
        { role: "assistant", content: [{ ...text("2"), ...cached }] },
        { role: "user", content: [text("3"), { ...text("[system] it is late"), ...cached }] },
      ],
    });
  });

  test("keeps what a run began with when its turns go on", () => {
    const before = toRequest(request([user("1")], { system }), options).messages;
    const after = toRequest(request([user("1"), calling, result("a", "x")], { system }), options).messages;
    const [first] = after;
    expect(first).toMatchObject({ role: "user", content: [text("1"), text("[system] it is late")] });
    expect(before[0]).toEqual(first);
    expect(after.at(-1)).toMatchObject({ content: [{ type: "tool_result", ...cached }] });
    const steered = [user("1"), calling, result("a", "x"), user("2")];
    expect(toRequest(request(steered, { system }), options).messages[0]).toEqual(first);
  });
});

test("tools stay with the choice that the cache was written with, and are left out when there are none", () => {
  const tools = [{ name: "t", description: "d", inputSchema: { type: "object" } }];
  expect(toRequest(request([user("a")], { tools, toolChoice: "none" }), options)).toMatchObject({
    tools: [{ name: "t", description: "d", input_schema: { type: "object" } }],
    tool_choice: { type: "auto" },
  });
  expect(toRequest(request([user("a")]), options)).not.toHaveProperty("tool_choice");
});
