import type { Message, ModelProvider, ModelRequest } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { createAnthropicProvider } from "../../src/anthropic.ts";
import { createOpenAIProvider, createOpenAIResponsesProvider } from "../../src/openai.ts";
import { type Answer, answers, messagesServer } from "../anthropic/messages-server.ts";
import { chunks, done, refuses, sse, streams } from "../openai/chat-server.ts";

const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(200, 7)]);
const other = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(200, 8)]);
const pdf = Buffer.from("%PDF-1.7\nhello");
const data = (bytes: Buffer) => bytes.toString("base64");
const image = (bytes: Buffer, name?: string) => ({
  ...{ type: "image" as const, mediaType: "image/png", data: data(bytes) },
  ...(name !== undefined && { name }),
});
const document = { type: "document" as const, mediaType: "application/pdf", data: data(pdf), name: "a.pdf" };
const notes = {
  ...document,
  mediaType: "text/plain",
  data: data(Buffer.from("buy milk")),
  name: "notes.txt",
};

function user(content: string, blocks: Extract<Message, { role: "user" }>["blocks"] = []): Message {
  return { role: "user", content, timestamp: 1, ...(blocks.length > 0 && { blocks }) };
}

const question = user("what?\n[…]", [
  image(png, "cat.png"),
  document,
  notes,
  { type: "text", text: "what?" },
]);
const calls: Message = {
  ...{ role: "assistant", content: "", timestamp: 1 },
  toolCalls: [
    { callId: "c1", toolName: "snap", input: {} },
    { callId: "c2", toolName: "snap", input: {} },
  ],
};
const result = (callId: string): Message => ({
  ...{ role: "tool", callId, toolName: "snap", content: "a picture\n[…]", isError: false, timestamp: 1 },
  blocks: [{ type: "text", text: "a picture" }, image(other)],
});

function request(...messages: Message[]): ModelRequest {
  return { system: { stable: "", volatile: "" }, messages, tools: [], toolChoice: "auto" };
}

const chatAnswer = streams(chunks({ delta: { content: "ok" } }, { finish_reason: "stop" }), done);
const responsesAnswer = streams(
  sse({ type: "response.output_text.delta", item_id: "m", output_index: 0, content_index: 0, delta: "ok" }),
  sse({ type: "response.completed", response: { status: "completed", output: [], usage: {} } }),
);

interface Dialect {
  create: (baseURL: string, files?: "all" | "images" | "none") => ModelProvider;
  answer: Answer;
}

const dialects: Record<string, Dialect> = {
  Messages: {
    create: (baseURL, files) =>
      createAnthropicProvider({ model: "m", apiKey: "k", baseURL, ...(files && { files }) }),
    answer: answers("ok"),
  },
  "Chat Completions": {
    create: (baseURL, files) =>
      createOpenAIProvider({ model: "m", baseURL: `${baseURL}/v1`, ...(files && { files }) }),
    answer: chatAnswer,
  },
  Responses: {
    create: (baseURL, files) =>
      createOpenAIResponsesProvider({ model: "m", baseURL: `${baseURL}/v1`, ...(files && { files }) }),
    answer: responsesAnswer,
  },
};

async function ask(provider: ModelProvider, asked: ModelRequest): Promise<string> {
  let text = "";
  for await (const event of provider.stream(asked, { signal: new AbortController().signal })) {
    if (event.type === "turn") text = event.content;
  }
  return text;
}

/** Returns the messages of the request that a server got. */
async function sent(name: string, files: "all" | "images" | "none" | undefined, ...messages: Message[]) {
  const { create, answer } = dialects[name] as Dialect;
  await using server = await messagesServer(answer);
  await ask(create(server.baseURL, files), request(...messages));
  const body = server.requests[0]?.body ?? {};
  return (body["messages"] ?? body["input"]) as { role?: string; content?: unknown; output?: unknown }[];
}

const seen = "[document: notes.txt, 8 bytes]\nbuy milk";
const pngUrl = `data:image/png;base64,${data(png)}`;
const otherUrl = `data:image/png;base64,${data(other)}`;
const pdfUrl = `data:application/pdf;base64,${data(pdf)}`;

test.each(Object.keys(dialects))("a file of an answer is described to the model, over %s", async (name) => {
  const content = "[image: cat.png, 23 bytes]";
  const blocks = [{ type: "text" as const, text: "" }, image(png, "cat.png")];
  const drawn: Message = { role: "assistant", content, timestamp: 1, blocks };

  const messages = await sent(name, undefined, user("draw"), drawn, user("thanks"));

  expect(JSON.stringify(messages)).toMatch(/\[image: cat\.png, \d+ bytes\]/);
  expect(JSON.stringify(messages)).not.toContain(data(png));
});

