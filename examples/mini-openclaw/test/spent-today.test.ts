import type { SessionEvent, SessionStore } from "@mini-openclaw/protocol";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, test } from "vitest";
import { spentToday } from "../src/agent/spent-today.ts";

const midnight = Date.UTC(2026, 10, 22);
const now = midnight + 52_205_000;
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** Adds a run to a session, with the costs of its turns and its total cost. */
async function addRun(
  store: SessionStore,
  sessionId: string,
  { turns, total, timestamp = now }: { turns: (number | undefined)[]; total?: number; timestamp?: number },
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
  }));
  const cost = total === undefined ? {} : { costUsd: total };
  await log.record([...events, { type: "run_end", runId, outcome: "completed", usage, ...cost, timestamp }]);
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

test("counts a sub-agent in the run that started it only", async () => {
  const store = createMemoryStore();
  const { sessionId } = await store.createSession("a");
  const parent = { sessionId, callId: "c1" };
  const task = await store.createSession(`task:${sessionId}`, { parent });
  await addRun(store, task.sessionId, { turns: [2], total: 2 });
  await addRun(store, sessionId, { turns: [1], total: 3 });
  expect(await spentToday(store, now)).toBe(3);
});
