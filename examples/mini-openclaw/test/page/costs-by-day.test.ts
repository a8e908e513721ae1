import type { SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test, vi } from "vitest";
import { createCostsByDay } from "../../src/agent/costs-by-day.ts";

const now = Date.UTC(2026, 10, 29, 12);
const hours = 3_600_000;
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

interface RunFields {
  /** The cost of the run's turn. */
  costUsd: number;
  timestamp: number;
  /** The total that the run's end records. */
  totalUsd?: number;
  /** A tool call of the turn. */
  callId?: string;
}

async function addRun(
  store: SessionStore,
  sessionId: string,
  { costUsd, timestamp, totalUsd = costUsd, callId }: RunFields,
) {
  const log = await store.openLog(sessionId);
  const runId = `r${log.lastSeq}`;
  const calls = callId === undefined ? {} : { toolCalls: [{ callId, toolName: "task", input: {} }] };
  await log.record([
    { type: "assistant_message", runId, id: runId, content: "ok", usage, costUsd, timestamp, ...calls },
    { type: "run_end", runId, outcome: "completed", usage, costUsd: totalUsd, timestamp },
  ]);
  await log.close();
}

test("sums the costs of each day over all sessions, in the days of a time zone", async () => {
  const store = createMemoryStore();
  const [one, two] = [await store.createSession("one"), await store.createSession("two")];
  await addRun(store, one.sessionId, { costUsd: 8, timestamp: now - 240 * hours });
  // In Shanghai it is the morning of the 29th.
  await addRun(store, one.sessionId, { costUsd: 4, timestamp: now - 16 * hours });
  await addRun(store, one.sessionId, { costUsd: 1, timestamp: now });
  await addRun(store, two.sessionId, { costUsd: 2, timestamp: now - hours });
  await store.archiveSession(two.sessionId);

  const read = createCostsByDay(store, { days: 2, timeZone: "Asia/Shanghai", now: () => now });
  expect(await read()).toEqual([
    { day: "2026-11-28", costUsd: 0 },
    { day: "2026-11-29", costUsd: 7 },
  ]);
  const utc = createCostsByDay(store, { days: 2, timeZone: "UTC", now: () => now });
  expect(await utc()).toEqual([
    { day: "2026-11-28", costUsd: 4 },
    { day: "2026-11-29", costUsd: 3 },
  ]);
});

test("reads a session again only after it changed", async () => {
  const store = createMemoryStore();
  const [one, two] = [await store.createSession("one"), await store.createSession("two")];
  await addRun(store, one.sessionId, { costUsd: 1, timestamp: now });
  await addRun(store, two.sessionId, { costUsd: 2, timestamp: now });
  const entries = vi.spyOn(store, "entries");
  const read = createCostsByDay(store, { days: 1, timeZone: "UTC", now: () => now });
  await read();
  await read();
  expect(entries).toHaveBeenCalledTimes(2);

  await addRun(store, one.sessionId, { costUsd: 4, timestamp: now });
  expect(await read()).toEqual([{ day: "2026-11-29", costUsd: 7 }]);
  expect(entries).toHaveBeenCalledTimes(3);
});

test("counts the copied entries of a fork once", async () => {
  const store = createMemoryStore();
  const one = await store.createSession("one");
  await addRun(store, one.sessionId, { costUsd: 1, timestamp: now });
  await store.forkSession(one.sessionId);

  const read = createCostsByDay(store, { days: 1, timeZone: "UTC", now: () => now });
  expect(await read()).toEqual([{ day: "2026-11-29", costUsd: 1 }]);
});

test.each([
  ["that its parent's total includes", 7],
  ["whose parent crashed and recorded its own turns alone", 1],
])("counts a sub-agent once, on its own day, %s", async (_, totalUsd) => {
  const store = createMemoryStore();
  const one = await store.createSession("one");
  const parent = { sessionId: one.sessionId, callId: "c1" };
  const task = await store.createSession("task:one", { parent });
  const inner = await store.createSession("task:task", {
    parent: { sessionId: task.sessionId, callId: "c2" },
  });
  await addRun(store, inner.sessionId, { costUsd: 4, timestamp: now - 24 * hours });
  await addRun(store, task.sessionId, { costUsd: 2, totalUsd: 6, timestamp: now - 24 * hours, callId: "c2" });
  await addRun(store, one.sessionId, { costUsd: 1, totalUsd, timestamp: now, callId: "c1" });

  const read = createCostsByDay(store, { days: 2, timeZone: "UTC", now: () => now });
  expect(await read()).toEqual([
    { day: "2026-11-28", costUsd: 6 },
    { day: "2026-11-29", costUsd: 1 },
  ]);
});
