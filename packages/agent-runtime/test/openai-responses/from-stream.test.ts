import type { Message, ModelEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createAnswerLimit } from "../../src/providers/http/answer-limit.ts";
import { createTurnBuilder } from "../../src/providers/openai-responses/from-stream.ts";
import { initialRules } from "../../src/providers/openai-responses/response-rules.ts";
import { toRequest } from "../../src/providers/openai-responses/to-request.ts";
import { user } from "../collect.ts";

type Event = { type: string; [field: string]: unknown };

/** Returns the text that a stream shows, and its turn. */
function read(...events: readonly Event[]): { shown: string; turn: Extract<ModelEvent, { type: "turn" }> } {
  const turn = createTurnBuilder({ limit: createAnswerLimit(Infinity), secrets: [] });
  const shown = events.flatMap((event) => turn.add(JSON.stringify(event)) ?? []);
  const complete = turn.finished(false);
  if (!complete) throw new Error("The turn is not complete.");
  return { shown: shown.map(({ type, text }) => `${type}:${text}`).join(" "), turn: complete };
}

const text = (delta: string, fields: object = {}): Event => ({
  type: "response.output_text.delta",
  delta,
  ...fields,
});
const json = (delta: string, fields: object = {}): Event => ({
  type: "response.function_call_arguments.delta",
  delta,
  ...fields,
});
const added = (item: object, output_index?: number): Event => ({
  type: "response.output_item.added",
  item,
  ...(output_index !== undefined && { output_index }),
});
const done = (item: object, output_index?: number): Event => ({
  type: "response.output_item.done",
  item,
  ...(output_index !== undefined && { output_index }),
});
const completed = (output?: object[]): Event => ({
  type: "response.completed",
  response: { status: "completed", ...(output && { output }) },
});
const message = (content: string, fields: object = {}) => ({
  type: "message",
  content: [{ type: "output_text", text: content }],
  ...fields,
});
const call = (name: string, fields: object = {}) => ({
  type: "function_call",
  call_id: `call_${name}`,
  name,
  arguments: "",
  ...fields,
});

describe("the items of an answer", () => {
  test.each<[string, Event[]]>([
    ["indexes", [text("He", { output_index: 0 }), text("llo", { output_index: 0 })]],
    ["ids alone", [text("He", { item_id: "m" }), text("llo", { item_id: "m" })]],
    ["neither", [text("He"), text("llo")]],
    ["null as index", [text("He", { output_index: null }), text("llo", { output_index: null })]],
    ["the whole text in its last event", [{ type: "response.output_text.done", text: "Hello" }]],
    ["the whole text once more", [text("Hello"), { type: "response.output_text.done", text: "Hello" }]],
    ["the whole item", [done(message("Hello"), 0)]],
    ["the whole item once more", [text("Hello", { output_index: 0 }), done(message("Hello"), 0)]],
    ["content that is a text", [done({ type: "message", content: "Hello" }, 0)]],
    ["nothing but the last event", []],
  ])("are one text where a server sends %s", (_, events) => {
    const { shown, turn } = read(...events, completed([message("Hello")]));
    expect(shown.replaceAll(" text:", "")).toBe("text:Hello");
    expect(turn.content).toBe("Hello");
  });

  test("are a text behind a reasoning of the same index", () => {
    const { shown, turn } = read(
      added({ type: "reasoning", id: "rs" }, 0),
      { type: "response.reasoning_text.delta", output_index: 0, delta: "Hm" },
      text("Hello", { output_index: 0 }),
      completed(),
    );
    expect(shown).toBe("thinking:Hm text:Hello");
    expect(turn.content).toBe("Hello");
    expect(turn.blocks?.map(({ type }) => type)).toEqual(["thinking", "text"]);
  });

  test.each<[string, Event[]]>([
    [
      "indexes",
      [
        added(call("a"), 0),
        json('{"x":', { output_index: 0 }),
        added(call("b"), 1),
        json('{"x":2}', { output_index: 1 }),
        json("1}", { output_index: 0 }),
      ],
    ],
    [
      "ids alone",
      [
        added(call("a", { id: "f1" })),
        added(call("b", { id: "f2" })),
        json('{"x":', { item_id: "f1" }),
        json('{"x":2}', { item_id: "f2" }),
        json("1}", { item_id: "f1" }),
      ],
    ],
    [
      "ids in deltas, and none in items",
      [
        added(call("a")),
        json('{"x":1}', { item_id: "f1" }),
        done(call("a", { arguments: '{"x":1}' })),
        done(call("b", { id: "f2", arguments: '{"x":2}' }), 1),
      ],
    ],
    [
      "one index for all",
      [
        added(call("a", { id: "f1" }), 0),
        json('{"x":1}', { output_index: 0, item_id: "f1" }),
        added(call("b", { id: "f2" }), 0),
        json('{"x":2}', { output_index: 0, item_id: "f2" }),
      ],
    ],
    [
      "whole arguments",
      [
        added(call("a"), 0),
        { type: "response.function_call_arguments.done", output_index: 0, arguments: '{"x":1}' },
        added(call("b"), 1),
        { type: "response.function_call_arguments.done", output_index: 1, arguments: '{"x":2}' },
      ],
    ],
    ["nothing but the last event", []],
  ])("are two calls where a server sends %s", (_, events) => {
    const output = [call("a", { arguments: '{"x":1}' }), call("b", { arguments: '{"x":2}' })];
    const { turn } = read(...events, completed(output));
    expect(turn.toolCalls).toEqual([
      { callId: "call_a", toolName: "a", input: { x: 1 } },
      { callId: "call_b", toolName: "b", input: { x: 2 } },
    ]);
  });

  test("are ignored with their text if their type is unknown", () => {
    const { shown, turn } = read(
      done({ type: "web_search_call", content: [{ text: "no" }] }, 0),
      text("ok", { output_index: 1 }),
      completed([{ type: "web_search_call" }, message("ok")]),
    );
    expect([shown, turn.content, turn.blocks]).toEqual(["text:ok", "ok", undefined]);
  });
});

