import { describe, expect, test } from "vitest";
import {
  emptyView,
  fold,
  type MessageEntry,
  type RunEndEntry,
  type SessionEvent,
  toEntry,
} from "../src/index.ts";
import { call, numbered, resync, run, shown, usage, viewOf } from "./session-samples.ts";

const user: SessionEvent = { type: "user_message", id: "u1", content: "files?", requestId: "m1", ...run };
const asks: SessionEvent = {
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
  asks,
  { type: "tool_start", runId: "run-1", ...call },
  { type: "tool_output", runId: "run-1", callId: "c1", content: "a.t" },
  { type: "tool_done", id: "t1", callId: "c1", toolName: "bash", output: "a.txt", isError: false, ...run },
  { type: "chunk", runId: "run-1", messageId: "a2", content: "One file." },
  { type: "assistant_message", id: "a2", content: "One file.", ...run },
  { type: "message_done", runId: "run-1", content: "Look.One file." },
  { type: "run_end", outcome: "completed", usage, ...run },
];
const afterwards = [
  "user: files?",
  "assistant: Look.",
  'bash {"command":"ls"} done: a.txt',
  "assistant: One file.",
];

const userEntry: MessageEntry = {
  role: "user",
  seq: 1,
  id: "u1",
  content: "files?",
  requestId: "m1",
  ...run,
};
const asksEntry: MessageEntry = {
  role: "assistant",
  seq: 5,
  id: "a1",
  content: "Look.",
  toolCalls: [call],
  ...run,
};
const resultEntry: MessageEntry = {
  ...{ role: "tool", seq: 8, id: "t1", callId: "c1", toolName: "bash", content: "a.txt", isError: false },
  ...run,
};
const answerEntry: MessageEntry = { role: "assistant", seq: 10, id: "a2", content: "One file.", ...run };

