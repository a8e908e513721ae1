import type { HistoryEvent, MessageEntry, SessionEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { submitMessage } from "../page/chat.ts";
import { nextChat } from "../page/fold.ts";
import { connected, fold, numbered, run, shown } from "./events.ts";

const call = { callId: "c1", toolName: "bash", input: { command: "ls" } };
const user: MessageEntry = { role: "user", seq: 1, id: "u1", content: "files?", requestId: "m1", ...run };
const asks: MessageEntry = {
  role: "assistant",
  seq: 5,
  id: "a1",
  content: "Look.",
  toolCalls: [call],
  ...run,
};
const result: MessageEntry = {
  ...{ role: "tool", seq: 8, id: "t1", callId: "c1", toolName: "bash", content: "a.txt", isError: false },
  ...run,
};
const answer: MessageEntry = { role: "assistant", seq: 10, id: "a2", content: "One file.", ...run };

function history(messages: MessageEntry[], hasMore = false): HistoryEvent {
  return { type: "history", sessionId: "s", messages, hasMore };
}

test("shows the messages of the transcript", () => {
  const chat = fold(connected(), history([user, asks, result, answer]));

  expect(shown(chat)).toEqual([
    "user: files?",
    "assistant: Look.",
    'bash {"command":"ls"} done: a.txt',
    "assistant: One file.",
  ]);
  expect([chat.oldestSeq, chat.hasMore, chat.activeRuns]).toEqual([1, false, []]);
});

// row 33.h
test("shows messages that the tutorial's code wrote: without run, with the result beside the call", () => {
  const chat = fold(
    connected(),
    history([
      { role: "user", seq: 1, id: "l1", content: "files?", timestamp: 1 },
      {
        ...{ role: "assistant", seq: 2, id: "l2", content: "One.", timestamp: 2 },
        toolCalls: [{ toolName: "bash", input: { command: "ls" }, output: "a.txt" }],
      },
    ]),
  );

  expect(shown(chat)).toEqual(["user: files?", "assistant: One.", 'bash {"command":"ls"} done: a.txt']);
});

test("leaves out what is said to the model only", () => {
  const system: MessageEntry = { role: "system", seq: 2, id: "y1", content: "Be kind.", timestamp: 1 };

  expect(shown(fold(connected(), history([user, system])))).toEqual(["user: files?"]);
});

test("takes a call without a result for a run that goes on", () => {
  expect(fold(connected(), history([user, asks])).activeRuns).toEqual(["run-1"]);
});

test("joins with events that came before it, whatever the order", () => {
  const live: SessionEvent[] = [
    { type: "tool_start", runId: "run-1", ...call },
    { type: "tool_done", id: "t1", callId: "c1", toolName: "bash", output: "a.txt", isError: false, ...run },
    { type: "chunk", runId: "run-1", messageId: "a2", content: "One" },
  ];
  const chat = fold(connected(), ...numbered(live, 6), history([user, asks]));

  expect(shown(chat)).toEqual([
    "user: files?",
    "assistant: Look.",
    'bash {"command":"ls"} done: a.txt',
    "assistant (streaming): One",
  ]);
});

test("replaces what had streamed before the connection broke", () => {
  const chunk: SessionEvent = { type: "chunk", runId: "run-1", messageId: "a2", content: "One" };
  const chat = fold(connected(), ...numbered([chunk], 9), connected(), history([user, asks, result, answer]));

  expect(shown(chat).at(-1)).toBe("assistant: One file.");
  expect(chat.activeRuns).toEqual([]);
});

test("puts earlier messages before the others, and gives a result its call", () => {
  const chat = fold(connected(), history([result, answer], true), history([user, asks]));

  expect(shown(chat)).toEqual([
    "user: files?",
    "assistant: Look.",
    'bash {"command":"ls"} done: a.txt',
    "assistant: One file.",
  ]);
  expect([chat.oldestSeq, chat.hasMore]).toEqual([1, false]);
});

test("keeps earlier messages when the newest are loaded again", () => {
  const chat = fold(
    connected(),
    history([user, asks], true),
    connected(),
    history([asks, result, answer], true),
  );

  expect(shown(chat)).toHaveLength(4);
  expect([chat.oldestSeq, chat.hasMore]).toEqual([1, true]);
});

test("drops what stands before a gap that one answer could not fill", () => {
  const chat = fold(connected(), history([user]), connected(), history([answer], true));

  expect(shown(chat)).toEqual(["assistant: One file."]);
  expect([chat.oldestSeq, chat.hasMore]).toEqual([10, true]);
});

test("finds a message that was sent before the connection broke", () => {
  const sending = submitMessage(fold(connected()), { id: "m1", content: "files?" });

  expect(shown([connected(), history([user])].reduce(nextChat, sending))).toEqual(["user: files?"]);
});

test("ignores the history of another session", () => {
  expect(shown(fold(connected(), { ...history([user]), sessionId: "other" }))).toEqual([]);
});
