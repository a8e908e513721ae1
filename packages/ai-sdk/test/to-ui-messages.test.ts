import { type Entry, noUsage, toEntry } from "@mini-openclaw/protocol";
import type { UIMessage } from "ai";
import { safeValidateUIMessages } from "ai";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { RunSource } from "../src/chunks/run-chunks.ts";
import { toUiMessages, type UiMessage } from "../src/index.ts";
import { chunksOf, event, messageOf, recorded } from "./read-chunks.ts";

/** Returns the transcript of recorded events. */
function entriesOf(events: readonly RunSource[]): Entry[] {
  return events.flatMap((one) => ("seq" in one && toEntry(one)) || []);
}

const user = (seq: number, content: string, more: object = {}): Entry => ({
  role: "user",
  seq,
  id: `entry-${seq}`,
  content,
  timestamp: 1,
  runId: `run-${seq}`,
  requestId: `user-${seq}`,
  ...more,
});
const answer = (seq: number, content: string, runId: string, more: object = {}): Entry => ({
  role: "assistant",
  seq,
  id: `entry-${seq}`,
  content,
  timestamp: 1,
  runId,
  ...more,
});
const textsOf = (messages: readonly UiMessage[]) =>
  messages.map(({ parts }) => parts.map((part) => ("text" in part ? part.text : part.type)).join(" "));

test("is assignable to the messages of the AI SDK", () => {
  expectTypeOf<UiMessage>().toExtend<UIMessage>();
});