test("shows a run with a tool, step by step", () => {
  const steps = toolRun.map((_, index) => viewOf(...numbered(toolRun.slice(0, index + 1))));

  const looked = ["user: files?", "assistant: Look."];
  const done = [...looked, 'bash {"command":"ls"} done: a.txt'];
  expect(steps.map(shown)).toEqual([
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
  expect(steps.map(({ activeRuns }) => activeRuns)).toEqual([...toolRun.slice(1).map(() => ["run-1"]), []]);
});

test("returns the same view for a known event, and keeps unchanged items for a new one", () => {
  const view = viewOf(...numbered(toolRun.slice(0, 9)));
  const more: SessionEvent = { type: "chunk", runId: "run-1", messageId: "a2", content: " More." };

  expect(numbered(toolRun.slice(0, 9)).reduce(fold, view)).toBe(view);
  const after = numbered([more], 10).reduce(fold, view);
  expect(after.items.map((item, index) => item === view.items[index])).toEqual([true, true, true, false]);
});

test("shows the messages of a transcript without their live events", () => {
  const view = viewOf(resync([userEntry, asksEntry, resultEntry, answerEntry]));

  expect(shown(view)).toEqual(afterwards);
  expect(view).toMatchObject({ epoch: "e1", lastSeq: 10, oldestSeq: 1, hasMore: false, activeRuns: [] });
});

test.each(toolRun.map((_, index) => index))(
  "is the same for a client that begins anew after event %i, and for one that lost all live events since",
  (index) => {
    const all = numbered(toolRun);
    const whole = viewOf(...all);
    const seen = all.slice(0, index + 1);
    const isKept = ({ type }: { type: string }) =>
      ["user_message", "assistant_message", "tool_done", "run_end"].includes(type);
    const entries = [userEntry, asksEntry, resultEntry, answerEntry].filter(({ seq }) => seq <= index + 1);
    const upTo = entries.findLast(({ role }) => role !== "tool")?.seq ?? 0;

    const keptOnly = viewOf(...seen, ...all.slice(index + 1).filter(isKept));
    const anew = viewOf(
      ...seen,
      { ...resync(entries.filter(({ seq }) => seq <= upTo)), upTo },
      ...all.slice(upTo),
    );

    expect(shown(keptOnly)).toEqual(shown(whole));
    expect(keptOnly.activeRuns).toEqual([]);
    expect(shown(anew)).toEqual(shown(whole));
    expect([anew.lastSeq, anew.activeRuns, anew.oldestSeq]).toEqual([12, [], 1]);
  },
);

test("keeps its items and stores the epoch when the watch continues", () => {
  const view = viewOf(...numbered(toolRun));
  const resumed = {
    type: "resumed",
    sessionId: "s",
    epoch: "e2",
    after: 12,
    upTo: 12,
    from: "events",
  } as const;

  expect(fold(view, resumed)).toEqual({ ...view, epoch: "e2" });
});

test("ignores a chunk of a complete message", () => {
  const late: SessionEvent = { type: "chunk", runId: "run-1", messageId: "a1", content: "late" };

  expect(shown(viewOf(...numbered([asks, late])))).toEqual([
    "assistant: Look.",
    'bash {"command":"ls"} called: ',
  ]);
});

test("separates thinking from the answer", () => {
  const view = viewOf(
    ...numbered([
      { type: "thinking", runId: "run-1", messageId: "a1", content: "Hm" },
      { type: "thinking", runId: "run-1", messageId: "a1", content: "." },
      { type: "chunk", runId: "run-1", messageId: "a1", content: "Yes." },
    ]),
  );

  expect(view.items).toMatchObject([{ thinking: "Hm.", content: "Yes." }]);
});

test("shows no empty message for a turn that only calls tools", () => {
  const silent: SessionEvent = { ...asks, content: "" };

  expect(shown(viewOf(...numbered([user, silent])))).toEqual([
    "user: files?",
    'bash {"command":"ls"} called: ',
  ]);
});

test("keeps a message in the queue until its run starts or ends", () => {
  const queued = (runId: string): SessionEvent => ({
    ...{
      type: "message_queued",
      runId,
      content: `of ${runId}`,
      requestId: runId.replace("run-", "m"),
      timestamp: 1,
    },
  });
  const view = viewOf(...numbered([queued("run-1"), queued("run-2")]));
  const begun = numbered([user], 3).reduce(fold, view);
  const ended = numbered([{ ...end("aborted"), runId: "run-2" } as SessionEvent], 4).reduce(fold, begun);

  expect(shown(view)).toEqual(["queued: of run-1", "queued: of run-2"]);
  expect(shown(begun)).toEqual(["user: files?", "queued: of run-2"]);
  expect(ended.queued).toEqual([]);
});

test("shows the request of a call until a user decides or the run ends", () => {
  const request: SessionEvent = {
    ...{ type: "approval_request", runId: "run-1", callId: "c1", toolName: "bash", reason: "List the files" },
  };
  const decided: SessionEvent = { type: "approval_done", runId: "run-1", callId: "c1", decision: "once" };
  const before = toolRun.slice(0, 5);
  const asked = (...events: SessionEvent[]) =>
    viewOf(...numbered([...before, ...events])).items.map(
      (item) => item.kind === "tool" && item.asksFor?.reason,
    );

  expect(asked(request).at(-1)).toBe("List the files");
  expect(asked(request, decided).at(-1)).toBeUndefined();
  expect(asked(request, end("aborted"))).not.toContain("List the files");
  expect(viewOf(...numbered([...before, request])).items.at(-1)).toMatchObject({
    callId: "c1",
    phase: "called",
  });
});

test("keeps a steering message in the queue until that message enters the run", () => {
  const queued = (requestId: string): SessionEvent => ({
    ...{ type: "message_queued", runId: "run-1", content: requestId, requestId, timestamp: 1 },
  });
  const entered: SessionEvent = { type: "user_message", id: "u2", content: "m2", requestId: "m2", ...run };
  const view = viewOf(...numbered([user, queued("m2"), queued("m3"), entered]));

  expect(shown(view)).toEqual(["user: files?", "user: m2", "queued: m3"]);
});

test.each([
  ["none has an id", [undefined, undefined]],
  ["only the second has one", [undefined, "m2"]],
  ["only the first has one", ["m2", undefined]],
])("of two messages that steer a run, the one that enters waits no more: %s", (_, requestIds) => {
  const said = requestIds.map((requestId, index) => ({
    ...{ content: `steering ${index}`, ...run },
    ...(requestId !== undefined && { requestId }),
  }));
  const waiting = said.map((one): SessionEvent => ({ type: "message_queued", ...one }));
  const [first, second] = said.map(
    (one, index): SessionEvent => ({ type: "user_message", id: `s${index}`, ...one }),
  );
  if (!first || !second) throw new Error("unreachable");

  const view = (entered: SessionEvent) => viewOf(...numbered([user, ...waiting, entered])).queued;

  // Without ids it is the first, whichever it is.
  const isFirst = requestIds[0] === requestIds[1];
  expect(view(first).map(({ content }) => content)).toEqual(["steering 1"]);
  expect(view(second).map(({ content }) => content)).toEqual([isFirst ? "steering 1" : "steering 0"]);
});

test("shows a retry until the model answers", () => {
  const retry: SessionEvent = {
    ...{ type: "retry", runId: "run-1", attempt: 1, delayMs: 500, code: "MODEL_OVERLOADED" },
  };
  const chunk: SessionEvent = { type: "chunk", runId: "run-1", messageId: "a1", content: "Hi" };

  expect(shown(viewOf(...numbered([retry])))).toEqual(["retry 1: MODEL_OVERLOADED"]);
  expect(shown(viewOf(...numbered([retry, chunk])))).toEqual(["assistant (streaming): Hi"]);
});

test("uses the session's newest title", () => {
  const titled = (title: string): SessionEvent => ({ type: "session_updated", title, timestamp: 1 });

  expect(viewOf(...numbered([titled("one"), titled("two")])).title).toBe("two");
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
    ...{ type: "run_error", runId: "run-1", code: "MODEL_OVERLOADED", message: "busy", retryable: true },
  };
  const chunk: SessionEvent = { type: "chunk", runId: "run-1", messageId: "a1", content: "Lo" };
  const start: SessionEvent = { type: "tool_start", runId: "run-1", ...call };

  test.each<[string, SessionEvent[], string[]]>([
    ["says that it was stopped before it said anything", [end("aborted")], ["outcome: aborted"]],
    ["marks what it had said when it was stopped", [partial, end("aborted")], ["assistant: Lo [aborted]"]],
    ["says why it failed, once", [failed, end("failed")], ["error MODEL_OVERLOADED: busy"]],
    ["says which limit ended it, once", [failed, end("budget")], ["error MODEL_OVERLOADED: busy"]],
    ["says that it failed when nobody said why", [end("failed")], ["outcome: failed"]],
    ["names every other outcome", [end("max_rounds")], ["outcome: max_rounds"]],
    [
      "leaves nothing running",
      [start, end("interrupted")],
      ['bash {"command":"ls"} failed: ', "outcome: interrupted"],
    ],
    ["ends a message whose last words never came", [chunk, end("completed")], ["assistant: Lo"]],
  ])("%s", (_, events, expected) => {
    const view = viewOf(...numbered(events));

    expect(shown(view)).toEqual(expected);
    expect(view.activeRuns).toEqual([]);
  });
});

test("shows nothing of a message that was canceled in the queue", () => {
  const waits = { type: "message_queued", content: "later", runId: "run-2", timestamp: 1 } as const;
  const calledOff = { type: "run_end", outcome: "aborted", usage, runId: "run-2", timestamp: 1 } as const;
  const begun = [...toolRun.slice(0, 3), waits];
  const view = viewOf(...numbered([...begun, calledOff]));

  expect(viewOf(...numbered(begun)).queued).toHaveLength(1);
  expect(view.queued).toEqual([]);
  expect(view.items).toEqual(viewOf(...numbered(toolRun.slice(0, 3))).items);
  expect(view.activeRuns).toEqual(["run-1"]);
});

describe("older messages", () => {
  const history = (messages: MessageEntry[], hasMore = false) =>
    ({ type: "history", sessionId: "s", messages, hasMore }) as const;

  test("come first, and connect a result with its call", () => {
    const view = viewOf(resync([resultEntry, answerEntry], true), history([userEntry, asksEntry]));

    expect(shown(view)).toEqual(afterwards);
    expect([view.oldestSeq, view.hasMore, view.lastSeq]).toEqual([1, false, 10]);
  });

  test("come in pages", () => {
    const view = viewOf(resync([answerEntry], true), history([asksEntry, resultEntry], true));

    expect([view.oldestSeq, view.hasMore]).toEqual([5, true]);
    expect(shown(fold(view, history([userEntry])))).toEqual(afterwards);
  });

  test("may have the legacy format: no run, and the result beside the call", () => {
    const old: MessageEntry = {
      ...{ role: "assistant", seq: 2, id: "l2", content: "One.", timestamp: 2 },
      toolCalls: [{ toolName: "bash", input: { command: "ls" }, output: "a.txt" }],
    };

    expect(shown(viewOf(resync([old])))).toEqual(["assistant: One.", 'bash {"command":"ls"} done: a.txt']);
  });

  test("hide messages for the model", () => {
    const system: MessageEntry = { role: "system", seq: 2, id: "y1", content: "Be kind.", timestamp: 1 };

    expect(shown(viewOf(resync([userEntry, system])))).toEqual(["user: files?"]);
  });
});

describe("a retried run", () => {
  const again = { runId: "run-2", timestamp: 2 };
  const answer: SessionEvent = {
    ...{ type: "assistant_message", id: "a3", content: "Two files.", retryOf: "run-1", ...again },
  };
  const retryRun: readonly SessionEvent[] = [
    { type: "run_start", retryOf: "run-1", ...again },
    { type: "chunk", runId: "run-2", messageId: "a3", content: "Two" },
    answer,
    { type: "run_end", outcome: "completed", usage, ...again },
  ];
  const answerAgain: MessageEntry = {
    ...{ role: "assistant", seq: 15, id: "a3", content: "Two files.", retryOf: "run-1", ...again },
  };

  test("replaces the earlier answers", () => {
    const steps = retryRun.map((_, index) =>
      shown(viewOf(...numbered([...toolRun, ...retryRun.slice(0, index + 1)]))),
    );

    expect(steps).toEqual([
      ["user: files?"],
      ["user: files?", "assistant (streaming): Two"],
      ["user: files?", "assistant: Two files."],
      ["user: files?", "assistant: Two files."],
    ]);
  });

  test("replaces them in a transcript without live events", () => {
    const view = viewOf(resync([userEntry, asksEntry, resultEntry, answerEntry, answerAgain]));

    expect(shown(view)).toEqual(["user: files?", "assistant: Two files."]);
  });

  test("replaces them when they are loaded later as older messages", () => {
    const messages = [userEntry, asksEntry, resultEntry];
    const older = { type: "history", sessionId: "s", messages, hasMore: false } as const;

    expect(shown(viewOf(resync([answerEntry, answerAgain], true), older))).toEqual([
      "user: files?",
      "assistant: Two files.",
    ]);
  });
});

describe("the cost of a run", () => {
  const spent = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 };
  const turn = (id: string, costUsd?: number): SessionEvent => ({
    ...{ type: "assistant_message", id, content: id, usage: spent, ...run },
    ...(costUsd !== undefined && { costUsd }),
  });

  test("is unknown before its end", () => {
    expect(viewOf(...numbered([turn("a1", 0.25)])).costs).toEqual(new Map());
  });

  const total = { inputTokens: 9, outputTokens: 9, cacheReadTokens: 9, cacheWriteTokens: 9 };
  const stop: SessionEvent = { type: "run_end", outcome: "aborted", usage: total, costUsd: 2, ...run };

  test("is that of the end of the run, which includes requests that were cut", () => {
    const view = viewOf(...numbered([turn("a1", 0.25), stop]));

    expect(view.costs).toEqual(new Map([["run-1", { usage: total, costUsd: 2, outcome: "aborted" }]]));
  });

  test("is the same when the messages of the run come with an older page than its end", () => {
    const [message, end] = numbered([turn("a1", 0.25), stop]).map((event) => toEntry(event));
    const newest = { ...resync([]), upTo: 2, runEnds: [end as RunEndEntry] };
    const older = { ...resync([message as MessageEntry]), type: "history" } as const;
    const view = viewOf(newest, older);

    expect(view.costs.get("run-1")).toEqual({ usage: total, costUsd: 2, outcome: "aborted" });
  });

  test("is unknown if the end of the run has no usage", () => {
    const view = viewOf(...numbered([turn("a1", 0.25), { ...stop, usage, costUsd: 0 }]));

    expect(view.costs).toEqual(new Map());
  });
});

