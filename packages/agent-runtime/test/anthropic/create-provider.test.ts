import { globalAgent } from "node:http";
import type { ModelEvent, ModelProvider, ModelRequest } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { user } from "../collect.ts";
import {
  type Answer,
  answers,
  closeBlock,
  finish,
  messagesServer,
  openText,
  sse,
  start,
  streams,
  textDelta,
  toolUse,
} from "./messages-server.ts";

const request: ModelRequest = {
  system: { stable: "be good", volatile: "it is late" },
  messages: [user("hi")],
  tools: [],
  toolChoice: "auto",
};

async function read(provider: ModelProvider, signal = new AbortController().signal): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of provider.stream(request, { signal })) events.push(event);
  return events;
}

async function answered(answer: Answer): Promise<ModelEvent[]> {
  await using server = await messagesServer(answer);
  const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
  return await read(provider);
}

const usage = { inputTokens: 12, outputTokens: 5, cacheReadTokens: 3, cacheWriteTokens: 4 };

describe("a turn", () => {
  test("gives all text that one read of the socket brought in one event", async () => {
    const deltas = ["Hel", "lo, ", "world", "."].map((text) => textDelta(text));
    expect(await answered(streams(start, openText, ...deltas, closeBlock(), ...finish("end_turn")))).toEqual([
      { type: "text", text: "Hello, world." },
      { type: "turn", content: "Hello, world.", toolCalls: [], stopReason: "end_turn", usage },
    ]);
  });

  test("gives text as it comes, wherever the bytes are cut", async () => {
    const bytes = Buffer.from(
      sse(start, openText, textDelta("你好 👋"), closeBlock(), ...finish("end_turn")),
    );
    const events = await answered(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
      for (const byte of bytes) {
        response.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      response.end();
    });
    expect(events.filter(({ type }) => type !== "progress")).toEqual([
      { type: "text", text: "你好 👋" },
      { type: "turn", content: "你好 👋", toolCalls: [], stopReason: "end_turn", usage },
    ]);
  });

  test("emits progress while there is nothing to show", async () => {
    const pieces = [[start], toolUse(0, "toolu_1", "bash", "{}"), [{ type: "ping" }], finish("tool_use")];
    let next = () => {};
    await using server = await messagesServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      next = () => response.write(sse(...(pieces.shift() ?? [])));
      next();
    });
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    const types: string[] = [];
    for await (const { type } of provider.stream(request, { signal: new AbortController().signal })) {
      types.push(type);
      next();
    }
    expect(types).toEqual(["progress", "tool_input", "progress", "turn"]);
  });

  test("reads tool calls, also one whose input is not JSON", async () => {
    const events = await answered(
      streams(
        start,
        openText,
        textDelta("Look:"),
        closeBlock(),
        ...toolUse(1, "toolu_1", "bash", '{"command"', ':"ls"}'),
        ...toolUse(2, "toolu_2", "now"),
        ...toolUse(3, "toolu_3", "bash", '{"command": "l'),
        ...toolUse(4, "toolu_4", "bash", "[1]"),
        ...finish("tool_use"),
      ),
    );
    expect(events.at(-1)).toEqual({
      type: "turn",
      content: "Look:",
      toolCalls: [
        { callId: "toolu_1", toolName: "bash", input: { command: "ls" } },
        { callId: "toolu_2", toolName: "now", input: {} },
        { callId: "toolu_3", toolName: "bash", input: {}, invalidInput: '{"command": "l' },
        { callId: "toolu_4", toolName: "bash", input: {}, invalidInput: "[1]" },
      ],
      stopReason: "tool_use",
      usage,
    });
  });

  test("keeps thinking with its signature, and the order of its blocks", async () => {
    const events = await answered(
      streams(
        start,
        {
          type: "content_block_start",
          index: 0,
          content_block: { type: "thinking", thinking: "", signature: "" },
        },
        { type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "Hm." } },
        { type: "content_block_delta", index: 0, delta: { type: "signature_delta", signature: "sig" } },
        closeBlock(0),
        {
          type: "content_block_start",
          index: 1,
          content_block: { type: "redacted_thinking", data: "xyz" },
        },
        ...toolUse(2, "toolu_1", "bash", "{}"),
        { ...openText, index: 3 },
        textDelta("After.", 3),
        ...finish("end_turn"),
      ),
    );
    expect(events).toEqual([
      { type: "thinking", text: "Hm." },
      { type: "tool_input", index: 0, callId: "toolu_1", toolName: "bash", text: "{}" },
      { type: "text", text: "After." },
      {
        type: "turn",
        content: "After.",
        toolCalls: [{ callId: "toolu_1", toolName: "bash", input: {} }],
        blocks: [
          { type: "thinking", text: "Hm.", signature: "sig" },
          { type: "redacted_thinking", data: "xyz" },
          { type: "tool_call", callId: "toolu_1" },
          { type: "text", text: "After." },
        ],
        stopReason: "end_turn",
        usage,
      },
    ]);
  });

  test("passes over events, blocks and deltas that it does not know", async () => {
    const events = await answered(
      streams(
        start,
        { type: "ping" },
        { type: "tomorrow" },
        { type: "content_block_start", index: 0, content_block: { type: "hologram" } },
        { type: "content_block_delta", index: 0, delta: { type: "hologram_delta" } },
        { ...openText, index: 1 },
        textDelta("ok", 1),
        ...finish("because"),
      ),
    );
    expect(events.at(-1)).toMatchObject({ content: "ok", stopReason: "because" });
  });
});

