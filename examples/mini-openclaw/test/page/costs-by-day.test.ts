import type { SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test, vi } from "vitest";
import { createCostsByDay } from "../../src/agent/costs-by-day.ts";

const now = Date.UTC(2026, 10, 29, 12);
const hours = 3_600_000;
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

async function addRun(store: SessionStore, sessionId: string, costUsd: number, timestamp: number) {
  const log = await store.openLog(sessionId);
  const runId = `r${log.lastSeq}`;
  await log.record([
    { type: "assistant_message", runId, id: runId, content: "ok", usage, costUsd, timestamp },
    { type: "run_end", runId, outcome: "completed", usage, costUsd, timestamp },
  ]);
  await log.close();
}

test("sums the costs of each day over all sessions, in the days of a time zone", async () => {
  const store = createMemoryStore();
  const [one, two] = [await store.createSession("one"), await store.createSession("two")];
  await addRun(store, one.sessionId, 8, now - 240 * hours);
  // In Shanghai it is the morning of the 29th.
  await addRun(store, one.sessionId, 4, now - 16 * hours);
  await addRun(store, one.sessionId, 1, now);
  await addRun(store, two.sessionId, 2, now - hours);
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
  await addRun(store, one.sessionId, 1, now);
  await addRun(store, two.sessionId, 2, now);
  const entries = vi.spyOn(store, "entries");
  const read = createCostsByDay(store, { days: 1, timeZone: "UTC", now: () => now });
  await read();
  await read();
  expect(entries).toHaveBeenCalledTimes(2);

  await addRun(store, one.sessionId, 4, now);
  expect(await read()).toEqual([{ day: "2026-11-29", costUsd: 7 }]);
  expect(entries).toHaveBeenCalledTimes(3);
});

test("counts neither copies in forks nor runs of sub-agents, which belong to others", async () => {
  const store = createMemoryStore();
  const one = await store.createSession("one");
  await addRun(store, one.sessionId, 1, now);
  await store.forkSession(one.sessionId);
  const parent = { sessionId: one.sessionId, callId: "c1" };
  const task = await store.createSession("one", { parent });
  await addRun(store, task.sessionId, 2, now);

  const read = createCostsByDay(store, { days: 1, timeZone: "UTC", now: () => now });
  expect(await read()).toEqual([{ day: "2026-11-29", costUsd: 1 }]);
});
