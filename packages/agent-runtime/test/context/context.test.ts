import type { Message } from "@mini-openclaw/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildContext } from "../../src/context/context.ts";

const user = (content: string): Message => ({ role: "user", content, timestamp: 1 });
const says = (content: string): Message => ({ role: "assistant", content, timestamp: 2 });
const calls = (...ids: string[]): Message => ({
  role: "assistant",
  content: "",
  timestamp: 2,
  toolCalls: ids.map((callId) => ({ callId, toolName: "t", input: {} })),
});
const result = (callId: string, content = `result of ${callId}`): Message => ({
  role: "tool",
  callId,
  toolName: "t",
  content,
  isError: false,
  timestamp: 3,
});
const lost = (callId: string): Message => ({
  role: "tool",
  callId,
  toolName: "t",
  content: "[interrupted: the tool call has no result]",
  isError: true,
  timestamp: 2,
});

const refusal = (): Message => ({ ...says(""), stopReason: "refusal" }) as Message;
const ofRun = (runId: string, message: Message): Message => Object.assign({ runId }, message);

describe("the last messages", () => {
  test.each([
    ["all of a short session", [user("1"), says("2"), user("3")], 3, [user("1"), says("2"), user("3")]],
    ["the newest of a long one", [user("1"), says("2"), user("3")], 1, [user("3")]],
    [
      "with the question that an answer belongs to",
      [user("0"), user("1"), calls("a"), result("a"), says("2"), user("3")],
      2,
      [user("1"), says("2"), user("3")],
    ],
    [
      "without results whose call is cut off",
      [user("1"), calls("a", "b"), result("a"), result("b"), says("2"), user("3")],
      4,
      [user("1"), says("2"), user("3")],
    ],
    [
      "from a call on, with its results",
      [user("1"), calls("a", "b"), result("a"), result("b"), says("2"), user("3")],
      5,
      [user("1"), calls("a", "b"), result("a"), result("b"), says("2"), user("3")],
    ],
  ])("%s", (_, messages, maxMessages, expected) => {
    expect(buildContext(messages, maxMessages)).toEqual(expected);
  });
});

// mistake 4 of the tutorial
describe("repairs", () => {
  test.each([
    ["a call without a result gets one", [calls("a"), user("1")], [calls("a"), lost("a"), user("1")]],
    [
      "a result that comes too late is made up, and the late one left out",
      [calls("a"), user("1"), result("a")],
      [calls("a"), lost("a"), user("1")],
    ],
    ["a result without a call is left out", [user("1"), result("x")], [user("1")]],
    [
      "a second result is left out",
      [calls("a"), result("a", "1"), result("a", "2")],
      [calls("a"), result("a", "1")],
    ],
    [
      "results come in the order of their calls",
      [calls("a", "b"), result("b"), result("a")],
      [calls("a", "b"), result("a"), result("b")],
    ],
    [
      "a call under an id of before gets another, with its result",
      [calls("a"), result("a", "1"), user("u"), calls("a"), result("a", "2")],
      [calls("a"), result("a", "1"), user("u"), calls("a_2"), result("a_2", "2")],
    ],
    [
      "two calls under one id get two",
      [calls("a", "a"), result("a")],
      [calls("a", "a_2"), result("a"), lost("a_2")],
    ],
    ["a call without an id gets one", [calls(""), user("u")], [calls("call"), lost("call"), user("u")]],
    ["an empty answer is left out", [user("1"), says(" \n"), user("2")], [user("1"), user("2")]],
    [
      "an answer that was refused is left out with its question and its calls",
      [user("0"), says("ok"), user("1"), { ...calls("a"), stopReason: "refusal" } as Message, user("2")],
      [user("0"), says("ok"), user("2")],
    ],
    [
      "a run that ended in a refusal is left out with its turns, its results and what users said into it",
      [user("0"), says("ok"), user("1"), calls("a"), result("a"), user("more"), refusal(), user("2")],
      [user("0"), says("ok"), user("2")],
    ],
    [
      "a refused run that began behind a run that was stopped is known by its id",
      [
        ofRun("r1", user("0")),
        ofRun("r1", calls("a")),
        ofRun("r1", result("a")),
        ofRun("r2", user("1")),
        ofRun("r2", refusal()),
      ],
      [ofRun("r1", user("0")), ofRun("r1", calls("a")), ofRun("r1", result("a"))],
    ],
    [
      "a refused run is left out with its question where an application keeps no id with that",
      [
        ofRun("r1", user("0")),
        ofRun("r1", says("ok")),
        user("1"),
        ofRun("r2", calls("a")),
        ofRun("r2", refusal()),
      ],
      [ofRun("r1", user("0")), ofRun("r1", says("ok"))],
    ],
    ["an answer that was refused before any question is left out alone", [refusal(), user("2")], [user("2")]],
  ])("%s", (_, messages, expected) => {
    expect(buildContext(messages, 50)).toEqual(expected);
  });

  test("a call that is renamed keeps its place among the blocks", () => {
    const message: Message = { ...calls("a"), blocks: [{ type: "tool_call", callId: "a" }] } as Message;
    expect(buildContext([calls("a"), result("a"), message, result("a")], 50).slice(2)).toEqual([
      { ...calls("a_2"), blocks: [{ type: "tool_call", callId: "a_2" }] },
      { ...result("a_2"), content: "result of a" },
    ]);
  });

  test("a place for a call that is not there stays as it is", () => {
    const blocks = [
      { type: "text" as const, text: "Look." },
      { type: "tool_call" as const, callId: "other" },
    ];
    const message: Message = { ...calls("a"), blocks } as Message;
    expect(buildContext([message, result("a")], 50)[0]).toEqual(message);
  });

  test("the tutorial's form becomes calls, results, and the answer after them", () => {
    const toolCalls = [
      { toolName: "bash", input: { command: "ls" }, output: "a.txt" },
      { toolName: "bash", input: { command: "pwd" } },
    ];
    const answer: Message = { role: "assistant", content: "One file.", timestamp: 2, toolCalls };
    expect(buildContext([user("1"), answer, user("2")], 50)).toEqual([
      user("1"),
      {
        role: "assistant",
        content: "",
        timestamp: 2,
        toolCalls: [
          { callId: "call_1_0", toolName: "bash", input: { command: "ls" } },
          { callId: "call_1_1", toolName: "bash", input: { command: "pwd" } },
        ],
      },
      { role: "tool", callId: "call_1_0", toolName: "bash", content: "a.txt", isError: false, timestamp: 2 },
      { ...lost("call_1_1"), toolName: "bash" },
      says("One file."),
      user("2"),
    ]);
  });
});

