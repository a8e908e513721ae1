import { isMessageEntry, type Message, type RunEvent, toEntry } from "@mini-openclaw/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { refusalsOf } from "../anthropic/accepted.ts";
import { messagesServer } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf, outline, user } from "../collect.ts";
import { chatRefusalsOf } from "../openai/accepted.ts";

type Json = null | string | number | boolean | Json[] | { [name: string]: Json };

/** Values of every type of JSON, to replace any other. */
const others: readonly Json[] = [null, 0, -1, 1.5, "", "x", "7", true, [], [null], {}, { a: [] }];

/** Each way in which one value of an event is missing, or of another type. */
function mutations(event: Json): Json[] {
  const found: Json[] = [];
  const walk = (value: Json, put: (changed: Json | undefined) => Json): void => {
    for (const other of others) found.push(put(other));
    found.push(put(undefined));
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) {
      value.forEach((one, index) =>
        walk(one, (changed) =>
          put(value.flatMap((old, at) => (at !== index ? [old] : changed === undefined ? [] : [changed]))),
        ),
      );
      return;
    }
    for (const [name, one] of Object.entries(value)) {
      walk(one, (changed) => {
        const { [name]: _, ...rest } = value;
        return put(changed === undefined ? rest : { ...rest, [name]: changed });
      });
    }
  };
  walk(event, (changed) => changed ?? {});
  return found;
}

const messageEvents: Json[] = [
  {
    type: "message_start",
    message: { id: "m", role: "assistant", content: [], usage: { input_tokens: 5, output_tokens: 1 } },
  },
  { type: "content_block_start", index: 0, content_block: { type: "thinking", thinking: "", signature: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm" } },
  { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "c2ln" } },
  { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 1, delta: { type: "text_delta", text: "Hello" } },
  {
    type: "content_block_start",
    index: 2,
    content_block: { type: "tool_use", id: "t1", name: "note", input: {} },
  },
  { type: "content_block_delta", index: 2, delta: { type: "input_json_delta", partial_json: '{"x":"a"}' } },
  { type: "content_block_stop", index: 2 },
  { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: { output_tokens: 3 } },
  { type: "message_stop" },
];

const chatEvents: Json[] = [
  {
    id: "c",
    choices: [
      { index: 0, delta: { role: "assistant", content: null, reasoning_content: "Hm" }, finish_reason: null },
    ],
  },
  {
    choices: [{ index: 0, delta: { reasoning_details: [{ type: "reasoning.text", text: "Hm", index: 0 }] } }],
  },
  { choices: [{ index: 0, delta: { content: "Hello" }, finish_reason: null }] },
  {
    choices: [
      {
        index: 0,
        delta: {
          tool_calls: [
            { index: 0, id: "c1", type: "function", function: { name: "note", arguments: '{"x":' } },
          ],
        },
      },
    ],
  },
  { choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '"a"}' } }] } }] },
  { choices: [{ index: 0, delta: {}, finish_reason: "tool_calls" }] },
  {
    choices: [],
    usage: { prompt_tokens: 5, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 1 } },
  },
];

const responseEvents: Json[] = [
  { type: "response.created", response: { status: "in_progress" } },
  { type: "response.output_item.added", output_index: 0, item: { type: "reasoning", summary: [] } },
  { type: "response.reasoning_summary_text.delta", output_index: 0, delta: "Hm" },
  {
    type: "response.output_item.done",
    output_index: 0,
    item: {
      type: "reasoning",
      id: "rs",
      summary: [{ type: "summary_text", text: "Hm" }],
      encrypted_content: "e",
    },
  },
  { type: "response.output_text.delta", output_index: 1, delta: "Hello" },
  {
    type: "response.output_item.added",
    output_index: 2,
    item: { type: "function_call", call_id: "c", name: "note", arguments: "" },
  },
  { type: "response.function_call_arguments.delta", output_index: 2, delta: '{"x":"a"}' },
  {
    type: "response.completed",
    response: {
      status: "completed",
      incomplete_details: null,
      usage: { input_tokens: 5, output_tokens: 3, input_tokens_details: { cached_tokens: 1 } },
      output: [{ type: "reasoning" }, { type: "message", content: [{ type: "output_text", text: "Hello" }] }],
    },
  },
];

const note = {
  name: "note",
  description: "Notes a text.",
  parameters: { x: { type: "string", description: "The text.", required: false } },
  execute: () => ({ success: true, output: "noted" }),
};

function kept(events: readonly RunEvent[]): Message[] {
  return events.flatMap((event, seq) => {
    const entry = toEntry({ ...event, sessionId: "s1", seq });
    return entry && isMessageEntry(entry) ? [entry] : [];
  });
}

