import type { NumberedEvent, SessionEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { RunClock } from "../src/observe/run-clock.ts";

const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };
const run = { sessionId: "s", runId: "r" };

/** Passes events to a clock, each at its millisecond. Returns the clock's results. */
function watch(...events: [at: number, event: Record<string, unknown>][]) {
  let now = 0;
  const clock = new RunClock(() => now);
  return events.flatMap(([at, event]) => {
    now = at;
    return clock.see({ seq: 1, ...run, ...event } as SessionEvent & NumberedEvent) ?? [];
  });
}

const end = { type: "run_end", outcome: "completed", usage, timestamp: 1 };

test("a run lasts from its first message to its end, and its first chunk is what a client waited for", () => {
  expect(
    watch(
      [1000, { type: "user_message" }],
      [1005, { type: "run_start" }],
      [1200, { type: "thinking" }],
      [1300, { type: "chunk" }],
      [1400, { type: "chunk" }],
      [1500, { ...end, costUsd: 0.1 }],
    ),
  ).toEqual([
    { phase: "start", ...run },
    { phase: "end", ...run, outcome: "completed", usage, costUsd: 0.1, durationMs: 500, firstChunkMs: 300 },
  ]);
});

test("a run that said nothing has no first chunk; one that began unseen has no end; a retry begins with its run_start", () => {
  expect(watch([0, { type: "run_start" }], [7, end])).toEqual([
    { phase: "start", ...run },
    {
      phase: "end",
      ...run,
      outcome: "completed",
      usage,
      costUsd: undefined,
      durationMs: 7,
      firstChunkMs: undefined,
    },
  ]);
  expect(watch([0, { type: "chunk" }], [7, end])).toEqual([]);
});
