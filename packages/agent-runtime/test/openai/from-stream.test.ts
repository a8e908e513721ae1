import type { ModelEvent } from "@mini-openclaw/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createAnswerLimit } from "../../src/providers/http/answer-limit.ts";
import { createTurnBuilder } from "../../src/providers/openai/from-stream.ts";

type Turn = Extract<ModelEvent, { type: "turn" }>;

/** Returns the text that a stream shows, and its turn. */
function read(...chunks: readonly unknown[]): { shown: string[]; turn: Turn } {
  const turn = createTurnBuilder({ limit: createAnswerLimit(Infinity), secrets: [] });
  const shown = [...chunks, "[DONE]"].flatMap(
    (chunk) => turn.add(typeof chunk === "string" ? chunk : JSON.stringify(chunk)) ?? [],
  );
  return { shown: shown.map(({ type, text }) => `${type} ${text}`), turn: turn.finished(true) as Turn };
}

const chunk = (delta: unknown, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const piece = (...tool_calls: unknown[]) => chunk({ tool_calls });

describe("the calls of an answer", () => {
  const a = { callId: "c1", toolName: "look", input: { x: 1 } };
  const b = { callId: "c2", toolName: "look", input: { x: 2 } };

  test.each<[string, unknown[], object[]]>([
    [
      "indexes that go down",
      [
        piece({ index: 1, id: "c2", function: { name: "look", arguments: '{"x":2}' } }),
        piece({ index: 0, id: "c1", function: { name: "look", arguments: '{"x":1}' } }),
      ],
      [b, a],
    ],
    [
      "no indexes, and pieces in turn",
      [
        piece({ id: "c1", function: { name: "look", arguments: '{"x"' } }),
        piece({ id: "c2", function: { name: "look", arguments: '{"x"' } }),
        piece({ id: "c1", function: { arguments: ":1}" } }),
        piece({ id: "c2", function: { arguments: ":2}" } }),
      ],
      [a, b],
    ],
    [
      "a new id with each piece",
      [
        piece({ index: 0, id: "c1", function: { name: "look", arguments: '{"x"' } }),
        piece({ index: 0, id: "c9", function: { arguments: ":1}" } }),
      ],
      [a],
    ],
    [
      "a new id and the name with each piece",
      [
        piece({ index: 0, id: "c1", function: { name: "look", arguments: '{"x"' } }),
        piece({ index: 0, id: "c9", function: { name: "look", arguments: ":1}" } }),
      ],
      [a],
    ],
    [
      "one index for calls without arguments",
      [
        piece({ index: 0, id: "c1", function: { name: "now" } }),
        piece({ index: 0, id: "c2", function: { name: "now" } }),
      ],
      [
        { callId: "c1", toolName: "now", input: {} },
        { callId: "c2", toolName: "now", input: {} },
      ],
    ],
    [
      "one index for calls of two tools, the first one cut",
      [
        piece({ index: 0, id: "c1", function: { name: "look", arguments: '{"x"' } }),
        piece({ index: 0, id: "c2", function: { name: "now", arguments: "{}" } }),
      ],
      [
        { callId: "c1", toolName: "look", input: {}, invalidInput: '{"x"' },
        { callId: "c2", toolName: "now", input: {} },
      ],
    ],
    [
      "no ids and no indexes",
      [
        piece({ function: { name: "look", arguments: '{"x":1}' } }),
        piece({ function: { name: "look", arguments: { x: 2 } } }),
      ],
      [
        { ...a, callId: "" },
        { ...b, callId: "" },
      ],
    ],
    [
      "parameters instead of arguments",
      [piece({ index: 0, id: "c1", function: { name: "look", parameters: { x: 1 } } })],
      [a],
    ],
    ["fields of the function in the call", [piece({ id: "c1", name: "look", arguments: '{"x":1}' })], [a]],
    [
      "a name in growing pieces",
      [
        piece({ index: 0, id: "c1", function: { name: "lo" } }),
        piece({ index: 0, function: { name: "look" } }),
        piece({ index: 0, function: { arguments: '{"x":1}' } }),
      ],
      [a],
    ],
    [
      "a single call instead of a list",
      [chunk({ tool_calls: { id: "c1", function: { name: "look", arguments: '{"x":1}' } } })],
      [a],
    ],
    [
      "the oldest form",
      [chunk({ function_call: { name: "look", arguments: '{"x":1}' } })],
      [{ ...a, callId: "" }],
    ],
  ])("come whole from a server that sends %s", (_, chunks, expected) => {
    expect(read(...chunks, chunk({}, "tool_calls")).turn.toolCalls).toEqual(expected);
  });
});

describe("the text and the thinking of an answer", () => {
  test.each<[string, unknown[], string[]]>([
    [
      "a first chunk with the role alone",
      [chunk({ role: "assistant" }), chunk({ content: "ok" })],
      ["text ok"],
    ],
    [
      "chunks without choices",
      [{ choices: [], prompt_filter_results: [] }, {}, { choices: null }, chunk({ content: "ok" })],
      ["text ok"],
    ],
    [
      "fields of errors that are empty",
      [{ error: null, errors: [], base_resp: { status_code: 0 } }, chunk({ content: "ok" })],
      ["text ok"],
    ],
    [
      "errors that are none beside each part",
      [
        { error: {}, ...chunk({ content: "o" }) },
        { error: { code: 0, message: "success" }, ...chunk({ content: "k" }) },
        { error: { code: 0, message: "" } },
      ],
      ["text o", "text k"],
    ],
    ["a delta of null", [chunk(null), chunk({ content: "ok" })], ["text ok"]],
    ["one part instead of a list", [chunk({ content: { type: "text", text: "ok" } })], ["text ok"]],
    ["events in lists", [[chunk({ content: "ok" })]], ["text ok"]],
    [
      "`reasoning_text`",
      [chunk({ reasoning_text: "Hm" }), chunk({ content: "ok" })],
      ["thinking Hm", "text ok"],
    ],
    ["`thinking`", [chunk({ thinking: "Hm" }), chunk({ content: "ok" })], ["thinking Hm", "text ok"]],
    [
      "the tags of Seed-OSS",
      [chunk({ content: "<seed:th" }), chunk({ content: "ink>Hm</seed:think>\n" }), chunk({ content: "ok" })],
      ["thinking Hm", "text ok"],
    ],
    [
      "the channels of gpt-oss",
      [
        chunk({ content: "<|channel|>analysis<|mess" }),
        chunk({ content: "age|>Hm<|end|><|start|>assistant<|channel|>fi" }),
        chunk({ content: "nal<|message|>ok" }),
      ],
      ["thinking Hm", "text ok"],
    ],
    [
      "a whole message",
      [{ choices: [{ index: 0, message: { role: "assistant", content: "ok" }, finish_reason: "stop" }] }],
      ["text ok"],
    ],
  ])("are read from a server that sends %s", (_, chunks, expected) => {
    const { shown, turn } = read(...chunks, chunk({}, "stop"));
    expect(shown).toEqual(expected);
    expect(turn.content).toBe("ok");
  });
});

test("reads any text that JSON can hold, in every notation, from chunks that differ in their text alone", () => {
  const spaces = fc.constantFrom("", "  ", "\n");
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 8 }), spaces, (texts, padding) => {
      const escaped = (text: string) => text.replaceAll("a", "\\u0061");
      const chunks = ["Well, ", "then: ", ...texts].map((content, index) => {
        const json = `${JSON.stringify(chunk({ content }))}${padding}`;
        return index % 3 === 2 ? json.replace(JSON.stringify(content), escaped) : json;
      });
      expect(read(...chunks, chunk({}, "stop")).turn.content).toBe(`Well, then: ${texts.join("")}`);
    }),
    { numRuns: 500, seed: 1 },
  );
});

