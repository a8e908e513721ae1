import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import type { RunEvent } from "@mini-openclaw/protocol";
import { simulateReadableStream, ToolLoopAgent, type UIMessage } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { describe, expect, test } from "vitest";
import { createUiMessageStream, fromAiSdk, fromLangGraph, type UiChunk } from "../src/index.ts";
import { chatGateway } from "./chat-gateway.ts";
import { run } from "./run-agent.ts";

type StreamPart =
  Awaited<ReturnType<MockLanguageModelV4["doStream"]>>["stream"] extends ReadableStream<infer Part>
    ? Part
    : never;

/** Returns the first bytes of a PNG and others, in base64. */
function png(bytes: number): string {
  const head = Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1");
  return Buffer.concat([head, Buffer.alloc(bytes)]).toString("base64");
}
const small = png(100);
const large = png(20_000);

const file = (mediaType: string, data: string, type: "file" | "reasoning-file" = "file"): StreamPart => ({
  type,
  mediaType,
  data: { type: "data", data },
});
const says = (delta: string): StreamPart[] => [
  { type: "text-start", id: "t" },
  { type: "text-delta", id: "t", delta },
  { type: "text-end", id: "t" },
];
const finish: StreamPart = {
  type: "finish",
  finishReason: { unified: "stop", raw: "stop" },
  usage: {
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
  },
};

/** A model that answers with the parts. */
function modelOf(...parts: StreamPart[]) {
  return new MockLanguageModelV4({
    doStream: () => {
      const stream = simulateReadableStream({ chunks: [...parts, finish], initialDelayInMs: null });
      return Promise.resolve({ stream });
    },
  });
}
const agentOf = (model: MockLanguageModelV4) => fromAiSdk(new ToolLoopAgent({ model }));

const answersOf = (events: readonly RunEvent[]) =>
  events.flatMap((event) => (event.type === "assistant_message" ? [event] : []));
const shownParts = (message: UIMessage | undefined) =>
  message?.parts.filter(({ type }) => type === "text" || type === "file");

describe("a file that a model of the AI SDK gives", () => {
  const parts = [...says("Two cats."), file("image/png", small), file("image/png", large)];

  test.each(["socket", "HTTP"])("is shown over %s, by the history and to the model later", async (over) => {
    const model = modelOf(...parts);
    await using gateway = await chatGateway(agentOf(model), { dialect: { replayMs: 60_000 } });
    const open = over === "HTTP" ? gateway.httpChat : gateway.chat;
    const chat = open();

    await chat.sendMessage({ text: "draw" });
    const shown = chat.messages[1];
    const history = (await (await fetch(`${gateway.api}/chat-1`)).json()) as UIMessage[];
    const addresses = shown?.parts.flatMap((part) => (part.type === "file" ? [part.url] : [])) ?? [];
    const blob = await fetch(`http://127.0.0.1:${gateway.port}${addresses[1]}`);
    await chat.sendMessage({ text: "again" });

    expect(shownParts(shown)).toEqual([
      { type: "text", text: "Two cats.", state: "done" },
      { type: "file", mediaType: "image/png", url: `data:image/png;base64,${small}` },
      { type: "file", mediaType: "image/png", url: expect.stringMatching(/^\/sessions\/.+\/blobs\/\w{64}$/) },
    ]);
    expect(shownParts(history[1])).toEqual(shownParts(shown));
    expect(Buffer.from(await blob.arrayBuffer()).toString("base64")).toBe(large);
    expect(model.doStreamCalls[1]?.prompt[1]).toMatchObject({
      role: "assistant",
      content: [
        { type: "text", text: "Two cats." },
        { type: "file", mediaType: "image/png", data: { data: small } },
        { type: "file", mediaType: "image/png", data: { data: large } },
      ],
    });
  });

  test("is kept also if it is a part of the reasoning", async () => {
    const agent = agentOf(modelOf(file("image/png", small, "reasoning-file"), ...says("A cat.")));

    const [answer] = answersOf(await run(agent));

    expect(answer?.blocks).toEqual([
      { type: "text", text: "A cat." },
      { type: "image", mediaType: "image/png", data: small },
    ]);
  });

  test("is shown again to a client that resumes", async () => {
    await using gateway = await chatGateway(agentOf(modelOf(...parts)), { dialect: { replayMs: 60_000 } });
    const [chat, other] = [gateway.chat(), gateway.chat()];
    await chat.sendMessage({ text: "draw" });

    await other.resumeStream();

    expect(shownParts(other.messages[0])).toEqual(shownParts(chat.messages[1]));
  });

  test("is described in the text for other clients", async () => {
    const [answer] = answersOf(await run(agentOf(modelOf(...parts))));

    expect(answer?.content).toBe("Two cats.\n[image: image/png, 116 bytes]\n[image: image/png, 20 kB]");
  });

  test("is streamed without a gateway, as a data URL", async () => {
    const { signal } = new AbortController();
    const messages = [{ role: "user", content: "draw", timestamp: 1 }] as const;
    const agent = agentOf(modelOf(file("image/png", large)));
    const stream = createUiMessageStream(agent.run({ sessionId: "s", runId: "run-1", messages, signal }));
    const chunks: UiChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);

    expect(chunks.filter(({ type }) => type === "file")).toEqual([
      { type: "file", mediaType: "image/png", url: `data:image/png;base64,${large}` },
    ]);
    expect(chunks.some(({ type }) => type === "text-start")).toBe(false);
  });

  test("becomes a line that has the reason where it cannot be kept", async () => {
    const [answer] = answersOf(await run(agentOf(modelOf(...says("Listen."), file("audio/mp3", "AAAA")))));

    expect(answer?.content).toMatch(
      /^Listen\.\n\[a file was left out: `files\[0\]\.mediaType` must be one of /,
    );
    expect(answer?.blocks).toBeUndefined();
  });

  test("is kept by a run that was aborted after the file", async () => {
    const stop = new AbortController();
    const model = new MockLanguageModelV4({
      doStream: () =>
        Promise.resolve({
          stream: new ReadableStream<StreamPart>({
            start(controller) {
              for (const part of [file("image/png", small), ...says("Now").slice(0, 2)])
                controller.enqueue(part);
            },
          }),
        }),
    });
    const messages = [{ role: "user", content: "draw", timestamp: 1 }] as const;
    const events: RunEvent[] = [];
    const input = { sessionId: "s", runId: "run-1", messages, signal: stop.signal };
    for await (const event of agentOf(model).run(input)) {
      events.push(event);
      if (event.type === "chunk") stop.abort();
    }

    expect(answersOf(events)).toMatchObject([
      {
        partial: "aborted",
        blocks: [
          { type: "text", text: "Now" },
          { type: "image", data: small },
        ],
      },
    ]);
    expect(events.at(-1)).toMatchObject({ type: "run_end", outcome: "aborted" });
  });
});

