import { describe, expect, test } from "vitest";
import {
  addUsage,
  beginRun,
  closeRun,
  nextRun,
  type RunEnding,
  type RunEvent,
  type RunProgress,
  type SessionEvent,
} from "../src/index.ts";

const runId = "run-1";
const timestamp = 1_745_934_600_000;
const noUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

function close(events: (SessionEvent | RunEvent)[], ending: Partial<RunEnding> = {}) {
  let count = 0;
  const createId = () => `new-${++count}`;
  return closeRun(events.reduce<RunProgress>(nextRun, beginRun(runId)), {
    outcome: "interrupted",
    timestamp,
    createId,
    ...ending,
  });
}

function chunk(messageId: string, content: string): RunEvent {
  return { type: "chunk", runId, messageId, content };
}

function calls(...callIds: string[]): RunEvent {
  const toolCalls = callIds.map((callId) => ({ callId, toolName: "bash", input: {} }));
  return { type: "assistant_message", runId, id: "m1", content: "", timestamp, toolCalls };
}

test("ends a run without events with an empty message_done and run_end", () => {
  expect(close([{ type: "run_start", runId, timestamp }], { outcome: "aborted" })).toEqual([
    { type: "message_done", runId, content: "" },
    { type: "run_end", runId, outcome: "aborted", usage: noUsage, timestamp },
  ]);
});

test("keeps an unfinished answer as a partial assistant message with its messageId", () => {
  expect(close([chunk("m1", "Hel"), chunk("m1", "lo")])).toEqual([
    { type: "assistant_message", runId, id: "m1", content: "Hello", timestamp, partial: "interrupted" },
    { type: "message_done", runId, content: "Hello" },
    { type: "run_end", runId, outcome: "interrupted", usage: noUsage, timestamp },
  ]);
});

describe("the cost of a run whose turn was cut", () => {
  const usage = { inputTokens: 100, outputTokens: 1, cacheReadTokens: 5, cacheWriteTokens: 0 };
  const begins: RunEvent = { type: "chunk", runId, messageId: "m1", content: "Hel", usage, costUsd: 0.5 };
  const answer: RunEvent = { type: "assistant_message", runId, id: "m1", content: "Hello", timestamp };
  const endOf = (events: RunEvent[], ending: Partial<RunEnding> = {}) => close(events, ending).at(-1);

  test("is that of its first piece", () => {
    expect(endOf([begins, chunk("m1", "lo")])).toMatchObject({ usage, costUsd: 0.5 });
  });

  test("includes the turns before, and each time that it was sent", () => {
    const thinks: RunEvent = { type: "thinking", runId, messageId: "m2", content: "Hm", usage, costUsd: 0.5 };
    const events = [begins, { ...answer, usage, costUsd: 0.6 }, thinks, thinks];
    expect(endOf(events)).toMatchObject({ usage: addUsage(addUsage(usage, usage), usage), costUsd: 1.6 });
  });

  test("is known before any text of it", () => {
    const input: RunEvent = {
      ...{ type: "tool_input", runId, messageId: "m1", callId: "c1", toolName: "bash" },
      ...{ content: "{", usage },
    };
    expect(endOf([input])).toMatchObject({ usage });
    expect(endOf([input])).not.toHaveProperty("costUsd");
  });

  test("counts once for a turn that is complete, and not beside a known total", () => {
    expect(endOf([begins, { ...answer, usage, costUsd: 0.6 }])).toMatchObject({ usage, costUsd: 0.6 });
    expect(endOf([begins], { usage: noUsage, costUsd: 0 })).toMatchObject({ usage: noUsage, costUsd: 0 });
  });
});

test("names the retried run in the partial answer of a retry", () => {
  const start: RunEvent = { type: "run_start", runId, timestamp, retryOf: "run-0" };
  expect(close([start, chunk("m1", "Hel")])[0]).toMatchObject({ partial: "interrupted", retryOf: "run-0" });
});

test("names the retry command in the end of a retry", () => {
  const retryRequest = { id: "q1", runId: "run-1" };
  const start: RunEvent = { type: "run_start", runId, timestamp, retryOf: "run-0", retryRequest };
  expect(close([start]).at(-1)).toMatchObject({ type: "run_end", retryRequest });
});

test("adds an error result with the output so far to each open tool call", () => {
  const events: RunEvent[] = [
    calls("a", "b", "c"),
    { type: "tool_output", runId, callId: "b", content: "half" },
    {
      type: "tool_done",
      runId,
      id: "r",
      callId: "a",
      toolName: "bash",
      output: "x",
      isError: false,
      timestamp,
    },
  ];

  expect(close(events, { outcome: "aborted" }).slice(0, 2)).toEqual([
    {
      type: "tool_done",
      runId,
      id: "new-1",
      callId: "b",
      toolName: "bash",
      output: "half\n[aborted: the tool call has no result]",
      isError: true,
      timestamp,
    },
    {
      type: "tool_done",
      runId,
      id: "new-2",
      callId: "c",
      toolName: "bash",
      output: "[aborted: the tool call has no result]",
      isError: true,
      timestamp,
    },
  ]);
});

