import assert from "node:assert/strict";
import type { Message, SessionEvent, SessionStore } from "@mini-openclaw/protocol";
import { all, code, type PortTests, runEvents, says, sessionOf } from "./fixtures.ts";

/** Runs a test while the clock is wrong by so many milliseconds. */
async function withClock<T>(offsetMs: number, act: () => Promise<T>): Promise<T> {
  const rightTime = Date.now;
  Date.now = () => rightTime() + offsetMs;
  try {
    return await act();
  } finally {
    Date.now = rightTime;
  }
}

const HOUR_MS = 3_600_000;

/** Values that TypeScript, JSON or a schema does not have. */
const unreadableEvents: Record<string, (runId: string) => unknown> = {
  "a number that is none": (runId) => ({ ...runEvents(runId).answer, costUsd: Number.NaN }),
  "an infinite number": (runId) => ({ ...runEvents(runId).user, timestamp: Number.POSITIVE_INFINITY }),
  "a missing field": (runId) => ({ type: "run_end", runId, outcome: "completed", timestamp: 1 }),
  "a field without a value": (runId) => ({ ...runEvents(runId).answer, content: undefined }),
  "a nested number that is none": (runId) => ({
    ...runEvents(runId).end,
    usage: { ...runEvents(runId).end.usage, inputTokens: Number.NaN },
  }),
  "a live event without its content": (runId) => ({ type: "chunk", runId, messageId: "m" }),
  "an integer that JSON does not have": (runId) => ({
    type: "tool_start",
    runId,
    callId: "c",
    toolName: "t",
    input: { count: 1n },
  }),
  "a circle": (runId) => {
    const input: Record<string, unknown> = {};
    input["self"] = input;
    return { type: "tool_start", runId, callId: "c", toolName: "t", input };
  },
  "an unknown type": (runId) => ({ type: "no_such_event", runId, timestamp: 1 }),
};

const unreadableMessages: Record<string, unknown> = {
  "an infinite time": says("x", Number.POSITIVE_INFINITY),
  "a time that is no number": says("x", Number.NaN),
  "no content": { role: "user", timestamp: 1 },
  "an input that becomes a text": {
    role: "assistant",
    content: "",
    timestamp: 1,
    toolCalls: [{ callId: "c", toolName: "t", input: { toJSON: () => "text" } }],
  },
  null: null,
};

async function numbersOf(store: SessionStore, sessionId: string): Promise<number[]> {
  return (await all(store.entries(sessionId))).map(({ seq }) => seq);
}