test("shows the summary of the earlier conversation", () => {
  const compaction: SessionEvent = { type: "compaction", id: "k1", content: "They spoke of files.", ...run };

  expect(shown(viewOf(...numbered([user, compaction])))).toEqual([
    "user: files?",
    "summed up: They spoke of files.",
  ]);
});

test("restores active and queued runs from a resync", () => {
  const queued = { type: "message_queued", runId: "run-2", content: "and then?", timestamp: 2 } as const;
  const view = viewOf({ ...resync([userEntry]), runId: "run-1", queued: [queued] });

  expect(view.activeRuns).toEqual(["run-1"]);
  expect(shown(view)).toEqual(["user: files?", "queued: and then?"]);
});

describe("the list of steps", () => {
  const items = [{ text: "Look", state: "active" as const }];
  const updated = (list: typeof items): SessionEvent => ({ type: "todo_updated", items: list, ...run });

  test("is the newest one", () => {
    expect(viewOf(...numbered([user, updated(items)])).todo).toEqual(items);
    expect(viewOf(...numbered([user, updated(items), updated([])])).todo).toEqual([]);
  });

  test("comes with a resync, and is gone after one without it", () => {
    const listed = { ...resync([userEntry]), todo: items };
    expect(viewOf(listed).todo).toEqual(items);
    expect(viewOf(listed, resync([userEntry])).todo).toBeUndefined();
  });
});

