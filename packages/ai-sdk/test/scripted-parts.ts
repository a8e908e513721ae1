import type { RunEvent } from "@mini-openclaw/protocol";
import { simulateReadableStream } from "ai";
import { MockLanguageModelV4 } from "ai/test";

export type StreamOptions = Parameters<MockLanguageModelV4["doStream"]>[0];
export type StreamPart =
  Awaited<ReturnType<MockLanguageModelV4["doStream"]>>["stream"] extends ReadableStream<infer Part>
    ? Part
    : never;

const usage = {
  inputTokens: { total: 10, noCache: 6, cacheRead: 3, cacheWrite: 1 },
  outputTokens: { total: 5, text: 5, reasoning: 0 },
};
export const finish = (
  unified: "stop" | "tool-calls" | "length" | "content-filter" | "error",
): StreamPart => ({
  type: "finish",
  finishReason: { unified, raw: unified },
  usage,
});
export const says = (...pieces: string[]): StreamPart[] => [
  { type: "text-start", id: "t" },
  ...pieces.map((delta): StreamPart => ({ type: "text-delta", id: "t", delta })),
  { type: "text-end", id: "t" },
];
export const calls = (toolName: string, toolCallId: string): StreamPart[] => [
  { type: "tool-input-start", id: toolCallId, toolName },
  { type: "tool-input-delta", id: toolCallId, delta: '{"of":' },
  { type: "tool-input-delta", id: toolCallId, delta: '"x"}' },
  { type: "tool-input-end", id: toolCallId },
  { type: "tool-call", toolCallId, toolName, input: '{"of":"x"}' },
];

/** A model that answers a prompt with tool results in text, and others with the first parts. */
export function modelOf(first: StreamPart[], last: StreamPart[] = [...says("Do", "ne."), finish("stop")]) {
  return new MockLanguageModelV4({
    doStream: ({ prompt }: StreamOptions) => {
      const isAnswered = prompt.at(-1)?.role === "tool";
      return Promise.resolve({
        stream: simulateReadableStream({ chunks: isAnswered ? last : first, initialDelayInMs: null }),
      });
    },
  });
}

export const types = (events: readonly RunEvent[]) => events.map(({ type }) => type);