export const keptTests: PortTests = {
  "refuses events that could not be read again, and assigns no number to them": async (store) => {
    for (const [what, event] of Object.entries(unreadableEvents)) {
      const { sessionId } = await store.createSession("webchat");
      const log = await store.openLog(sessionId);
      await log.record([runEvents("r").user]);
      const record = async () => log.record([runEvents("r").start, event("r") as SessionEvent]);
      await assert.rejects(record, code("INVALID_MESSAGE"), what);
      assert.equal(log.lastSeq, 1, what);
      await log.record([{ type: "session_updated", title: "next", timestamp: 1 }]);
      assert.deepEqual(await numbersOf(store, sessionId), [1, 2], what);
      await log.close();
    }
  },
  "refuses messages that could not be read again": async (store) => {
    for (const [what, message] of Object.entries(unreadableMessages)) {
      const sessionId = await sessionOf(store, "webchat", "hi");
      const append = () => store.appendMessage(sessionId, message as Message);
      await assert.rejects(append, code("INVALID_MESSAGE"), what);
      assert.equal((await store.appendMessage(sessionId, says("next"))).seq, 2, what);
    }
  },
  "refuses an owner that is no text": async (store) => {
    for (const owner of [1, "", null, {}] as unknown as string[]) {
      await assert.rejects(store.createSession("k", { owner }), code("INVALID_OPTION"));
      await assert.rejects(store.getOrCreateSession("k", { owner }), code("INVALID_OPTION"));
      const sessionId = await sessionOf(store, "k2", "hi");
      await assert.rejects(store.forkSession(sessionId, { owner }), code("INVALID_OPTION"));
    }
  },
  "recognizes the same message under its key in every form of its values": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const message = (input: object) =>
      ({
        role: "assistant",
        content: "",
        timestamp: 1,
        toolCalls: [{ callId: "c", toolName: "t", input }],
      }) as Message;
    const options = { idempotencyKey: "k" };
    const first = await store.appendMessage(
      sessionId,
      message({ a: 1, b: undefined, at: new Date(0), zero: -0 }),
      options,
    );
    const again = await store.appendMessage(
      sessionId,
      message({ zero: 0, at: "1970-01-01T00:00:00.000Z", a: 1 }),
      options,
    );
    assert.deepEqual(again, first);
    await assert.rejects(
      store.appendMessage(sessionId, message({ a: 2 }), options),
      code("IDEMPOTENCY_CONFLICT"),
    );
  },
  "shares no object with its callers": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const call = { callId: "c", toolName: "t", input: { path: "as it was" } };
    const message: Message = { role: "assistant", content: "as it was", timestamp: 1, toolCalls: [call] };
    const spoil = (value: unknown) => {
      const { toolCalls, ...rest } = value as {
        toolCalls?: { input: Record<string, unknown> }[];
        content?: string;
      };
      Object.assign(value as object, { ...rest, content: "spoilt" });
      for (const one of toolCalls ?? []) one.input["path"] = "spoilt";
    };
    const expectSame = async () => {
      const texts = [
        JSON.stringify(await store.loadMessages(sessionId)),
        JSON.stringify(await all(store.entries(sessionId))),
      ];
      for (const text of texts) assert.ok(text.includes("as it was") && !text.includes("spoilt"), text);
    };
    const appended = await store.appendMessage(sessionId, message);
    spoil(message);
    spoil(appended);
    await expectSame();
    for (const given of await store.loadMessages(sessionId)) spoil(given);
    for (const given of await all(store.entries(sessionId))) spoil(given);
    await expectSame();
    const meta = await store.getSession(sessionId);
    Object.assign(meta ?? {}, { title: "spoilt", archived: true });
    assert.notEqual((await store.getSession(sessionId))?.title, "spoilt");
  },
  "returns the session of a key that was created last, whatever the clock is": async (store) => {
    const old = await withClock(HOUR_MS, () => sessionOf(store, "webchat", "old"));
    const { sessionId } = await store.createSession("webchat");
    assert.equal((await store.getOrCreateSession("webchat")).sessionId, sessionId);
    await store.appendMessage(sessionId, says("new"));
    assert.equal((await store.getOrCreateSession("webchat")).sessionId, sessionId);
    await store.archiveSession(sessionId);
    assert.equal((await store.getOrCreateSession("webchat")).sessionId, old);
  },
  "returns no archived session for a key, whatever the times of its messages": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    await store.appendMessage(sessionId, says("from the future", Date.now() + HOUR_MS));
    await store.archiveSession(sessionId);
    assert.equal((await store.listSessions()).sessions.length, 0);
    assert.equal((await store.listSessions({ archived: true })).sessions.length, 1);
    const given = await store.getOrCreateSession("webchat");
    await store.appendMessage(given.sessionId, says("two"));
    await store.unarchiveSession(sessionId);
    assert.equal((await store.listSessions()).sessions.length, 2);
  },
  "searches and lists each session once, in the order of the returned times": async (store) => {
    for (const [key, times] of Object.entries({ a: [100], b: [200], x: [300, 50], y: [1e21] })) {
      const { sessionId } = await store.createSession(key);
      for (const time of times) await store.appendMessage(sessionId, says("hello", time));
    }
    const seen: string[] = [];
    for (let cursor: string | undefined, more = true; more; ) {
      more = false;
      for await (const hit of store.searchSessions("hello", cursor === undefined ? {} : { cursor })) {
        seen.push(hit.session.key);
        ({ cursor } = hit);
        more = true;
        break;
      }
      assert.ok(seen.length < 9, seen.join());
    }
    assert.deepEqual(seen, ["y", "b", "a", "x"]);
    const listed: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listSessions({ limit: 1, ...(cursor !== undefined && { cursor }) });
      listed.push(...page.sessions.map(({ updatedAt }) => updatedAt));
      ({ cursor } = page);
    } while (cursor !== undefined);
    assert.deepEqual(listed, [1e21, 200, 100, 50]);
  },
};
