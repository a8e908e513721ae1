import type { SessionEvent } from "@mini-openclaw/protocol";
import { describe, expect, test } from "vitest";
import { answerOf, currentRun, emptyChat, isThinking, submitMessage } from "../page/chat.ts";
import { nextChat } from "../page/fold.ts";
import { connected, fold, numbered, run, shown, usage } from "./events.ts";

const call = { callId: "c1", toolName: "bash", input: { command: "ls" } };
const user: SessionEvent = { type: "user_message", id: "u1", content: "files?", requestId: "m1", ...run };
const aboutToLook: SessionEvent = {
  type: "assistant_message",
  id: "a1",
  content: "Look.",
  toolCalls: [call],
  ...run,
};
const toolRun: readonly SessionEvent[] = [
  user,
  { type: "run_start", ...run },
  { type: "chunk", runId: "run-1", messageId: "a1", content: "Lo" },
  { type: "chunk", runId: "run-1", messageId: "a1", content: "ok." },
  aboutToLook,
  { type: "tool_start", runId: "run-1", ...call },
  { type: "tool_output", runId: "run-1", callId: "c1", content: "a.t" },
  { type: "tool_done", id: "t1", callId: "c1", toolName: "bash", output: "a.txt", isError: false, ...run },
  { type: "chunk", runId: "run-1", messageId: "a2", content: "One file." },
  { type: "assistant_message", id: "a2", content: "One file.", ...run },
  { type: "message_done", runId: "run-1", content: "Look.One file." },
  { type: "run_end", outcome: "completed", usage, ...run },
];

// row 33.a–d
test("shows a run with a tool, step by step", () => {
  const steps = toolRun.map((_, index) => shown(fold(connected(), ...numbered(toolRun.slice(0, index + 1)))));

  const looked = ["user: files?", "assistant: Look."];
  const done = [...looked, 'bash {"command":"ls"} done: a.txt'];
  expect(steps).toEqual([
    ["user: files?"],
    ["user: files?"],
    ["user: files?", "assistant (streaming): Lo"],
    ["user: files?", "assistant (streaming): Look."],
    [...looked, 'bash {"command":"ls"} called: '],
    [...looked, 'bash {"command":"ls"} running: '],
    [...looked, 'bash {"command":"ls"} running: a.t'],
    done,
    [...done, "assistant (streaming): One file."],
    [...done, "assistant: One file."],
    [...done, "assistant: One file."],
    [...done, "assistant: One file."],
  ]);
});

test("knows when the model is thinking, and which run Stop stops", () => {
  const steps = toolRun.map((_, index) => fold(connected(), ...numbered(toolRun.slice(0, index + 1))));

  expect(steps.map(isThinking)).toEqual([
    true, // The user message is there, nothing else.
    true,
    false, // Text streams.
    false,
    false, // A tool was called,
    false, // and runs.
    false,
    true, // Its result is with the model.
    false,
    true, // The turn is over; another may follow.
    true,
    false,
  ]);
  expect(steps.map(currentRun)).toEqual([...toolRun.slice(1).map(() => "run-1"), undefined]);
});

test("drops an event that it has seen, and events of other sessions", () => {
  const chat = fold(connected(), ...numbered(toolRun.slice(0, 4)));

  const again = numbered(toolRun.slice(0, 4)).reduce(nextChat, chat);
  const foreign = nextChat(chat, {
    ...{ type: "chunk", runId: "run-9", messageId: "a1", content: "!" },
    sessionId: "other",
    seq: 99,
  });

  expect(again).toBe(chat);
  expect(foreign).toBe(chat);
});

test("keeps every other item as it is when a chunk comes", () => {
  const before = fold(connected(), ...numbered(toolRun.slice(0, 9)));
  const after = nextChat(before, {
    ...{ type: "chunk", runId: "run-1", messageId: "a2", content: " More." },
    sessionId: "s",
    seq: 10,
  });

  expect(after.items.map((item, index) => item === before.items[index])).toEqual([true, true, true, false]);
});