describe("a request", () => {
  test("carries key, model, prompt and limits, and asks for a stream", async () => {
    await using server = await messagesServer(answers("ok"));
    await read(
      createAnthropicProvider({ apiKey: "key-1", model: "m", baseURL: server.baseURL, maxTokens: 99 }),
    );
    expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer key-1" });
    expect(server.requests[0]?.body).toMatchObject({
      model: "m",
      max_tokens: 99,
      stream: true,
      system: [{ type: "text", text: "be good", cache_control: { type: "ephemeral" } }],
    });
  });

  test("is closed when the signal aborts, and the reason is thrown", async () => {
    await using server = await messagesServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(sse(start, openText, textDelta("Once")));
    });
    const controller = new AbortController();
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    const reason = new Error("enough");

    const reading = (async () => {
      for await (const _ of provider.stream(request, { signal: controller.signal })) controller.abort(reason);
    })();

    await expect(reading).rejects.toBe(reason);
    await expect(server.closed[0]).resolves.toBeDefined();
  });

  test("is closed when the reader stops", async () => {
    await using server = await messagesServer((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(sse(start, openText, textDelta("Once")));
    });
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    for await (const _ of provider.stream(request, { signal: new AbortController().signal })) break;
    await expect(server.closed[0]).resolves.toBeDefined();
  });

  test("fails when no answer begins in time", async () => {
    await using server = await messagesServer(() => {});
    const provider = createAnthropicProvider({
      apiKey: "k",
      model: "m",
      baseURL: server.baseURL,
      timeoutMs: 50,
    });
    await expect(read(provider)).rejects.toMatchObject({ code: "MODEL_TIMEOUT", retryable: true });
  });

  test("goes over the connection of the one before", async () => {
    await using server = await messagesServer(answers("ok"));
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    await read(provider);
    const place = new URL(server.baseURL).host;
    await expect
      .poll(() => Object.keys(globalAgent.freeSockets).some((name) => name.startsWith(place)))
      .toBe(true);
    await read(provider);
    expect(server.connectionCount()).toBe(1);
  });

  test("goes through another `fetch` when one is given", async () => {
    await using server = await messagesServer(answers("ok"));
    const urls: string[] = [];
    const fetch: typeof globalThis.fetch = (url, init) => {
      urls.push(String(url as string));
      return globalThis.fetch(url, init);
    };
    const events = await read(
      createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL, fetch }),
    );
    expect(urls).toEqual([`${server.baseURL}/v1/messages`]);
    expect(events.map(({ type }) => type)).toEqual(["text", "turn"]);
  });

  test("is not made when the signal has aborted", async () => {
    await using server = await messagesServer(answers("ok"));
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    await expect(read(provider, AbortSignal.abort("no"))).rejects.toBe("no");
    expect(server.requests).toEqual([]);
  });
});

test.each([
  [{ apiKey: "", model: "m" }, '`apiKey` must be a text that is not empty, got "".'],
  [{ apiKey: "k", model: "" }, '`model` must be a text that is not empty, got "".'],
  [
    { apiKey: "k", model: "m", maxTokens: 0.5 },
    "`maxTokens` must be a whole number from 0 on, or Infinity, got 0.5.",
  ],
])("refuses %o", (options, message) => {
  expect(() => createAnthropicProvider(options)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", message }) as Error,
  );
});