describe("a sub-agent", () => {
  const output = { type: "tool_output", runId: "run-1", callId: "c1" } as const;
  const started: SessionEvent = { ...output, content: "", taskSessionId: "s2" };
  const taskOf = (view: ReturnType<typeof viewOf>) =>
    view.items.flatMap((item) => (item.kind === "tool" ? [item.taskSessionId] : []));

  test("is named by its call from its start on", () => {
    expect(taskOf(viewOf(...numbered([user, asks])))).toEqual([undefined]);
    const later: SessionEvent = { ...output, content: "more" };
    expect(taskOf(viewOf(...numbered([user, asks, started, later])))).toEqual(["s2"]);
    expect(taskOf(viewOf(resync([userEntry, asksEntry, { ...resultEntry, taskSessionId: "s2" }])))).toEqual([
      "s2",
    ]);
  });

  test("knows the call that started it from a resync", () => {
    const parent = { sessionId: "s1", callId: "c1" };
    expect(viewOf({ ...resync([userEntry]), parent }).parent).toEqual(parent);
    expect(viewOf(resync([userEntry])).parent).toBeUndefined();
  });
});

test("does not change the view that it gets", () => {
  const before = structuredClone(emptyView);
  viewOf(...numbered(toolRun));

  expect(emptyView).toEqual(before);
});