test("joins the chunks of all turns in message_done, and does not repeat a finished turn", () => {
  const events = [chunk("m1", "One. "), calls(), chunk("m2", "Two.")];

  expect(close(events).map(({ type }) => type)).toEqual(["assistant_message", "message_done", "run_end"]);
  expect(close(events)[1]).toEqual({ type: "message_done", runId, content: "One. Two." });
});

test("reports the error of a failed run before message_done", () => {
  const error = { code: "AGENT_FAILED", message: "The agent failed.", retryable: true };

  expect(close([], { outcome: "failed", error }).map(({ type }) => type)).toEqual([
    "error",
    "message_done",
    "run_end",
  ]);
});

test("adds nothing to a run that has ended", () => {
  expect(close([{ type: "run_end", runId, outcome: "completed", usage: noUsage, timestamp }])).toEqual([]);
});

test("ignores events of other runs", () => {
  const other: SessionEvent = { type: "chunk", runId: "run-2", messageId: "m9", content: "no" };

  expect(nextRun(beginRun(runId), other)).toEqual(beginRun(runId));
});

test("adds nothing to a run that was closed before", () => {
  const events = [chunk("m1", "Hi"), calls("a")];

  expect(close([...events, ...close(events)])).toEqual([]);
});

test.each([
  ["has no chunks", []],
  ["has chunks for its beginning", [chunk("m1", "the ")]],
  ["has chunks for all of it", [chunk("m1", "the "), chunk("m1", "answer")]],
])("message_done has the text of a turn that %s", (_, chunks) => {
  const message = { type: "assistant_message", runId, id: "m1", content: "the answer", timestamp } as const;

  const [done] = close([...chunks, message], { outcome: "completed" });

  expect(done).toEqual({ type: "message_done", runId, content: "the answer" });
});

describe("the usage of a run that did not end by itself", () => {
  const usage = { inputTokens: 10, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 };
  const turn = (id: string, costUsd?: number): RunEvent => ({
    ...{ type: "assistant_message", runId, id, content: id, timestamp, usage },
    ...(costUsd !== undefined && { costUsd }),
  });
  const twice = { inputTokens: 20, outputTokens: 4, cacheReadTokens: 6, cacheWriteTokens: 8 };

  test("is the sum of its turns", () => {
    const end = close([turn("a", 0.25), turn("b", 0.5), chunk("c", "cut")]).at(-1);

    expect(end).toMatchObject({ type: "run_end", usage: twice, costUsd: 0.75 });
  });

  test("has no cost in dollars if the price of a turn is unknown", () => {
    const end = close([turn("a", 0.25), turn("b")]).at(-1);

    expect(end).toMatchObject({ usage: twice });
    expect(end).not.toHaveProperty("costUsd");
  });

  test("is the given one if the caller knows more", () => {
    const given = { ...usage, outputTokens: 50 };
    const end = close([turn("a", 0.25)], { usage: given }).at(-1);

    expect(end).toMatchObject({ usage: given });
    expect(end).not.toHaveProperty("costUsd");
  });
});

test("names the sub-agent of a call without a result", () => {
  const started: RunEvent = { type: "tool_output", runId, callId: "c1", content: "", taskSessionId: "s2" };
  const results = close([calls("c1", "c2"), started]).filter(({ type }) => type === "tool_done");
  expect(results).toMatchObject([{ callId: "c1", taskSessionId: "s2" }, { callId: "c2" }]);
  expect(results[1]).not.toHaveProperty("taskSessionId");
});

describe("a text that is too long for a line of a transcript", () => {
  const most = 50_331_648;
  const cut = "\n[cut: the rest was too long to be saved]";
  const long = "x".repeat(most);
  const contentOf = (events: RunEvent[]) =>
    events.find(({ type }) => type === "assistant_message" || type === "tool_done");

  test("is cut where it is an answer, with a note behind it", () => {
    const [message, done] = close([chunk("m1", long), chunk("m1", "y")]);
    for (const event of [message, done]) {
      const { content } = event as { content: string };
      expect(content.endsWith(`x${cut}`)).toBe(true);
      expect(JSON.stringify(content).length).toBeLessThan(67_108_864);
    }
  });

  test("is kept whole where it fits", () => {
    const content = "x".repeat(most - 2);
    const kept = contentOf(close([chunk("m1", content)])) as { content: string };
    expect(kept.content === content).toBe(true);
  });

  test("is cut to what its control characters leave room for", () => {
    const kept = contentOf(close([chunk("m1", "\u0000".repeat(most / 4))])) as { content: string };
    expect(kept.content.endsWith(`\u0000${cut}`)).toBe(true);
    expect(JSON.stringify(kept.content).length).toBeLessThan(67_108_864);
  });

  test("is cut where it is the output of a tool", () => {
    const output: RunEvent = { type: "tool_output", runId, callId: "c1", content: long };
    const kept = contentOf(close([calls("c1"), output, { ...output, content: "y" }])) as { output: string };
    expect(kept.output.slice(-100)).toContain(`x${cut}\n[interrupted: the tool call has no result]`);
  });
});
