import type { ModelEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createTurnBuilder as messages } from "../../src/providers/anthropic/from-stream.ts";
import { createAnswerLimit } from "../../src/providers/http/answer-limit.ts";
import { createTurnBuilder as chat } from "../../src/providers/openai/from-stream.ts";
import { createTurnBuilder as responses } from "../../src/providers/openai-responses/from-stream.ts";

const options = () => ({ limit: createAnswerLimit(Infinity), secrets: [] });
const builders = { messages, chat, responses };

/** Returns what a stream shows, and the calls of its turn. */
function read(api: keyof typeof builders, events: readonly unknown[]) {
  const turn = builders[api](options());
  const shown: ModelEvent[] = events.flatMap((event) => turn.add(JSON.stringify(event)) ?? []);
  return { shown, calls: turn.finished(true)?.toolCalls };
}

const block = (index: number, id: string) => ({
  ...{ type: "content_block_start", index },
  content_block: { type: "tool_use", id, name: "look", input: {} },
});
const blockDelta = (index: number, partial_json: unknown) => ({
  ...{ type: "content_block_delta", index },
  delta: { type: "input_json_delta", partial_json },
});
const stop = { type: "message_delta", delta: { stop_reason: "tool_use" } };

const chunk = (...tool_calls: unknown[]) => ({ choices: [{ delta: { tool_calls } }] });
const chunkEnd = { choices: [{ delta: {}, finish_reason: "tool_calls" }] };

const item = (id: string, fields: object = {}) => ({
  ...{ type: "function_call", call_id: id, id: `item_${id}`, name: "look", arguments: "" },
  ...fields,
});
const itemDelta = (output_index: number, delta: string) => ({
  ...{ type: "response.function_call_arguments.delta", output_index },
  delta,
});
const completed = { type: "response.completed", response: { status: "completed" } };

const inTurn: Record<keyof typeof builders, unknown[]> = {
  messages: [
    block(0, "c1"),
    blockDelta(0, ""),
    blockDelta(0, '{"x":'),
    block(1, "c2"),
    blockDelta(1, '{"x":2}'),
    blockDelta(0, "1}"),
    stop,
  ],
  chat: [
    chunk({ index: 0, id: "c1", function: { name: "look", arguments: "" } }),
    chunk({ index: 0, function: { arguments: '{"x":' } }),
    chunk(
      { index: 1, id: "c2", function: { name: "look", arguments: '{"x":2}' } },
      { index: 0, function: { arguments: "1}" } },
    ),
    chunkEnd,
  ],
  responses: [
    { type: "response.output_item.added", output_index: 0, item: item("c1") },
    itemDelta(0, '{"x":'),
    { type: "response.output_item.added", output_index: 1, item: item("c2") },
    itemDelta(1, '{"x":2}'),
    itemDelta(0, "1}"),
    { type: "response.output_item.done", output_index: 0, item: item("c1", { arguments: '{"x":1}' }) },
    completed,
  ],
};

describe("the inputs of a turn's calls are shown as they are written", () => {
  test.each(["messages", "chat", "responses"] as const)("over %s, each under its call", (api) => {
    const { shown, calls } = read(api, inTurn[api]);

    const one = { type: "tool_input", index: 0, callId: "c1", toolName: "look" };
    const two = { type: "tool_input", index: 1, callId: "c2", toolName: "look" };
    expect(shown).toEqual([
      { ...one, text: '{"x":' },
      { ...two, text: '{"x":2}' },
      { ...one, text: "1}" },
    ]);
    expect(calls).toEqual([
      { callId: "c1", toolName: "look", input: { x: 1 } },
      { callId: "c2", toolName: "look", input: { x: 2 } },
    ]);
  });

  test("with text before and behind them", () => {
    const text = { type: "content_block_start", index: 0, content_block: { type: "text", text: "Look:" } };
    const later = { type: "content_block_start", index: 2, content_block: { type: "text", text: "So." } };

    const { shown } = read("messages", [text, block(1, "c1"), blockDelta(1, "{}"), later, stop]);

    expect(shown.map(({ type }) => type)).toEqual(["text", "tool_input", "text"]);
    expect(shown[1]).toMatchObject({ index: 0, text: "{}" });
  });

  test("when the name of the tool is known, and with what came before it", () => {
    const { shown } = read("chat", [
      chunk({ index: 0, id: "c1", function: { arguments: '{"x"' } }),
      chunk({ index: 0, function: { name: "look", arguments: ":1}" } }),
      chunkEnd,
    ]);

    expect(shown).toEqual([
      { type: "tool_input", index: 0, callId: "c1", toolName: "look", text: '{"x":1}' },
    ]);
  });

  test.each<[string, keyof typeof builders, unknown[]]>([
    [
      "is an object",
      "chat",
      [chunk({ index: 0, id: "c1", function: { name: "look", arguments: { x: 1 } } }), chunkEnd],
    ],
    ["is an object, in a block", "messages", [block(0, "c1"), blockDelta(0, { x: 1 }), stop]],
    ["is absent", "messages", [block(0, "c1"), stop]],
    [
      "is of a call without a name",
      "chat",
      [chunk({ index: 0, id: "c1", function: { arguments: "{}" } }), chunkEnd],
    ],
  ])("but not where the input %s", (_, api, events) => {
    const { shown, calls } = read(api, events);

    expect(shown).toEqual([]);
    expect(calls).toHaveLength(1);
  });

  test("also where they come in the form before `tool_calls`", () => {
    const { shown } = read("chat", [
      { choices: [{ delta: { function_call: { name: "look", arguments: '{"x":' } } }] },
      { choices: [{ delta: { function_call: { arguments: "1}" } } }] },
      chunkEnd,
    ]);

    expect(shown.map((one) => "text" in one && one.text)).toEqual(['{"x":', "1}"]);
  });
});