test("drops a chunk of a message that is complete", () => {
  const chat = fold(
    connected(),
    ...numbered([aboutToLook, { type: "chunk", runId: "run-1", messageId: "a1", content: "late" }]),
  );

  expect(shown(chat)).toEqual(["assistant: Look.", 'bash {"command":"ls"} called: ']);
});

test("keeps thinking apart from the answer", () => {
  const chat = fold(
    connected(),
    ...numbered([
      { type: "run_start", ...run },
      { type: "thinking", runId: "run-1", messageId: "a1", content: "Hm" },
      { type: "thinking", runId: "run-1", messageId: "a1", content: "." },
      { type: "chunk", runId: "run-1", messageId: "a1", content: "Yes." },
    ]),
  );

  expect(chat.items).toMatchObject([{ thinking: "Hm.", content: "Yes." }]);
});

test("shows no empty message for a turn that only calls tools", () => {
  const silent: SessionEvent = {
    type: "assistant_message",
    id: "a1",
    content: "",
    toolCalls: [call],
    ...run,
  };

  expect(shown(fold(connected(), ...numbered([user, silent])))).toEqual([
    "user: files?",
    'bash {"command":"ls"} called: ',
  ]);
});

describe("the end of a run", () => {
  const partial: SessionEvent = {
    type: "assistant_message",
    id: "a1",
    content: "Lo",
    partial: "aborted",
    ...run,
  };
  const failed: SessionEvent = {
    ...{ type: "error", runId: "run-1", code: "MODEL_OVERLOADED", message: "busy", retryable: true },
  };

  test.each<[string, SessionEvent[], string[]]>([
    ["says that it was stopped before it said anything", [end("aborted")], ["outcome: aborted"]],
    ["marks what it had said when it was stopped", [partial, end("aborted")], ["assistant: Lo [aborted]"]],
    ["says why it failed, once", [failed, end("failed")], ["error MODEL_OVERLOADED: busy"]],
    ["says that it failed when nobody said why", [end("failed")], ["outcome: failed"]],
    ["names every other outcome", [end("max_rounds")], ["outcome: max_rounds"]],
    [
      "leaves nothing running",
      [{ type: "tool_start", runId: "run-1", ...call }, end("interrupted")],
      ['bash {"command":"ls"} failed: ', "outcome: interrupted"],
    ],
    [
      "ends a message whose last words never came",
      [
        { type: "run_start", ...run },
        { type: "chunk", runId: "run-1", messageId: "a1", content: "Lo" },
        end("completed"),
      ],
      ["assistant: Lo"],
    ],
  ])("%s", (_, events, expected) => {
    const chat = fold(connected(), ...numbered(events));

    expect(shown(chat)).toEqual(expected);
    expect(chat.activeRuns).toEqual([]);
  });
});

test("shows a retry until the model answers", () => {
  const retry: SessionEvent = {
    type: "retry",
    runId: "run-1",
    attempt: 1,
    delayMs: 500,
    code: "MODEL_OVERLOADED",
  };
  const chunk: SessionEvent = { type: "chunk", runId: "run-1", messageId: "a1", content: "Hi" };

  expect(shown(fold(connected(), ...numbered([retry])))).toEqual(["retry 1: MODEL_OVERLOADED"]);
  expect(shown(fold(connected(), ...numbered([retry, chunk])))).toEqual(["assistant (streaming): Hi"]);
});