const servers = [
  {
    name: "the Messages API",
    events: messageEvents,
    last: "",
    ok: [
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "ok" } },
      { type: "message_delta", delta: { stop_reason: "end_turn" } },
      { type: "message_stop" },
    ],
    refusals: refusalsOf,
    provider: (baseURL: string) => createAnthropicProvider({ apiKey: "k", model: "m", baseURL }),
  },
  {
    name: "Chat Completions",
    events: chatEvents,
    last: "data: [DONE]\n\n",
    ok: [{ choices: [{ index: 0, delta: { content: "ok" }, finish_reason: "stop" }] }],
    refusals: chatRefusalsOf,
    provider: (baseURL: string) => createOpenAIProvider({ model: "m", baseURL }),
  },
  {
    name: "the Responses API",
    events: responseEvents,
    last: "",
    ok: [
      { type: "response.output_text.delta", output_index: 0, delta: "ok" },
      { type: "response.completed", response: { status: "completed" } },
    ],
    refusals: () => [],
    provider: (baseURL: string) => createOpenAIResponsesProvider({ model: "m", baseURL }),
  },
];

describe.each(servers)(
  "whatever a server of $name sends",
  ({ events, last, ok, refusals, provider: create }) => {
    let server: Awaited<ReturnType<typeof messagesServer>>;
    let answer: string;
    const toStream = (all: readonly unknown[]) =>
      all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("") + last;

    beforeAll(async () => {
      server = await messagesServer((response) => {
        response.writeHead(200, { "content-type": "text/event-stream" }).end(answer);
        answer = toStream(ok);
      });
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test.each(events.map((event, index) => [index, JSON.stringify(event)] as const))(
      "in event %i, the run ends once, counts whole tokens, and the next request is accepted: %s",
      async (index) => {
        const provider = create(server.baseURL);
        for (const mutation of mutations(events[index] as Json)) {
          const what = JSON.stringify(mutation);
          answer = toStream(events.with(index, mutation));
          const agent = new AgentRuntime({ provider, tools: [note], maxRetries: 0 });
          const seen = await eventsOf(agent, inputOf("hi"));
          answer = toStream(ok);
          const next = await eventsOf(agent, inputOf([user("hi"), ...kept(seen), user("again")]));
          const end = seen.at(-1);
          const counts = end?.type === "run_end" ? Object.values(end.usage) : [];
          const isCounted =
            counts.length > 0 && counts.every((count) => Number.isInteger(count) && count >= 0);
          expect({
            what,
            ends: outline(seen).filter((line) => line.startsWith("run_end")).length,
            isCounted,
            isReadable: !/undefined|\[object Object\]|NaN/.test(JSON.stringify(seen)),
            next: outline(next).at(-1),
          }).toEqual({ what, ends: 1, isCounted: true, isReadable: true, next: "run_end completed" });
        }
        expect(server.requests.splice(0).flatMap(refusals)).toEqual([]);
      },
    );
  },
);

describe("values that are nested too deeply", () => {
  const deep = (levels: number) => `${'{"x":'.repeat(levels)}1${"}".repeat(levels)}`;
  const finish =
    'data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n';
  const call = (args: string) =>
    `data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"note","arguments":${args}}}]}}]}\n\n${finish}`;
  const ok =
    'data: {"choices":[{"index":0,"delta":{"content":"ok"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

  async function play(answers: string[]) {
    const left = [...answers];
    await using server = await messagesServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(left.shift() ?? ok);
    });
    const provider = createOpenAIProvider({ model: "m", baseURL: server.baseURL });
    const agent = new AgentRuntime({ provider, tools: [note], retryBaseMs: 1 });
    return await eventsOf(agent, inputOf("hi"));
  }

  test.each([600, 10_000, 200_000])(
    "as the arguments of a call, %i levels reach the model",
    async (levels) => {
      const events = await play([call(JSON.stringify(deep(levels)))]);
      const done = events.find((event) => event.type === "tool_done");
      expect(done).toMatchObject({
        isError: true,
        output: expect.stringContaining("not a complete JSON object"),
      });
      expect(outline(events).at(-1)).toBe("run_end completed");
    },
  );

  test.each([600, 20_000])(
    "as a part of an event, %i levels fail the request, which is sent again",
    async (levels) => {
      const events = await play([call(deep(levels))]);
      expect(events.filter(({ type }) => type === "retry").length).toBe(1);
      expect(outline(events).at(-1)).toBe("run_end completed");
    },
  );
});