function end(
  outcome: "aborted" | "failed" | "max_rounds" | "budget" | "interrupted" | "completed",
): SessionEvent {
  return { type: "run_end", outcome, usage, ...run };
}

describe("the input of a tool call, while the model writes it", () => {
  const say = (content: string): SessionEvent => ({
    type: "chunk",
    runId: "run-1",
    messageId: "a1",
    content,
  });
  const write = (content: string, callId = "c1"): SessionEvent => ({
    ...{ type: "tool_input", runId: "run-1", messageId: "a1" },
    ...{ callId, toolName: "bash", content },
  });
  const failure: SessionEvent = { type: "retry", runId: "run-1", attempt: 1, delayMs: 0, code: "BUSY" };
  const end: SessionEvent = { type: "run_end", outcome: "aborted", usage, ...run };

  test("grows in the item of its call, and becomes the call under the same key", () => {
    const events = [user, say("Look."), write('{"comm'), write('and":"ls"}'), asks];
    const views = events.map((_, index) => viewOf(...numbered(events.slice(0, index + 1))));

    expect(views.map(({ items }) => items[2])).toMatchObject([
      undefined,
      undefined,
      { kind: "tool", key: "tool:a1:c1", toolName: "bash", input: {}, inputText: '{"comm' },
      { key: "tool:a1:c1", inputText: '{"command":"ls"}' },
      { key: "tool:a1:c1", input: { command: "ls" }, phase: "called" },
    ]);
    expect(views[4]?.items[2]).not.toHaveProperty("inputText");
  });

  test("of several calls grows apart, and leaves the order of the transcript", () => {
    const all: SessionEvent = { ...asks, toolCalls: [call, { ...call, callId: "c2" }] } as SessionEvent;
    const before = [user, write("{", "c2"), write("[", "c1"), write("}", "c2"), say("Look.")];

    const written = viewOf(...numbered(before)).items.slice(1);
    expect(written.map((item) => (item.kind === "tool" ? item.inputText : item.kind))).toEqual([
      ...["{}", "[", "assistant"],
    ]);
    const after = viewOf(...numbered([...before, all])).items.slice(1);
    expect(after.map(({ key }) => key)).toEqual(["a1", "tool:a1:c1", "tool:a1:c2"]);
  });

  test.each<[string, SessionEvent, string[]]>([
    ["the model is asked again", failure, ["user: files?", "retry 1: BUSY"]],
    [
      "the turn has no such call",
      { ...asks, toolCalls: [] } as SessionEvent,
      ["user: files?", "assistant: Look."],
    ],
    ["the run ends", end, ["user: files?", "outcome: aborted"]],
  ])("is gone when %s", (_, event, expected) => {
    expect(shown(viewOf(...numbered([user, write('{"comm'), event])))).toEqual(expected);
  });

  test("stays when the run of another message ends", () => {
    const other = { ...end, runId: "run-2" };

    expect(viewOf(...numbered([user, write("{"), other])).items[1]).toMatchObject({ inputText: "{" });
  });

  test("replaces the notice that the model is asked again", () => {
    expect(shown(viewOf(...numbered([user, failure, write("{")])))).toEqual([
      "user: files?",
      "bash {} called: ",
    ]);
  });
});