describe("a message on its way", () => {
  const sending = submitMessage(fold(connected()), { id: "m1", content: "files?" });

  test("is shown as sent, then accepted, then as what the session recorded", () => {
    const accepted = nextChat(sending, {
      type: "ack",
      replyTo: "m1",
      sessionId: "s",
      runId: "run-1",
      position: 0,
    });
    const recorded = numbered([user]).reduce(nextChat, accepted);

    expect([sending, accepted, recorded].map(shown)).toEqual([
      ["sending: files?"],
      ["accepted: files?"],
      ["user: files?"],
    ]);
  });

  test("is recognised when its user message comes before its ack", () => {
    const recorded = numbered([user]).reduce(nextChat, sending);
    const acknowledged = nextChat(recorded, {
      ...{ type: "ack", replyTo: "m1", sessionId: "s", runId: "run-1", position: 0 },
    });

    expect(shown(acknowledged)).toEqual(["user: files?"]);
  });

  test("waits in the queue, as those of other clients do, until its run begins", () => {
    const queued = numbered([
      { type: "message_queued", content: "theirs", requestId: "x1", runId: "run-0", timestamp: 1 },
      { type: "message_queued", content: "files?", requestId: "m1", runId: "run-1", timestamp: 1 },
    ]).reduce(nextChat, sending);
    const begun = numbered([user], 3).reduce(nextChat, queued);

    expect(shown(queued)).toEqual(["queued: theirs", "queued: files?"]);
    expect(shown(begun)).toEqual(["user: files?", "queued: theirs"]);
  });

  test("stays, with the reason, when it is refused", () => {
    const refusal = {
      type: "error",
      code: "QUEUE_FULL",
      message: "full",
      retryable: true,
      replyTo: "m1",
    } as const;

    expect(nextChat(sending, refusal).waiting).toMatchObject([
      { phase: "refused", refusal: { code: "QUEUE_FULL", message: "full" } },
    ]);
  });

  test("goes along when the gateway names another session", () => {
    expect(shown(nextChat(sending, connected("other")))).toEqual(["sending: files?"]);
    expect(nextChat(sending, connected("other")).sessionId).toBe("other");
  });
});

test("forgets what ran when the connection comes back, and marks where a piece may be missing", () => {
  const streaming = fold(connected(), ...numbered(toolRun.slice(0, 3)));
  const back = nextChat(streaming, connected());
  // The gateway gave this number before: it had lost its newest ones.
  const chunk: SessionEvent = { type: "chunk", runId: "run-1", messageId: "a1", content: "there." };
  const after = numbered([chunk], 2).reduce(nextChat, back);

  expect(back.activeRuns).toEqual([]);
  expect(shown(after)).toEqual(["user: files?", "assistant (streaming): Lo\n\n…\n\nthere."]);
  expect(after.activeRuns).toEqual(["run-1"]);
});

test("marks the beginning that a page which came late has missed, until the message is complete", () => {
  const late: SessionEvent = { type: "chunk", runId: "run-1", messageId: "a2", content: "file." };
  const complete: SessionEvent = { type: "assistant_message", id: "a2", content: "One file.", ...run };

  expect(shown(fold(connected(), ...numbered([late], 9)))).toEqual(["assistant (streaming): … file."]);
  expect(shown(fold(connected(), ...numbered([late, complete], 9)))).toEqual(["assistant: One file."]);
});

test("shows an error that answers no message", () => {
  const chat = nextChat(fold(connected()), {
    ...{ type: "error", code: "STORE_FAILED", message: "no", retryable: true, replyTo: "h1" },
  });

  expect(shown(chat)).toEqual(["error STORE_FAILED: no"]);
});

test("takes a run that cannot be stopped for one that has ended", () => {
  const running = { ...fold(connected(), ...numbered(toolRun.slice(0, 2))), stopping: "run-1" };
  const chat = nextChat(running, { type: "error", code: "RUN_NOT_FOUND", message: "none", retryable: false });

  expect([chat.activeRuns, chat.stopping, shown(chat)]).toEqual([[], undefined, ["user: files?"]]);
});

test("gives the last text of a run, to be read out", () => {
  const chat = fold(connected(), ...numbered(toolRun));

  expect(answerOf(chat, "run-1")).toBe("One file.");
  expect(answerOf(emptyChat, "run-1")).toBe("");
});

function end(outcome: "aborted" | "failed" | "max_rounds" | "interrupted" | "completed"): SessionEvent {
  return { type: "run_end", outcome, usage, ...run };
}
