import type { LiveEvent, NumberedEvent, RecordedEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { joinChunks } from "../src/watch/join-chunks.ts";

async function* recorded(events: readonly LiveEvent[]): AsyncGenerator<RecordedEvent> {
  for (const [index, one] of events.entries()) {
    const event = { ...one, sessionId: "s", seq: index + 1 };
    yield { event, json: JSON.stringify(event) };
  }
}

async function joined(...events: LiveEvent[]): Promise<NumberedEvent[]> {
  const result: NumberedEvent[] = [];
  for await (const { event, json } of joinChunks(recorded(events))) {
    expect(JSON.parse(json)).toEqual(event);
    result.push(event);
  }
  return result;
}

function piece(content: string, messageId = "m1", type: "chunk" | "thinking" = "chunk") {
  return { type, runId: "r", messageId, content };
}

test("pieces of one text become one, with the number of the last and that of the first", async () => {
  expect(await joined(piece("Hel"), piece("lo"), piece("!"))).toEqual([
    { ...piece("Hello!"), sessionId: "s", seq: 3, firstSeq: 1 },
  ]);
});

test("a piece that stands alone stays as it is", async () => {
  expect(await joined(piece("Hello"))).toEqual([{ ...piece("Hello"), sessionId: "s", seq: 1 }]);
});

test("thinking, other messages and other events stand between", async () => {
  const start = { type: "tool_start", runId: "r", callId: "c", toolName: "bash", input: {} } as const;
  const events = await joined(
    piece("a", "m1", "thinking"),
    piece("b", "m1", "thinking"),
    piece("c"),
    piece("d"),
    start,
    piece("e"),
    piece("f", "m2"),
  );

  expect(events.map((event) => [event.type, "content" in event && event.content, event.seq])).toEqual([
    ["thinking", "ab", 2],
    ["chunk", "cd", 4],
    ["tool_start", false, 5],
    ["chunk", "e", 6],
    ["chunk", "f", 7],
  ]);
});

test("pieces of one call's input become one, and calls and texts stay apart", async () => {
  const input = (content: string, callId: string, messageId = "m1"): LiveEvent => ({
    ...{ type: "tool_input", runId: "r", messageId, callId, toolName: "bash" },
    content,
  });
  const events = await joined(
    piece("a"),
    input("{", "c1"),
    input("}", "c1"),
    input("[", "c2"),
    input("]", "c2"),
    input("{", "c2", "m2"),
    piece("b", "m2"),
  );

  expect(events.map((event) => ["content" in event && event.content, event.seq])).toEqual([
    ["a", 1],
    ["{}", 3],
    ["[]", 5],
    ["{", 6],
    ["b", 7],
  ]);
  expect(events[1]).toEqual({ ...input("{}", "c1"), sessionId: "s", seq: 3, firstSeq: 2 });
});

test("a joined piece has at most 65,536 characters; a larger one stays whole", async () => {
  const kibibyte = "x".repeat(1024);
  const events = await joined(
    piece("y".repeat(70_000)),
    ...Array.from({ length: 100 }, () => piece(kibibyte)),
  );

  expect(events.map((event) => "content" in event && [event.content.length, event.seq])).toEqual([
    [70_000, 1],
    [65_536, 65],
    [36 * 1024, 101],
  ]);
});