describe("an edited message", () => {
  const said = (id: string, content: string, editOf?: string): SessionEvent => ({
    ...{ type: "user_message", id, content, ...run, runId: `run-${id}` },
    ...(editOf !== undefined && { editOf }),
  });
  const answers = (id: string): SessionEvent => ({
    ...{ type: "assistant_message", id: `a-${id}`, content: `to ${id}`, ...run, runId: `run-${id}` },
  });
  const before = [said("u1", "one"), answers("u1"), said("u2", "two"), answers("u2"), said("u3", "three")];

  test.each([
    ["the first one", "u1", ["user: new"]],
    ["one in the middle", "u2", ["user: one", "assistant: to u1", "user: new"]],
    ["the last one", "u3", ["user: one", "assistant: to u1", "user: two", "assistant: to u2", "user: new"]],
  ])("replaces %s, and everything after it", (_, editOf, expected) => {
    const view = viewOf(...numbered([...before, said("u4", "new", editOf)]));

    expect(shown(view)).toEqual(expected);
    expect(view.items.at(-1)).toMatchObject({ kind: "user", key: "u4" });
    expect(view.oldestSeq).toBe(editOf === "u1" ? 6 : 1);
  });

  test("replaces all of a view that begins after it, so that older messages end before it", () => {
    const page = before
      .slice(2)
      .flatMap((event, index) => numbered([event], index + 3).flatMap((one) => toEntry(one) ?? []));
    const newest = resync(page as MessageEntry[], true);
    const view = viewOf(newest, ...numbered([said("u4", "new", "u1"), answers("u4")], 6));

    expect(shown(view)).toEqual(["user: new", "assistant: to u4"]);
    expect(view).toMatchObject({ oldestSeq: 6, hasMore: true });
    const older = { ...resync([]), type: "history" } as const;
    expect(shown(fold(view, older))).toEqual(["user: new", "assistant: to u4"]);
  });

  test("can be edited again", () => {
    const edits = [said("u4", "new", "u2"), answers("u4"), said("u5", "newer", "u4")];

    expect(shown(viewOf(...numbered([...before, ...edits])))).toEqual([
      ...["user: one", "assistant: to u1", "user: newer"],
    ]);
  });
});
