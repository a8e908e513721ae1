import type { Readable, Transform } from "node:stream";
import { createBrotliCompress, createDeflate, createDeflateRaw, createGzip, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { AgentRuntime } from "../../src/index.ts";
import { createOpenAIProvider } from "../../src/openai.ts";
import { type Answer, messagesServer } from "../anthropic/messages-server.ts";
import { eventsOf, inputOf, outline } from "../collect.ts";
import { chunks, done } from "../openai/chat-server.ts";

const text = chunks({ delta: { content: "你好 👋" } }, { finish_reason: "stop" });
const last = text.trimEnd();

/** Returns the events of a run whose server answers so. */
async function run(answer: Answer) {
  await using server = await messagesServer(answer);
  const provider = createOpenAIProvider({
    model: "m",
    apiKey: "sk-abcdefgh12345678",
    baseURL: server.baseURL,
  });
  return await eventsOf(new AgentRuntime({ provider, maxRetries: 0 }), inputOf("hi"));
}

const stream =
  (body: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(200, { "content-type": "text/event-stream", ...headers }).end(body);

/** Compresses each part by itself, as a server that streams does. */
const packed =
  (create: () => Transform & { flush(done: () => void): void }, encoding: string): Answer =>
  async (response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "content-encoding": encoding });
    const packer = create();
    (packer as Readable).pipe(response);
    for (const part of [text, done]) {
      packer.write(part);
      await new Promise<void>((resolve) => packer.flush(resolve));
    }
    packer.end();
  };

describe("a whole answer is read", () => {
  test.each<[string, Answer]>([
    ["behind a byte order mark", stream(`\ufeff${text}${done}`)],
    ["with Windows line ends", stream((text + done).replaceAll("\n", "\r\n"))],
    ["with comments between the events", stream(`: PROCESSING\n\n${text}: ping\n\n${done}`)],
    ["with `[DONE]` without a line end", stream(`${text}data: [DONE]`)],
    ["with a last event without a line end", stream(last)],
    ["with one line end behind each event", stream((text + done).replaceAll("\n\n", "\n"))],
    ["with data of several lines", stream(text.replaceAll(/data: \{/g, "data: {\ndata: ") + done)],
    ["in pieces of one byte", byByte(text + done)],
    ["under another content type", stream(text + done, { "content-type": "text/plain" })],
    ["compressed with gzip", packed(createGzip, "gzip")],
    ["compressed with deflate", packed(createDeflate, "deflate")],
    ["compressed with deflate without a header", packed(createDeflateRaw, "deflate")],
    ["compressed with br", packed(createBrotliCompress as never, "br")],
    ["under an encoding that is none", stream(text + done, { "content-encoding": "identity" })],
  ])("%s", async (_, answer) => {
    expect(outline(await run(answer)).slice(1)).toEqual([
      "chunk 你好 👋",
      "assistant_message 你好 👋",
      "message_done 你好 👋",
      "run_end completed",
    ]);
  });

  function byByte(body: string): Answer {
    return async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const byte of Buffer.from(body)) {
        await new Promise((resolve) => response.write(Buffer.of(byte), resolve));
      }
      response.end();
    };
  }
});

describe("half an answer is none", () => {
  test.each<[string, string]>([
    ["that ends in the middle of an event", last.slice(0, -9)],
    ["that ends behind its text", chunks({ delta: { content: "你好" } })],
  ])("%s", async (_, body) => {
    const events = await run(stream(body));
    expect(events.at(-1)).toMatchObject({ outcome: "failed" });
    expect(events.find(({ type }) => type === "error")).toMatchObject({ code: "MODEL_UNREACHABLE" });
  });
});

describe("the reason of a failure is shown", () => {
  const json = { "content-type": "application/json" };
  const refusal = JSON.stringify({ error: { message: "No such key.", type: "authentication_error" } });

  test.each<[string, Answer, object]>([
    [
      "of an error as JSON under the content type of a stream",
      stream(refusal),
      { code: "MODEL_UNAUTHORIZED", message: expect.stringContaining("No such key.") },
    ],
    [
      "of an error in a list under the content type of a stream",
      stream(`[${refusal}]`),
      { code: "MODEL_UNAUTHORIZED", message: expect.stringContaining("No such key.") },
    ],
    [
      "of a page under the content type of a stream",
      stream("<html><body>Please sign in</body></html>"),
      { code: "MODEL_FAILED", message: expect.stringContaining("Please sign in") },
    ],
    [
      "that is compressed",
      (response) => response.writeHead(401, { ...json, "content-encoding": "gzip" }).end(gzipSync(refusal)),
      {
        code: "MODEL_UNAUTHORIZED",
        message: expect.stringContaining("401 to /chat/completions: No such key."),
      },
    ],
    [
      "whose body is cut",
      (response) => {
        response.writeHead(401, { ...json, "content-length": "900" });
        response.write(refusal, () => setImmediate(() => response.destroy()));
      },
      { code: "MODEL_UNAUTHORIZED", message: expect.stringContaining("No such key.") },
    ],
    [
      "of a redirect",
      (response) => response.writeHead(308, { location: "https://models.example/v1" }).end(),
      { message: expect.stringContaining("It redirects to https://models.example/v1. Set `baseURL`") },
    ],
    [
      "of an encoding that nobody asked for",
      stream(Buffer.from("28b52ffd", "hex"), { "content-encoding": "compress" }),
      { code: "MODEL_FAILED", message: expect.stringContaining("compress") },
    ],
    [
      "without a body",
      (response) => response.writeHead(404).end(),
      { code: "MODEL_REJECTED", message: "The model's server answered 404 to /chat/completions" },
    ],
  ])("%s", async (_, answer, expected) => {
    const events = await run(answer);
    expect(events.find(({ type }) => type === "error")).toMatchObject(expected);
  });
});