test.each<[string, object[], object]>([
  [
    "a call",
    [chunk({ content: "b", tool_calls: [{ id: "c1", function: { name: "now" } }] })],
    { content: "aab", toolCalls: [{ callId: "c1", toolName: "now", input: {} }] },
  ],
  ["thinking", [chunk({ content: "b", reasoning_content: "Hm" })], { content: "aab" }],
  [
    "its usage",
    [{ ...chunk({ content: "b" }), usage: { prompt_tokens: 3, completion_tokens: 2 } }],
    { content: "aab", usage: { inputTokens: 3, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 } },
  ],
  [
    "the name of its field in its text",
    [chunk({ content: '"content":"a"' })],
    { content: 'aa"content":"a"' },
  ],
  ["its end", [chunk({ content: "b" }, "length")], { content: "aab", stopReason: "max_tokens" }],
])("a chunk behind plain ones may have %s", (_, chunks, expected) => {
  const { turn } = read(chunk({ content: "a" }), chunk({ content: "a" }), ...chunks, chunk({}));
  expect(turn).toMatchObject(expected);
});

test("chunks whose ids differ are read as others are", () => {
  const chunks = Array.from({ length: 20 }, (_, n) => ({ id: `c${n}`, ...chunk({ content: `${n},` }) }));
  const expected = chunks.map((_, n) => `${n},`).join("");
  expect(read(...chunks, chunk({}, "stop")).turn.content).toBe(expected);
});

