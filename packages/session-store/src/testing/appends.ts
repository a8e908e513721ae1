import assert from "node:assert/strict";
import type { Message } from "@mini-openclaw/protocol";
import { code, type PortTests, readUntil, runEvents, says, sessionOf } from "./fixtures.ts";

export const appendTests: PortTests = {
  "appends several messages in one piece": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "hi");
    const group: Message[] = [
      {
        role: "assistant",
        content: "",
        timestamp: 1,
        toolCalls: [{ callId: "c", toolName: "bash", input: {} }],
      },
      { role: "tool", callId: "c", toolName: "bash", content: "total 0", isError: false, timestamp: 2 },
    ];
    const entries = await store.appendMessages(sessionId, group);
    assert.deepEqual(
      entries.map(({ seq, role }) => [seq, role]),
      [
        [2, "assistant"],
        [3, "tool"],
      ],
    );
    assert.deepEqual((await store.loadMessages(sessionId)).slice(1), entries);
    assert.deepEqual(await store.appendMessages(sessionId, []), []);
    const { sessionId: empty } = await store.createSession("webchat");
    await store.appendMessages(empty, []);
    assert.equal((await store.listSessions()).sessions.length, 1);
  },
  "keeps none of a group that has a bad message": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "hi");
    const bad = { role: "user", content: 1 } as unknown as Message;
    await assert.rejects(store.appendMessages(sessionId, [says("one"), bad]), code("INVALID_MESSAGE"));
    assert.equal((await store.loadMessages(sessionId)).length, 1);
  },
  "appends once under one idempotency key, and returns the same entries": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const first = await store.appendMessages(sessionId, [says("a"), says("b")], { idempotencyKey: "k" });
    await store.appendMessage(sessionId, says("c"));
    assert.deepEqual(
      await store.appendMessages(sessionId, [says("a"), says("b")], { idempotencyKey: "k" }),
      first,
    );
    const loaded = await store.loadMessages(sessionId);
    assert.deepEqual(
      loaded.map(({ content }) => content),
      ["a", "b", "c"],
    );
  },
  "appends once when the same key comes many times at once": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const entries = await Promise.all(
      Array.from({ length: 20 }, () => store.appendMessage(sessionId, says("a"), { idempotencyKey: "k" })),
    );
    assert.equal(new Set(entries.map(({ id }) => id)).size, 1);
    assert.equal((await store.loadMessages(sessionId)).length, 1);
  },
  "refuses an idempotency key with other messages than before": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    await store.appendMessage(sessionId, says("a"), { idempotencyKey: "k" });
    await assert.rejects(
      store.appendMessage(sessionId, says("b"), { idempotencyKey: "k" }),
      code("IDEMPOTENCY_CONFLICT"),
    );
  },
  "appends only if the newest number is the expected one": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    await store.appendMessage(sessionId, says("a"), { expect: { seq: 0 } });
    await assert.rejects(
      store.appendMessage(sessionId, says("b"), { expect: { seq: 0 } }),
      code("SEQ_MISMATCH"),
    );
    await store.appendMessage(sessionId, says("c"), { expect: { seq: 1 } });
    const loaded = await store.loadMessages(sessionId);
    assert.deepEqual(
      loaded.map(({ content }) => content),
      ["a", "c"],
    );
  },
  "lets one of several compare-and-appends win": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const results = await Promise.allSettled(
      ["a", "b", "c"].map((content) => store.appendMessage(sessionId, says(content), { expect: { seq: 0 } })),
    );
    assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
  },
  "appends with the requested durability": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    await store.appendMessage(sessionId, says("a"), { durability: "disk" });
    await store.appendMessage(sessionId, says("b"), { durability: "os" });
    assert.equal((await store.loadMessages(sessionId)).length, 2);
  },
  "refuses options that are out of range": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const bad = [{ idempotencyKey: "" }, { expect: { seq: -1 } }, { durability: "tape" as "disk" }];
    for (const options of bad) {
      await assert.rejects(store.appendMessage(sessionId, says("a"), options), code("INVALID_OPTION"));
    }
    await assert.rejects(store.loadMessages(sessionId, { limit: 1.5 }), code("INVALID_OPTION"));
    await assert.rejects(store.renameSession(sessionId, ""), code("INVALID_OPTION"));
  },
  "emits a new title to the readers of the log": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    const { user, end } = runEvents("r1");
    await log.record([user]);
    await store.renameSession(sessionId, "Weather");
    await log.record([end]);
    const read = await readUntil(log, end);
    assert.deepEqual(
      read.map(({ event }) => [event.seq, event.type]),
      [
        [1, "user_message"],
        [2, "session_updated"],
        [3, "run_end"],
      ],
    );
  },
};