describe("the phase of a text", () => {
  const { turn } = read(
    added({ type: "message", id: "m1", phase: "commentary", content: [] }, 0),
    text("I look.", { output_index: 0 }),
    done({ ...message("I look.", { id: "m1", phase: "commentary" }) }, 0),
    done(call("look", { arguments: "{}" }), 1),
    completed(),
  );
  const messages: Message[] = [
    user("hi"),
    {
      role: "assistant",
      content: turn.content,
      timestamp: 1,
      model: "m",
      toolCalls: turn.toolCalls,
      ...(turn.blocks && { blocks: turn.blocks }),
    },
    { role: "tool", callId: "call_look", toolName: "look", content: "ok", isError: false, timestamp: 1 },
  ];
  const request = { system: { stable: "", volatile: "" }, messages, tools: [], toolChoice: "auto" as const };

  test("is kept with the text, and goes back", () => {
    expect(turn.blocks).toEqual([
      { type: "text", text: "I look.", phase: "commentary" },
      { type: "tool_call", callId: "call_look" },
    ]);
    const { input } = toRequest(request, { model: "m", rules: initialRules });
    expect(input).toContainEqual({ role: "assistant", content: "I look.", phase: "commentary" });
  });

  test("does not go to another model", () => {
    const { input } = toRequest(request, { model: "other", rules: initialRules });
    expect(input).toContainEqual({ role: "assistant", content: "I look." });
  });
});

test("a limit below the lowest that the API accepts is sent as the lowest", () => {
  const request = {
    system: { stable: "", volatile: "" },
    messages: [user("hi")],
    tools: [],
    toolChoice: "auto" as const,
  };
  expect(toRequest(request, { model: "m", rules: initialRules, maxTokens: 3 })).toMatchObject({
    max_output_tokens: 16,
  });
});

describe("thinking in a text", () => {
  const text = (...deltas: string[]) => [
    ...deltas.map((delta): Event => ({ type: "response.output_text.delta", delta, output_index: 0 })),
    completed([message(deltas.join(""))]),
  ];

  test("between tags is thinking, however it is cut", () => {
    const { shown, turn } = read(...text("<thi", "nk>Hm", "m.</thi", "nk>\nYes."));
    expect(shown).toBe("thinking:Hm thinking:m. text:Yes.");
    expect(turn.content).toBe("Yes.");
    expect(turn.blocks).toEqual([
      { type: "thinking", text: "Hmm." },
      { type: "text", text: "Yes." },
    ]);
  });

  test("alone is no text", () => {
    const { turn } = read(...text("<think>Hmm."));
    expect(turn).toMatchObject({ content: "", blocks: [{ type: "thinking", text: "Hmm." }] });
  });

  test("that only begins like a tag is shown at the end", () => {
    const { shown, turn } = read(...text("<th"));
    expect(shown).toBe("text:<th");
    expect(turn.content).toBe("<th");
  });
});

test("the parts of a reasoning stand apart, streamed or whole", () => {
  const part = (summary_index: number, delta: string): Event => ({
    type: "response.reasoning_summary_text.delta",
    item_id: "r",
    summary_index,
    delta,
  });
  const summary = ["**One** a.", "**Two** b."].map((one) => ({ type: "summary_text", text: one }));
  const item = { type: "reasoning", id: "r", summary };
  const thought = "thinking:**One** a.\n\n**Two** b.";
  const streamed = read(part(0, "**One**"), part(0, " a."), part(1, ""), part(1, "**Two** b."), completed());
  expect(streamed.turn.blocks?.map((block) => `${block.type}:${"text" in block && block.text}`)).toEqual([
    thought,
  ]);
  expect(read(completed([item])).shown).toBe(thought);
});

describe("a stream that ends without its last event", () => {
  const ended = (...events: readonly Event[]) => {
    const turn = createTurnBuilder({ limit: createAnswerLimit(Infinity), secrets: [] });
    for (const event of events) turn.add(JSON.stringify(event));
    turn.add("[DONE]");
    return turn.finished(true);
  };

  test("is complete where each of its items is", () => {
    expect(ended(done(message("Hello."), 0))).toMatchObject({ content: "Hello.", stopReason: "end_turn" });
  });

  test("is not complete in the middle of an item, or without one", () => {
    expect(ended(text("Hel", { output_index: 0 }))).toBeUndefined();
    expect(ended()).toBeUndefined();
  });
});