describe("the messages of a session", () => {
  test("are those that its streams make", async () => {
    const events = recorded([
      event.user("hi"),
      event.start,
      event.thinks("Hm."),
      event.text("Look."),
      event.turn("Look.", "turn-1", {
        blocks: [{ type: "thinking", text: "Hm." }],
        ...event.calls("list", "rm", "mv"),
      }),
      event.toolStart("list"),
      event.toolDone("list", "a"),
      event.toolDone("rm", "Not allowed.", { isError: true, isDenied: true }),
      event.toolStart("mv"),
      event.toolDone("mv", "no such file", { isError: true }),
      event.user("quick", "user-2"),
      { type: "compaction", runId: "run-1", id: "c", content: "Before.", timestamp: 1 },
      event.text("Done.", "turn-2"),
      event.turn("Done.", "turn-2"),
      event.end(),
    ]);
    const streamed = await messageOf(await chunksOf(events));

    const messages = toUiMessages(entriesOf(events));

    expect(messages[0]).toEqual({
      id: "user-1",
      role: "user",
      metadata: { runId: "run-1", seq: 1 },
      parts: [{ type: "text", text: "hi" }],
    });
    expect(messages[1]).toMatchObject({ id: "run-1", metadata: { seq: 15, outcome: "completed" } });
    expect(messages[1]?.parts).toEqual(streamed.parts);
    expect(await safeValidateUIMessages({ messages })).toMatchObject({ success: true });
  });

  test("have no answers that a retry replaced", () => {
    const entries = [
      user(1, "hi"),
      answer(2, "One.", "run-1"),
      answer(5, "Two.", "run-5", { retryOf: "run-1" }),
    ];

    expect(textsOf(toUiMessages(entries))).toEqual(["hi", "step-start Two."]);
  });

  test("say why a run failed, at its answer or else at its question", () => {
    const end = (seq: number, runId: string, more: object = {}): Entry => ({
      ...{ type: "run_end", seq, runId, outcome: "failed", usage: noUsage, timestamp: 1 },
      error: { code: "MODEL_OVERLOADED", message: "The model is busy.", retryable: true },
      ...more,
    });
    const failed = { outcome: "failed", error: { code: "MODEL_OVERLOADED", message: "The model is busy." } };
    const entries = [
      ...[user(1, "hi"), answer(2, "Half", "run-1", { partial: "interrupted" }), end(3, "run-1")],
      ...[user(4, "and?"), end(5, "run-4", { outcome: "aborted" }), end(6, "run-6", { retryOf: "run-4" })],
      // Entries that another program has written.
      ...[end(7, "run-7", { retryOf: "run-8" }), end(8, "run-8", { retryOf: "run-7" }), end(9, "run-9")],
    ];

    const [question, half, unanswered, ...others] = toUiMessages(entries);

    expect(question?.metadata).toEqual({ runId: "run-1", seq: 1 });
    expect(half?.metadata).toEqual({ runId: "run-1", seq: 3, usage: noUsage, ...failed });
    expect(unanswered?.metadata).toEqual({ runId: "run-4", seq: 4, usage: noUsage, ...failed });
    expect(others).toEqual([]);
  });

  test("have no messages that an edit replaced, and the edited one under its first id", () => {
    const entries = [
      user(1, "hi"),
      answer(2, "One.", "run-1"),
      user(5, "hello", { editOf: "entry-1", requestId: "user-1:request" }),
      answer(6, "Two.", "run-5"),
    ];
    const messages = toUiMessages(entries);

    expect(textsOf(messages)).toEqual(["hello", "step-start Two."]);
    expect(messages[0]?.id).toBe("user-1");
  });

  test("have the files of a message, and those with an address", () => {
    const image = { type: "image", mediaType: "image/png", name: "a.png", data: "AAAA" };
    const blob = { type: "document", mediaType: "application/pdf", blob: "b1", bytes: 3 };
    const text = { type: "text", text: "look" };
    const entries = [user(1, "look\n[image: a.png]", { blocks: [image, blob, text] })];

    const [message] = toUiMessages(entries, { fileUrl: (file) => `/files/${file.blob}` });

    expect(message?.parts).toEqual([
      { type: "text", text: "look" },
      { type: "file", mediaType: "image/png", filename: "a.png", url: "data:image/png;base64,AAAA" },
      { type: "file", mediaType: "application/pdf", url: "/files/b1" },
    ]);
    expect(toUiMessages(entries)[0]?.parts).toHaveLength(2);
  });

  test("have the calls of legacy files, with their results beside them", () => {
    const toolCalls = [{ toolName: "list", input: {}, output: "a" }];
    const entries = [
      { ...user(1, "a"), requestId: undefined } as unknown as Entry,
      answer(2, "", "run-1", { runId: undefined, toolCalls }),
      { role: "system", seq: 3, id: "s", content: "A note.", timestamp: 1 } as Entry,
    ];
    const messages = toUiMessages(entries);

    expect(messages.map(({ id }) => id)).toEqual(["entry-1", "entry-2"]);
    expect(messages[1]?.parts[1]).toMatchObject({ toolCallId: "entry-2:0", state: "output-available" });
  });

  test("have a call that has no result yet, and a result without its call", () => {
    const toolCalls = [{ callId: "c", toolName: "list", input: {} }];
    const result = { role: "tool", callId: "d", toolName: "rm", content: "", isError: false, timestamp: 1 };
    const entries = [
      answer(2, "", "run-1", { toolCalls }),
      { ...result, seq: 3, id: "e", runId: "run-1" } as Entry,
    ];

    expect(toUiMessages(entries)[0]?.parts.slice(1)).toMatchObject([
      { toolCallId: "c", state: "input-available" },
      { toolCallId: "d", state: "output-available" },
    ]);
  });

  test("have the cost of their runs", () => {
    const end = { type: "run_end", seq: 3, runId: "run-1", outcome: "aborted", usage: noUsage, costUsd: 2 };
    const entries = [answer(2, "a", "run-1"), { ...end, timestamp: 1 } as Entry];

    expect(toUiMessages(entries)[0]?.metadata).toEqual({
      runId: "run-1",
      seq: 3,
      outcome: "aborted",
      usage: noUsage,
      costUsd: 2,
    });
  });
});