describe("a file that a graph gives", () => {
  const graphOf = (content: unknown[]) =>
    fromLangGraph(
      new StateGraph(MessagesAnnotation)
        .addNode("draw", (): { messages: BaseMessage[] } => ({
          messages: [new AIMessage({ content: content as [] })],
        }))
        .addEdge(START, "draw")
        .addEdge("draw", END)
        .compile(),
    );
  const text = { type: "text", text: "A cat." };
  const image = { type: "image", mediaType: "image/png", data: small };
  const pdf = Buffer.from("%PDF-1.7");

  test.each([
    ["a content block", { type: "image", mimeType: "image/png", data: small }, image],
    [
      "a named block of bytes",
      {
        type: "file",
        mimeType: "application/pdf",
        data: new Uint8Array(pdf),
        metadata: { filename: "a.pdf" },
      },
      { type: "document", mediaType: "application/pdf", data: pdf.toString("base64"), name: "a.pdf" },
    ],
    [
      "a block before 1.0",
      { type: "image", source_type: "base64", mime_type: "image/png", data: small },
      image,
    ],
    ["a data URL", { type: "image_url", image_url: { url: `data:image/png;base64,${small}` } }, image],
    ["a bare data URL", { type: "image_url", image_url: `data:image/png;base64,${small}` }, image],
    ["inline data", { type: "inlineData", inlineData: { mimeType: "image/png", data: small } }, image],
  ])("is a block of the answer: %s", async (_name, block, kept) => {
    const [answer] = answersOf(await run(graphOf([text, block])));

    expect(answer?.blocks).toEqual([{ type: "text", text: "A cat." }, kept]);
    expect(answer?.content).toMatch(/^A cat\.\n\[(?:image|document): /);
  });

  test.each([
    ["image", { type: "image", url: "https://example.com/a.png" }],
    ["image", { type: "image_url", image_url: { url: "https://example.com/a.png" } }],
  ])("is a line with its address where it has no bytes: %s", async (_type, block) => {
    const [answer] = answersOf(await run(graphOf([text, block, { type: "image", fileId: "f1" }])));

    expect(answer?.content).toBe("A cat.\n[image: https://example.com/a.png]");
    expect(answer?.blocks).toBeUndefined();
  });
});