describe("files of a user's message go to the server as", () => {
  test("blocks of the Messages API", async () => {
    const [message] = await sent("Messages", undefined, question);
    expect(message?.content).toMatchObject([
      { type: "image", source: { type: "base64", media_type: "image/png", data: data(png) } },
      {
        type: "document",
        source: { type: "base64", media_type: "application/pdf", data: data(pdf) },
        title: "a.pdf",
      },
      { type: "text", text: seen },
      { type: "text", text: "what?" },
    ]);
  });

  test("parts of Chat Completions, with a PDF only if the option allows it", async () => {
    const [images] = await sent("Chat Completions", undefined, question);
    expect(images?.content).toEqual([
      { type: "image_url", image_url: { url: pngUrl } },
      { type: "text", text: "[document: a.pdf, 14 bytes] (you cannot see this file)" },
      { type: "text", text: seen },
      { type: "text", text: "what?" },
    ]);
    const [all] = await sent("Chat Completions", "all", question);
    expect(all?.content).toMatchObject([
      {},
      { type: "file", file: { filename: "a.pdf", file_data: pdfUrl } },
      {},
      {},
    ]);
  });

  test("parts of the Responses API", async () => {
    const [message] = await sent("Responses", undefined, question);
    expect(message?.content).toEqual([
      { type: "input_image", image_url: pngUrl, detail: "auto" },
      { type: "input_file", filename: "a.pdf", file_data: pdfUrl },
      { type: "input_text", text: seen },
      { type: "input_text", text: "what?" },
    ]);
  });
});

describe("files of tool results go to the server", () => {
  const messages = [user("snap"), calls, result("c1"), result("c2"), user("and?")];

  test("in the results of the Messages API", async () => {
    const turns = await sent("Messages", undefined, ...messages);
    const results = turns[2]?.content as { content: unknown }[];
    expect(results.slice(0, 2).map(({ content }) => content)).toMatchObject([
      [
        { type: "text", text: "a picture" },
        { type: "image", source: { data: data(other) } },
      ],
      [{ type: "text", text: "a picture" }, { type: "image" }],
    ]);
  });

  test("behind all results of a turn in Chat Completions, whose results are text", async () => {
    const turns = await sent("Chat Completions", undefined, ...messages);
    expect(turns.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "tool", "assistant", "user"]);
    expect(turns[2]?.content).toBe("a picture\n[the file is in the next message of the user]");
    const url = { type: "image_url", image_url: { url: otherUrl } };
    expect(turns[5]?.content).toEqual([
      url,
      url,
      { type: "text", text: "[files of tool results]" },
      { type: "text", text: "and?" },
    ]);
    const ended = await sent("Chat Completions", undefined, ...messages.slice(0, 4));
    expect(ended.at(-1)?.content).toMatchObject([url, url, { type: "text" }]);
  });

  test("in the outputs of the Responses API", async () => {
    const items = await sent("Responses", undefined, ...messages);
    const outputs = items.flatMap(({ output }) => (output === undefined ? [] : [output]));
    expect(outputs[0]).toEqual([
      { type: "input_text", text: "a picture" },
      { type: "input_image", image_url: otherUrl, detail: "auto" },
    ]);
  });

  test("as a line where the model sees none", async () => {
    for (const name of Object.keys(dialects)) {
      const body = JSON.stringify(await sent(name, "none", ...messages));
      expect(body).toContain("[image: image/png, 208 bytes] (you cannot see this file)");
      expect(body).not.toContain(data(other));
      expect(body).not.toContain("next message of the user");
    }
  });
});

test("a file without its bytes, of a wrong type or too large is a line", async () => {
  const blocks = [
    { type: "image" as const, mediaType: "image/png", name: "old.png", blob: "b", bytes: 5000 },
    { ...image(png), mediaType: "image/tiff" },
    { ...document, mediaType: "application/zip" },
    { ...image(png), data: "A".repeat(7_000_000) },
    { ...image(png), data: "####" },
  ];
  const [message] = await sent("Messages", undefined, user("hi", blocks));
  expect(message?.content).toMatchObject([
    { text: "[image: old.png, 5 kB] (you cannot see this file)" },
    {
      text: '[an image was left out: its type "image/tiff" is none of image/jpeg, image/png, image/gif, image/webp]',
    },
    { text: '[a document was left out: its type "application/zip" is none of application/pdf]' },
    { text: "[an image was left out: it is larger than 5 MB]" },
    { text: "[an image was left out: its data is not base64]" },
    { text: "hi" },
  ]);
});

