import { emptyView, fold, type SessionEvent, type SessionView } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { itemRows } from "../page/conversation/rows/item-rows.ts";
import type { AnswerEndRow } from "../page/conversation/rows/row.ts";
import { createVersionFinder, withVersions } from "../page/conversation/rows/versions.ts";

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** The events of a run that answers with a text, or fails without one. */
function run(runId: string, content: string, retryOf?: string): SessionEvent[] {
  const fields = { runId, timestamp: 1 };
  const retry = retryOf === undefined ? {} : { retryOf };
  return [
    { type: "run_start", ...fields, ...retry },
    ...(content === ""
      ? [{ type: "run_error", runId, code: "MODEL_FAILED", message: "", retryable: true } as const]
      : [{ type: "assistant_message", id: `${runId}-a`, content, ...fields, ...retry } as const]),
    { type: "message_done", runId, content },
    { type: "run_end", outcome: content === "" ? "failed" : "completed", usage, ...fields, ...retry },
  ];
}

const asks: SessionEvent = { type: "user_message", id: "u1", content: "well?", runId: "one", timestamp: 1 };

function viewOf(...runs: SessionEvent[][]): SessionView {
  const events = [asks, ...runs.flat()];
  return events.map((event, index) => ({ ...event, sessionId: "s", seq: index + 1 })).reduce(fold, emptyView);
}

function shown(view: SessionView): string[] {
  return view.items.map((item) => ("content" in item ? item.content : item.kind));
}

function endOf(view: SessionView): AnswerEndRow | undefined {
  return itemRows(view).rows.find((row) => row.kind === "answer_end");
}

const three = viewOf(run("one", "A"), run("two", "B", "one"), run("three", "C", "two"));

test("keeps the answers of retried runs as versions, oldest first", () => {
  expect(shown(three)).toEqual(["well?", "C"]);
  expect(createVersionFinder(three)("three")).toEqual({ runIds: ["one", "two", "three"], newest: "three" });
  expect(createVersionFinder(three)("two")?.newest).toBe("three");
  expect(endOf(three)).toMatchObject({
    versions: ["one", "two", "three"],
    shownRun: "three",
    runId: "three",
  });
});

test("has the same versions after a reload, in pages of any size", () => {
  const messages = [
    { role: "user", seq: 1, id: "u1", content: "well?", runId: "one", timestamp: 1 },
    { role: "assistant", seq: 3, id: "one-a", content: "A", runId: "one", timestamp: 1 },
    { role: "assistant", seq: 7, id: "two-a", content: "B", runId: "two", retryOf: "one", timestamp: 1 },
    { role: "assistant", seq: 11, id: "three-a", content: "C", runId: "three", retryOf: "two", timestamp: 1 },
  ] as const;
  const page = (from: number, to?: number) => ({
    ...{ sessionId: "s", messages: messages.slice(from, to).map((message) => ({ ...message })) },
    hasMore: from > 0,
  });
  for (const size of [1, 2, 3, 4]) {
    let view = fold(emptyView, { type: "resync", epoch: "e", upTo: 13, ...page(4 - size) });
    for (let from = 4 - size; from > 0; from -= size) {
      view = fold(view, { type: "history", ...page(Math.max(0, from - size), from) });
    }

    expect(shown(view)).toEqual(["well?", "C"]);
    expect(createVersionFinder(view)("three")?.runIds).toEqual(["one", "two", "three"]);
    expect(shown(withVersions(view, new Map([["three", "one"]])))).toEqual(["well?", "A"]);
  }
});

test("shows a selected version in the position of the newest one, which is still the one to retry", () => {
  const first = withVersions(three, new Map([["three", "one"]]));

  expect(shown(first)).toEqual(["well?", "A"]);
  expect(endOf(first)).toMatchObject({ shownRun: "one", runId: "three", retry: "again" });
  expect(withVersions(three, new Map())).toBe(three);
  expect(withVersions(three, new Map([["three", "three"]]))).toBe(three);
});

test("shows the running answer even if an older version is selected", () => {
  const running = viewOf(run("one", "A"), run("two", "B", "one").slice(0, 2));

  expect(withVersions(running, new Map([["two", "one"]]))).toBe(running);
});

test("counts no run that failed without an answer", () => {
  const view = viewOf(run("one", ""), run("two", "B", "one"));

  expect(createVersionFinder(view)("two")).toBeUndefined();
  expect(endOf(view)?.versions).toEqual([]);
});

test("ends for retries in a circle", () => {
  const retries = new Map([
    ["one", "two"],
    ["two", "one"],
  ]);

  expect(createVersionFinder({ retries, replaced: [] })("one")).toBeUndefined();
});
