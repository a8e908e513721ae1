import type { SessionEvent, SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import { spentToday } from "../../src/agent/costs-by-day.ts";

const midnight = Date.UTC(2026, 10, 22);
const now = midnight + 52_205_000;
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

interface RunFields {
  turns: (number | undefined)[];
  total?: number;
  /** A tool call of the first turn. */
  callId?: string;
  timestamp?: number;
  endedAt?: number;
}

/** Adds a run to a session, with the costs of its turns and its total cost. */
async function addRun(
  store: SessionStore,
  sessionId: string,
  { turns, total, callId, timestamp = now, endedAt = timestamp }: RunFields,
): Promise<void> {
  const log = await store.openLog(sessionId);
  const runId = `r${log.lastSeq}`;
  const events: SessionEvent[] = turns.map((costUsd, place) => ({
    ...({
      type: "assistant_message",
      runId,
      id: `${runId}-${place}`,
      content: "ok",
      usage,
      timestamp,
    } as const),
    ...(costUsd !== undefined && { costUsd }),
    ...(callId !== undefined && place === 0 && { toolCalls: [{ callId, toolName: "task", input: {} }] }),
  }));
  const cost = total === undefined ? {} : { costUsd: total };
  await log.record([
    ...events,
    { type: "run_end", runId, outcome: "completed", usage, ...cost, timestamp: endedAt },
  ]);
  await log.close();
}

test("sums the costs since midnight UTC over all sessions, including archived ones", async () => {
  const store = createMemoryStore();
  const old = await store.createSession("old");
  const one = await store.createSession("one");
  const two = await store.createSession("two");
  const put = await store.createSession("put");
  await addRun(store, old.sessionId, { turns: [64], total: 64, timestamp: midnight - 1 });
  await addRun(store, one.sessionId, { turns: [32], total: 32, timestamp: midnight - 1 });
  await addRun(store, one.sessionId, { turns: [1], total: 1, timestamp: midnight });
  await addRun(store, one.sessionId, { turns: [1, 1], total: 2.5 });
  await addRun(store, two.sessionId, { turns: [4], total: 4 });
  await addRun(store, put.sessionId, { turns: [8], total: 8 });
  await store.archiveSession(put.sessionId);
  expect(await spentToday(store, now)).toBe(15.5);
});

test("counts the turns of a run without a total cost", async () => {
  const store = createMemoryStore();
  const { sessionId } = await store.createSession("a");
  await addRun(store, sessionId, { turns: [1, undefined, 2] });
  expect(await spentToday(store, now)).toBe(3);
});

test("counts the copied entries of a fork once", async () => {
  const store = createMemoryStore();
  const { sessionId } = await store.createSession("a");
  await addRun(store, sessionId, { turns: [1], total: 1 });
  const fork = await store.forkSession(sessionId);
  await addRun(store, fork.sessionId, { turns: [2], total: 2 });
  expect(await spentToday(store, now)).toBe(3);
});

test("reads beyond the first page of sessions", async () => {
  const store = createMemoryStore();
  for (let count = 0; count < 60; count += 1) {
    const { sessionId } = await store.createSession(`k${count}`);
    await addRun(store, sessionId, { turns: [1], total: 1 });
  }
  expect(await spentToday(store, now)).toBe(60);
});

/** Returns a sub-agent's session, which a call of the other session started. */
async function addTask(store: SessionStore, sessionId: string, costUsd: number, callId = "c1") {
  const task = await store.createSession(`task:${sessionId}`, { parent: { sessionId, callId } });
  await addRun(store, task.sessionId, { turns: [costUsd], total: costUsd });
  return task;
}

test("counts a sub-agent in the run that started it only", async () => {
  const store = createMemoryStore();
  const { sessionId } = await store.createSession("a");
  await addTask(store, sessionId, 2);
  await addRun(store, sessionId, { turns: [1], total: 3, callId: "c1" });
  expect(await spentToday(store, now)).toBe(3);
});

test("counts a sub-agent whose parent crashed, as the end of that run knows its own turns alone", async () => {
  const store = createMemoryStore();
  const { sessionId } = await store.createSession("a");
  const task = await addTask(store, sessionId, 2);
  await addTask(store, task.sessionId, 8, "inner");
  await addRun(store, task.sessionId, { turns: [1], total: 1, callId: "inner" });
  await addRun(store, sessionId, { turns: [1], total: 1, callId: "c1" });
  expect(await spentToday(store, now)).toBe(12);
});

test("counts a sub-agent whose parent wrote nothing today", async () => {
  const store = createMemoryStore();
  const { sessionId } = await store.createSession("a");
  await addRun(store, sessionId, { turns: [4], total: 4, callId: "c1", timestamp: midnight - 1 });
  const task = await addTask(store, sessionId, 2);
  await addTask(store, task.sessionId, 8, "inner");
  await addRun(store, task.sessionId, { turns: [1], total: 9, callId: "inner" });
  expect(await spentToday(store, now)).toBe(11);
});

test("counts a sub-agent once whose call was made before midnight", async () => {
  const store = createMemoryStore();
  const { sessionId } = await store.createSession("a");
  await addTask(store, sessionId, 2);
  await addRun(store, sessionId, {
    turns: [1],
    total: 3,
    callId: "c1",
    timestamp: midnight - 1,
    endedAt: now,
  });
  expect(await spentToday(store, now)).toBe(3);
});
