import { Chat } from "@ai-sdk/react";
import type { RunEvent } from "@mini-openclaw/protocol";
import { createUIMessageStreamResponse, DefaultChatTransport, type UIMessage, type UIMessageChunk } from "ai";
import { expect, test } from "vitest";
import { createUiMessageStream, type UiChunk } from "../src/index.ts";
import { newest, textOf } from "./chat-gateway.ts";
import { event } from "./read-chunks.ts";

async function* runOf(events: readonly RunEvent[], onReturn = () => {}): AsyncGenerator<RunEvent> {
  try {
    for (const one of events) yield await Promise.resolve(one);
  } finally {
    onReturn();
  }
}

async function read(stream: ReadableStream<UiChunk>): Promise<UiChunk[]> {
  const chunks: UiChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

test("streams a run of an agent to a chat, without a gateway", async () => {
  const events = [event.start, event.text("Hel"), event.text("lo."), event.turn("Hello."), event.end()];
  const fetchAnswer = () =>
    Promise.resolve(
      createUIMessageStreamResponse({
        stream: createUiMessageStream(runOf(events)) as ReadableStream<UIMessageChunk>,
      }),
    );
  const chat = new Chat<UIMessage>({ transport: new DefaultChatTransport({ fetch: fetchAnswer }) });

  await chat.sendMessage({ text: "hi" });

  expect(textOf(newest(chat))).toBe("Hello.");
  expect(newest(chat)?.metadata).toMatchObject({ runId: "run-1", outcome: "completed" });
});

test("does not end before its run where the run waits for a user", async () => {
  const turn = event.turn("", "turn-1", event.calls("rm"));
  const done = event.toolDone("rm", "gone");
  const events = [event.start, turn, event.asks("rm"), event.decided("rm", "once"), done, event.end()];

  const chunks = await read(createUiMessageStream(runOf(events)));

  expect(chunks.filter(({ type }) => type === "finish")).toHaveLength(1);
});

test("pulls the run as it is read, and ends its iteration when it is cancelled", async () => {
  let isReturned = false;
  const events = [event.start, event.text("a"), event.text("b"), event.text("c")];
  const stream = createUiMessageStream(runOf(events, () => (isReturned = true)));
  const reader = stream.getReader();
  await reader.read();

  await reader.cancel();

  expect(isReturned).toBe(true);
});

test("ends with a run that has no end, and fails with one that throws", async () => {
  async function* failing(): AsyncGenerator<RunEvent> {
    yield await Promise.resolve(event.start);
    throw new Error("no");
  }

  expect((await read(createUiMessageStream(runOf([event.start])))).map(({ type }) => type)).toEqual([
    "start",
  ]);
  await expect(read(createUiMessageStream(failing()))).rejects.toThrow("no");
});
