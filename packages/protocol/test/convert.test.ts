import { expect, test } from "vitest";
import { type Entry, isMessageEntry, toEntry, toEvent, toSessionEvent } from "../src/index.ts";
import { keptEvents, liveEvents, numbered } from "./samples.ts";

test.each(keptEvents.map((event) => [event.type, event] as const))(
  "%s becomes a transcript entry and comes back equal",
  (_type, event) => {
    const entry = toEntry(numbered(event));

    expect(entry).toMatchObject({ seq: 7 });
    expect(entry && toEvent("s-1", entry)).toEqual(numbered(event));
  },
);

test.each(liveEvents.map((event) => [event.type, event] as const))("%s is no entry", (_type, event) => {
  expect(toEntry(numbered(event))).toBeUndefined();
});

test("a user entry is the line that design and book show", () => {
  const event = { type: "user_message", runId: "r", id: "u", content: "hi", timestamp: 5 } as const;

  expect(toEntry(numbered(event, 1))).toEqual({
    seq: 1,
    id: "u",
    runId: "r",
    role: "user",
    content: "hi",
    timestamp: 5,
  });
});

test("entries that no run made have no event", () => {
  const system: Entry = { seq: 1, id: "x", role: "system", content: "be kind", timestamp: 5 };
  const appended: Entry = { seq: 2, id: "y", role: "user", content: "hi", timestamp: 5 };

  expect([toEvent("s-1", system), toEvent("s-1", appended)]).toEqual([undefined, undefined]);
  expect([system, appended].map(isMessageEntry)).toEqual([true, true]);
});

test("an agent's error is recorded as run_error, and every other event as it is", () => {
  const failure = { runId: "r", code: "MODEL_FAILED", message: "No answer.", retryable: true };
  const start = { type: "run_start", runId: "r", timestamp: 5 } as const;

  expect(toSessionEvent({ type: "error", ...failure })).toEqual({ type: "run_error", ...failure });
  expect(toSessionEvent(start)).toBe(start);
});
