import { expect, test } from "vitest";
import { type Entry, isMessageEntry, toEntry, toEvent, toSessionEvent } from "../src/index.ts";
import { keptEvents, liveEvents, numbered } from "./samples.ts";

test.each(keptEvents.map((event) => [event.type, event] as const))(
  "turns %s into a transcript entry and back without loss",
  (_type, event) => {
    const entry = toEntry(numbered(event));

    expect(entry).toMatchObject({ seq: 7 });
    expect(entry && toEvent("s-1", entry)).toEqual(numbered(event));
  },
);

test.each(liveEvents.map((event) => [event.type, event] as const))(
  "returns no entry for %s",
  (_type, event) => {
    expect(toEntry(numbered(event))).toBeUndefined();
  },
);

test("returns the documented line for a user message", () => {
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

test("returns no event for entries that no run recorded", () => {
  const system: Entry = { seq: 1, id: "x", role: "system", content: "be kind", timestamp: 5 };
  const appended: Entry = { seq: 2, id: "y", role: "user", content: "hi", timestamp: 5 };

  expect([toEvent("s-1", system), toEvent("s-1", appended)]).toEqual([undefined, undefined]);
  expect([system, appended].map(isMessageEntry)).toEqual([true, true]);
});

test("records an agent's error as run_error and other events unchanged", () => {
  const failure = { runId: "r", code: "MODEL_FAILED", message: "No answer.", retryable: true };
  const start = { type: "run_start", runId: "r", timestamp: 5 } as const;

  expect(toSessionEvent({ type: "error", ...failure })).toEqual({ type: "run_error", ...failure });
  expect(toSessionEvent(start)).toBe(start);
});