describe("a server that refuses files", () => {
  // DeepSeek, Groq, Ollama, llama.cpp, OpenRouter and vLLM, in their words.
  test.each([
    [400, "Failed to deserialize the JSON body: messages[0]: unknown variant `image_url`, expected `text`"],
    [400, "messages[0].content must be a string"],
    [500, "this model is missing data required for image input"],
    [500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"],
    [404, "No endpoints found that support image input"],
    [400, "At most 0 image(s) may be provided in one request."],
  ])("because its model sees none gets a line from then on: %i %s", async (status, message) => {
    await using server = await messagesServer(refuses(status, message), chatAnswer);
    const provider = createOpenAIProvider({ model: "m", baseURL: `${server.baseURL}/v1` });
    const asked = request(user("what?", [image(png), { type: "text", text: "what?" }]));
    expect(await ask(provider, asked)).toBe("ok");
    expect(await ask(provider, asked)).toBe("ok");
    expect(server.requests.map(({ body }) => JSON.stringify(body).includes(data(png)))).toEqual([
      true,
      false,
      false,
    ]);
    expect(JSON.stringify(server.requests[2]?.body)).toContain("you cannot see this file");
  });

  test("because of one image gets all others, the ones before and the ones after", async () => {
    const refusal: Answer = (response, { body }) =>
      JSON.stringify(body).includes(data(other))
        ? refuses(400, "Could not process image")(response, { body, headers: {} })
        : chatAnswer(response, { body, headers: {} });
    await using server = await messagesServer(refusal);
    const provider = createOpenAIProvider({ model: "m", baseURL: `${server.baseURL}/v1` });
    const first = user("one", [image(png)]);
    await ask(provider, request(first));
    expect(await ask(provider, request(first, user("two", [image(other)])))).toBe("ok");
    expect(await ask(provider, request(first, user("two", [image(other)]), user("three")))).toBe("ok");
    const bodies = server.requests.map(({ body }) => JSON.stringify(body));
    expect(bodies.map((body) => [body.includes(data(png)), body.includes(data(other))])).toEqual([
      [true, false],
      [true, true],
      [true, false],
      [true, false],
    ]);
  });

  test.each([
    "You uploaded an unsupported image. Please make sure your image is valid.",
    "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png'].",
    "Invalid file 'image': unsupported mimetype ('application/octet-stream').",
    "Image media type not supported: image/webp",
  ])("that cannot read one gets all others: %s", async (message) => {
    await using server = await messagesServer(refuses(400, message), chatAnswer, chatAnswer);
    const provider = createOpenAIProvider({ model: "m", baseURL: `${server.baseURL}/v1` });
    expect(await ask(provider, request(user("one", [image(png)])))).toBe("ok");
    expect(await ask(provider, request(user("one", [image(png)]), user("two", [image(other)])))).toBe("ok");
    const bodies = server.requests.map(({ body }) => JSON.stringify(body));
    expect(bodies.map((body) => [body.includes(data(png)), body.includes(data(other))])).toEqual([
      [true, false],
      [false, false],
      [false, true],
    ]);
  });

  test("that accepted all of them before gets none of them again", async () => {
    await using server = await messagesServer(chatAnswer, refuses(400, "Image has expired"), chatAnswer);
    const provider = createOpenAIProvider({ model: "m", baseURL: `${server.baseURL}/v1` });
    const asked = request(user("one", [image(png)]));
    for (let count = 0; count < 2; count += 1) await ask(provider, asked);
    expect(JSON.stringify(server.requests[2]?.body)).not.toContain(data(png));
  });

  test("of one kind only gets the others", async () => {
    await using server = await messagesServer(refuses(400, "documents are not supported"), answers("ok"));
    const provider = createAnthropicProvider({ model: "m", apiKey: "k", baseURL: server.baseURL });
    // The Messages API words a refusal in the same field.
    await ask(provider, request(question));
    const body = JSON.stringify(server.requests[1]?.body);
    expect([body.includes(data(png)), body.includes(data(pdf))]).toEqual([true, false]);
  });

  test("fails as before where the request has no files, or the reason is another", async () => {
    for (const [message, blocks] of [
      ["image input is not supported", []],
      ["the prompt is bad", [image(png)]],
    ] as const) {
      await using server = await messagesServer(refuses(400, message));
      const provider = createOpenAIProvider({ model: "m", baseURL: `${server.baseURL}/v1` });
      await expect(ask(provider, request(user("hi", [...blocks])))).rejects.toMatchObject({
        code: "MODEL_REJECTED",
      });
      expect(server.requests).toHaveLength(1);
    }
  });

  test("needs a known value of the option", () => {
    for (const { create } of Object.values(dialects)) {
      expect(() => create("http://127.0.0.1:1", "some" as "all")).toThrow(/`files` must be one of/);
    }
  });
});
