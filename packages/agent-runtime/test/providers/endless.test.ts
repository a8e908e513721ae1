import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createGzip } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider } from "../../src/openai.ts";
import { type Answer, messagesServer, sse, start } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf } from "../collect.ts";

const piece = "lorem ipsum ".repeat(2000);
const delta = (fields: object) => sse({ type: "content_block_delta", index: 0, delta: fields });
const block = (fields: object) => sse({ type: "content_block_start", index: 0, content_block: fields });
const chunk = (fields: object) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: fields }] })}\n\n`;

/** Bytes after which a server stops to send: far beyond every limit. */
const ENOUGH = 64 * 1024 * 1024;

/** Sends a beginning, and then the same again until nobody listens. */
function endless(first: string, next: string, headers: Record<string, string> = {}): Answer {
  return async (response: ServerResponse) => {
    response.setMaxListeners(0);
    response.writeHead(200, { "content-type": "text/event-stream", ...headers });
    const isZipped = headers["content-encoding"] === "gzip";
    const gzip = createGzip();
    if (isZipped) gzip.pipe(response);
    const sink = isZipped ? gzip : response;
    sink.write(first);
    for (let sent = 0; sent < ENOUGH && !response.destroyed; sent += next.length) {
      if (sink.write(next)) continue;
      await Promise.race([once(sink, "drain"), once(response, "close")]);
    }
    sink.end();
  };
}

describe("an answer without end is cut, and the run fails", () => {
  test.each<[string, Answer]>([
    ["of text", endless(sse(start) + block({ type: "text" }), delta({ type: "text_delta", text: piece }))],
    ["of thinking", endless(sse(start), delta({ type: "thinking_delta", thinking: piece }))],
    [
      "of arguments",
      endless(
        block({ type: "tool_use", id: "a", name: "b" }),
        delta({ type: "input_json_delta", partial_json: piece }),
      ),
    ],
    ["of blocks", endless(sse(start), block({ type: "text", text: "" }).repeat(100))],
    ["of pings", endless(sse(start), sse({ type: "ping" }).repeat(100))],
    ["of one event", endless("data: ", piece)],
    ["of comments", endless("", `: ${piece}\n\n`)],
    [
      "that is compressed",
      endless(sse(start), delta({ type: "text_delta", text: piece }), { "content-encoding": "gzip" }),
    ],
    ["that is no stream", endless("{", piece, { "content-type": "application/json" })],
  ])("%s, of the Messages API", async (_, answer) => {
    await using server = await messagesServer(answer);
    const provider = createAnthropicProvider({
      apiKey: "k",
      model: "m",
      baseURL: server.baseURL,
      maxTokens: 1000,
    });
    const events = await eventsOf(new AgentRuntime({ provider, retryBaseMs: 0 }), inputOf("hi"));
    expect(events.find(({ type }) => type === "error")).toMatchObject({
      code: "MODEL_FAILED",
      retryable: false,
    });
    expect(JSON.stringify(events).length).toBeLessThan(2_000_000);
    expect(server.requests).toHaveLength(1);
  });

  test.each<[string, Answer]>([
    ["of text", endless("", chunk({ content: piece }))],
    ["of reasoning", endless("", chunk({ reasoning_content: piece }))],
    [
      "of arguments",
      endless("", chunk({ tool_calls: [{ index: 0, function: { name: "a", arguments: piece } }] })),
    ],
    ["of calls", endless("", chunk({ tool_calls: [{ id: "a" }, { id: "b" }] }).repeat(100))],
    ["of details", endless("", chunk({ reasoning_details: [{ type: "reasoning.encrypted", data: piece }] }))],
  ])("%s, of Chat Completions", async (_, answer) => {
    await using server = await messagesServer(answer);
    const provider = createOpenAIProvider({ model: "m", baseURL: server.baseURL, maxTokens: 1000 });
    const events = await eventsOf(new AgentRuntime({ provider, retryBaseMs: 0 }), inputOf("hi"));
    expect(events.find(({ type }) => type === "error")).toMatchObject({
      code: "MODEL_FAILED",
      retryable: false,
    });
    expect(server.requests).toHaveLength(1);
  });

  test("the body of an error is read up to a limit", async () => {
    const answer: Answer = async (response) => {
      response.writeHead(400, { "content-type": "text/plain" });
      for (let sent = 0; sent < ENOUGH && !response.destroyed; sent += piece.length) {
        if (!response.write(piece)) await Promise.race([once(response, "drain"), once(response, "close")]);
      }
      response.end();
    };
    await using server = await messagesServer(answer);
    const provider = createAnthropicProvider({ apiKey: "k", model: "m", baseURL: server.baseURL });
    const events = await eventsOf(new AgentRuntime({ provider }), inputOf("hi"));
    const error = events.find((event) => event.type === "error");
    expect(error).toMatchObject({ code: "MODEL_REJECTED" });
    expect(error?.type === "error" && error.message.length).toBeLessThan(400);
  });
});
