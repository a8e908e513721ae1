import assert from "node:assert/strict";
import type { RecordedEvent } from "@mini-openclaw/protocol";
import { all, code, type PortTests, readUntil, runEvents, says } from "./fixtures.ts";

const types = (numbered: readonly RecordedEvent[]) => numbered.map(({ event }) => event.type);

export const logTests: PortTests = {
  "numbers events and keeps messages as entries of the same number": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    const { user, start, chunk, answer, done, end } = runEvents("r1");
    const recorded = await log.record([user, start, chunk, answer, done, end]);
    assert.deepEqual(
      recorded.map(({ event }) => event.seq),
      [1, 2, 3, 4, 5, 6],
    );
    for (const { event, json } of recorded) assert.deepEqual(JSON.parse(json), event);
    const entries = await all(store.entries(sessionId));
    assert.deepEqual(
      entries.map((entry) => [entry.seq, "role" in entry ? entry.role : entry.type]),
      [
        [1, "user"],
        [4, "assistant"],
        [6, "run_end"],
      ],
    );
    assert.equal(log.lastSeq, 6);
  },
  "adds up what the runs of a session cost": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 };
    for (const runId of ["r1", "r2"]) await log.record([{ ...runEvents(runId).end, usage, costUsd: 0.25 }]);
    await log.record([{ ...runEvents("r3").end, usage }]);
    const meta = await store.getSession(sessionId);
    const sum = { inputTokens: 3, outputTokens: 6, cacheReadTokens: 9, cacheWriteTokens: 12 };
    assert.deepEqual([meta?.usage, meta?.costUsd], [sum, 0.5]);
  },
  "counts what a run cost that its writer left open": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4 };
    const { user, start, answer, chunk } = runEvents("r1");
    const log = await store.openLog(sessionId);
    await log.record([user, start, { ...answer, usage, costUsd: 0.25 }]);
    await log.record([
      { ...answer, id: "second", usage, costUsd: 0.5 },
      { ...chunk, messageId: "third" },
    ]);
    await log.close();
    await (await store.openLog(sessionId)).close();
    const meta = await store.getSession(sessionId);
    const sum = { inputTokens: 2, outputTokens: 4, cacheReadTokens: 6, cacheWriteTokens: 8 };
    assert.deepEqual([meta?.usage, meta?.costUsd], [sum, 0.75]);
  },
  "yields recorded events, then new ones": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    const { user, start, chunk, answer, done, end } = runEvents("r1");
    const before = await log.record([user, start, chunk]);
    const reading = readUntil(log, end);
    const after = [...(await log.record([answer])), ...(await log.record([done, end]))];
    assert.deepEqual(await reading, [...before, ...after]);
    assert.deepEqual(await readUntil(log, end, 3), after);
  },
  "yields all events in order to a reader that is far behind": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    const { user, start, chunk, answer, done, end } = runEvents("r1");
    await log.record([user, start]);
    for (let count = 0; count < 1_000; count += 1) await log.record([{ ...chunk, content: `${count} ` }]);
    await log.record([answer, done, end]);
    const read = await readUntil(log, end);
    assert.deepEqual(
      read.map(({ event }) => event.seq),
      Array.from({ length: 1_005 }, (_, index) => index + 1),
    );
  },
  "ends readers when the log is closed or their signal aborts": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    const aborting = new AbortController();
    const stopped = all(log.read({ signal: aborting.signal }));
    const ended = all(log.read());
    aborting.abort();
    assert.deepEqual(await stopped, []);
    await log.close();
    assert.deepEqual(await ended, []);
    await log.close();
    assert.throws(() => log.record([runEvents("r1").start]), code("LOG_CLOSED"));
  },
  "forgets live events when the session settles, and keeps their numbers": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const first = await store.openLog(sessionId);
    const { user, start, chunk, answer, done, end } = runEvents("r1");
    await first.record([user, start, chunk, answer, done, end]);
    await first.settle();
    await first.close();
    const log = await store.openLog(sessionId);
    assert.deepEqual(types(await readUntil(log, end)), ["user_message", "assistant_message", "run_end"]);
    assert.equal(log.lastSeq, 6);
    assert.equal(log.epoch, first.epoch);
  },
  "opens one log at a time": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    await assert.rejects(store.openLog(sessionId), code("SESSION_LOCKED"));
    await log.close();
    await (await store.openLog(sessionId)).close();
  },
  "appends messages beside an open log, in one order": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    const { user, end } = runEvents("r1");
    await log.record([user]);
    const { seq } = await store.appendMessage(sessionId, says("meanwhile"));
    await log.record([end]);
    assert.equal(seq, 2);
    assert.equal(log.lastSeq, 3);
  },
  "closes an unfinished run when its log is opened again": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const left = await store.openLog(sessionId);
    const { user, start, call, chunk } = runEvents("r1");
    await left.record([user, start, call, chunk, runEvents("r2").queued]);
    const { lastSeq } = left;
    await left.close();
    const log = await store.openLog(sessionId);
    const read = await readUntil(log, runEvents("r2").end, lastSeq);
    const kept = read.filter(({ event }) => event.type !== "message_done");
    assert.deepEqual(
      kept.map(({ event }) => [event.seq, event.type, "runId" in event && event.runId]),
      [
        [6, "tool_done", "r1"],
        [7, "assistant_message", "r1"],
        [9, "run_end", "r1"],
        [10, "user_message", "r2"],
        [11, "run_end", "r2"],
      ],
    );
    const [, , , answer, last] = await store.loadMessages(sessionId);
    assert.deepEqual(
      [answer?.content, answer?.role === "assistant" && answer.partial, last?.content],
      ["Hel", "interrupted", "later"],
    );
  },
  "recovers every session whose run was left unfinished": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const left = await store.openLog(sessionId);
    const { user, start } = runEvents("r1");
    await left.record([user, start]);
    await left.close();
    assert.deepEqual(await store.recover(), [sessionId]);
    assert.deepEqual(await store.recover(), []);
    const entries = await all(store.entries(sessionId));
    assert.deepEqual(
      entries.map((entry) =>
        "role" in entry ? entry.role : `${entry.type} ${"outcome" in entry && entry.outcome}`,
      ),
      ["user", "run_end interrupted"],
    );
  },
};