test("whatever the transcript went through, every call has exactly one result right after it", () => {
  const id = fc.constantFrom("a", "b", "c");
  const anything = fc.oneof(
    fc.constant(user("u")),
    fc.constant(says("s")),
    fc.constant(says("")),
    fc.uniqueArray(id, { minLength: 1 }).map((ids) => calls(...ids)),
    id.map((callId) => result(callId)),
    fc.constant<Message>({ role: "system", content: "s", timestamp: 4, compaction: true }),
  );
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 12 }), fc.nat({ max: 12 }), (messages, maxMessages) => {
      const context = buildContext([...messages, user("last")], maxMessages + 1);
      expect(context.at(-1)).toEqual(user("last"));
      const summaries = context.flatMap(({ role }, place) => (role === "system" ? [place] : []));
      expect(summaries).toEqual(messages.some(({ role }) => role === "system") ? [0] : []);
      const expected = context.flatMap((message) =>
        message.role === "assistant" ? (message.toolCalls ?? []).map(({ callId }) => callId) : [],
      );
      const following = context.flatMap((message, place) => {
        if (message.role !== "assistant" || !message.toolCalls) return [];
        const count = message.toolCalls.length;
        return context
          .slice(place + 1, place + 1 + count)
          .map((next) => (next.role === "tool" ? next.callId : "?"));
      });
      expect(following).toEqual(expected);
      expect(context.filter(({ role }) => role === "tool")).toHaveLength(expected.length);
    }),
    { seed: 1 },
  );
});

describe("a summary", () => {
  const summary = (content: string): Message => ({
    role: "system",
    content,
    timestamp: 4,
    compaction: true,
  });
  const shown = (content: string): Message => ({
    ...summary(`The conversation so far, summed up:\n\n${content}`),
  });

  test.each([
    [
      "stands for all before it but the question it was made for",
      [user("1"), says("2"), user("3"), summary("s"), says("4"), user("5")],
      50,
      [shown("s"), user("3"), says("4"), user("5")],
    ],
    [
      "stands for all before it but that question where its first answer failed",
      [user("1"), says("2"), user("3"), says("cut sh"), summary("s"), user("5")],
      50,
      [shown("s"), user("3"), user("5")],
    ],
    [
      "stands for the summary before it",
      [user("1"), summary("s"), says("2"), user("3"), summary("t"), user("4")],
      50,
      [shown("t"), user("3"), user("4")],
    ],
    ["may be the first message there is", [summary("s"), user("1")], 50, [shown("s"), user("1")]],
    [
      "stays when the messages after it are too many",
      [summary("s"), user("1"), says("2"), user("3")],
      1,
      [shown("s"), user("3")],
    ],
    [
      "leaves no result behind whose call it stands for",
      [user("1"), calls("a"), summary("s"), result("a"), user("2")],
      50,
      [shown("s"), user("1"), user("2")],
    ],
    [
      "is not any other word of the system",
      [user("1"), { role: "system", content: "w", timestamp: 1 } as Message, user("2")],
      50,
      [user("1"), { role: "system", content: "w", timestamp: 1 } as Message, user("2")],
    ],
  ])("%s", (_, messages, maxMessages, expected) => {
    expect(buildContext(messages, maxMessages)).toEqual(expected);
  });
});

test("keeps what a model thought in an earlier run: the provider knows what its server takes back", () => {
  const thought = { type: "thinking" as const, text: "Hm.", signature: "s" };
  const hidden = { type: "redacted_thinking" as const, data: "x" };
  const message = {
    ...says("s"),
    blocks: [thought, { type: "text" as const, text: "s" }, hidden],
  } as Message;
  expect(buildContext([user("1"), message, user("2")], 50)).toEqual([user("1"), message, user("2")]);
});