describe("the usage of an answer", () => {
  test.each<[string, object, object]>([
    [
      "the names of the Messages API",
      { input_tokens: 5, output_tokens: 2 },
      { inputTokens: 5, outputTokens: 2 },
    ],
    [
      "DeepSeek's cache",
      { prompt_tokens: 5, prompt_cache_hit_tokens: 3 },
      { inputTokens: 2, cacheReadTokens: 3 },
    ],
    ["Kimi's cache", { prompt_tokens: 5, cached_tokens: 3 }, { inputTokens: 2, cacheReadTokens: 3 }],
    [
      "more in the cache than in all",
      { prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 9 } },
      { inputTokens: 5, cacheReadTokens: 9 },
    ],
    [
      "xAI's and Gemini's thinking, which is in the total alone",
      { prompt_tokens: 32, completion_tokens: 9, total_tokens: 135 },
      { inputTokens: 32, outputTokens: 103 },
    ],
    [
      "a total with the cache beside the prompt",
      { prompt_tokens: 5, completion_tokens: 2, total_tokens: 10, cached_tokens: 3 },
      { inputTokens: 2, outputTokens: 2, cacheReadTokens: 3 },
    ],
    ["texts", { prompt_tokens: "5", completion_tokens: "2" }, { inputTokens: 5, outputTokens: 2 }],
    ["negative numbers", { prompt_tokens: -5, completion_tokens: -2 }, { inputTokens: 0, outputTokens: 0 }],
  ])("is read from %s", (_, usage, expected) => {
    expect(read(chunk({ content: "ok" }, "stop"), { choices: [], usage }).turn.usage).toMatchObject(expected);
  });
});

test("a refusal in the model's words is shown without keys and escapes, and not in all its length", () => {
  const key = "sk-abcdefgh12345678";
  const turn = createTurnBuilder({ limit: createAnswerLimit(Infinity), secrets: [key] });
  turn.add(JSON.stringify(chunk({ refusal: `\u001b[31mNo, ${key}. ${"x".repeat(500)}` })));
  turn.add(JSON.stringify(chunk({}, "stop")));
  const { stopReason, stopMessage = "" } = turn.finished(true) as Turn;
  expect(stopReason).toBe("refusal");
  expect(stopMessage).toMatch(/^No, \[hidden\]\. x+$/);
  expect(stopMessage).toHaveLength(300);
});

describe("an error in a stream", () => {
  test.each<[string, unknown, object]>([
    ["in a list", [{ error: { code: 503, message: "busy" } }], { code: "MODEL_OVERLOADED" }],
    [
      "in a choice",
      { choices: [{ delta: {}, finish_reason: "error", error: { code: 429, message: "Try again in 2s." } }] },
      {
        code: "MODEL_RATE_LIMITED",
        retryAfterMs: 2000,
        message: expect.stringContaining("Try again in 2s."),
      },
    ],
    ["as a stop reason", chunk({}, "network_error"), { code: "MODEL_FAILED", retryable: true }],
    [
      "of a call that Ollama could not read (ollama/ollama#17638)",
      { error: { message: "error parsing tool call: raw='{\"x\":', err=unexpected end of JSON input" } },
      { retryable: true, noteForModel: expect.stringContaining("unexpected end of JSON input") },
    ],
    [
      "of a call that llama.cpp could not read (ggml-org/llama.cpp#20260)",
      { error: { code: 500, message: "Failed to parse input at pos 184: <tool_call>" } },
      { retryable: true, noteForModel: expect.stringContaining("pos 184") },
    ],
    [
      "with its name in its text (ollama/ollama#11781)",
      { "error parsing tool call": "invalid character 'c'" },
      { noteForModel: expect.stringContaining("invalid character 'c'") },
    ],
    [
      "as a status (edenai/edenai-apis#360)",
      { choices: null, base_resp: { status_code: 1008, status_msg: "insufficient balance" } },
      { message: expect.stringContaining("insufficient balance") },
    ],
    [
      "as a list of FastAPI",
      { detail: [{ loc: ["body", "model"], msg: "Field required", type: "missing" }] },
      { message: expect.stringContaining("Field required: body.model") },
    ],
    [
      "of a proxy",
      { fault: { faultstring: "Rate limit quota violation" } },
      { message: expect.stringContaining("Rate limit quota violation") },
    ],
    ["as a text", { error: "model overloaded" }, { code: "MODEL_OVERLOADED" }],
    ["in the fields of the event", { object: "error", message: "no", code: 400 }, { code: "MODEL_REJECTED" }],
  ])("fails the turn: %s", (_, event, expected) => {
    expect(() => read(event)).toThrow(expect.objectContaining(expected));
  });
});
