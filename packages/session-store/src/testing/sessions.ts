import assert from "node:assert/strict";
import { code, type PortTests, says, sessionOf } from "./fixtures.ts";

export const sessionTests: PortTests = {
  "returns the same session for the same key": async (store) => {
    const { sessionId } = await store.getOrCreateSession("webchat");
    assert.equal((await store.getOrCreateSession("webchat")).sessionId, sessionId);
    await store.appendMessage(sessionId, says("hi"));
    assert.equal((await store.getOrCreateSession("webchat")).sessionId, sessionId);
  },
  "keeps keys that have NUL or half of a character apart": async (store) => {
    const keys = ["a\u0000b", "ab", "a\\u0000b", "a\ud83d", "a\ufffd"];
    const ids = new Map<string, string>();
    for (const key of keys) ids.set(await sessionOf(store, key, key), key);
    assert.equal(ids.size, keys.length);
    for (const [sessionId, key] of ids) {
      assert.equal((await store.getOrCreateSession(key)).sessionId, sessionId);
      assert.equal((await store.getSession(sessionId))?.key, key);
      const { sessions } = await store.listSessions({ key, limit: 2 });
      assert.deepEqual(
        sessions.map((session) => session.sessionId),
        [sessionId],
      );
    }
  },
  "returns the session of a key that was created last, not the one written last": async (store) => {
    const old = await sessionOf(store, "webchat", "one");
    const { sessionId } = await store.createSession("webchat");
    await store.appendMessage(old, says("two"));
    assert.equal((await store.getOrCreateSession("webchat")).sessionId, sessionId);
    await store.appendMessage(sessionId, says("three"));
    await store.appendMessage(old, says("four"));
    assert.equal((await store.getOrCreateSession("webchat")).sessionId, sessionId);
  },
  "returns key, channel, owner, title and counts of a session": async (store) => {
    const { sessionId } = await store.createSession("telegram:42", { owner: "alice" });
    await store.appendMessage(sessionId, says("  What is\n a session? ", 1_000));
    await store.appendMessage(sessionId, {
      role: "assistant",
      content: "One conversation.",
      timestamp: 2_000,
    });
    await store.appendMessage(sessionId, { role: "system", content: "noted", timestamp: 3_000 });
    const meta = await store.getSession(sessionId);
    assert.ok(meta);
    const { createdAt, epoch, ...rest } = meta;
    assert.ok(createdAt > 1_700_000_000_000);
    assert.equal(typeof epoch, "string");
    assert.deepEqual(rest, {
      sessionId,
      key: "telegram:42",
      channel: "telegram",
      owner: "alice",
      title: "What is a session?",
      updatedAt: 3_000,
      messageCount: 2,
      lastSeq: 3,
    });
  },
  "returns the parent and the newest list of steps of a session": async (store) => {
    const parent = { sessionId: "parent", callId: "c1" };
    const { sessionId } = await store.createSession("task:parent", { parent });
    assert.deepEqual((await store.getSession(sessionId))?.parent, parent);
    const log = await store.openLog(sessionId);
    const run = { runId: "r1", timestamp: 1_000 };
    const items = [{ text: "Look", state: "active" as const }];
    await log.record([{ type: "user_message", id: "u1", content: "hi", ...run }]);
    await log.record([{ type: "todo_updated", items, ...run }]);
    const meta = await store.getSession(sessionId);
    assert.deepEqual([meta?.parent, meta?.todo], [parent, items]);
    await log.record([{ type: "todo_updated", items: [], ...run }]);
    assert.equal((await store.getSession(sessionId))?.todo, undefined);
    await log.close();
  },
  "returns a session at every moment around its first entry": async (store) => {
    for (let steps = 0; steps < 30; steps += 1) {
      const { sessionId } = await store.createSession("webchat");
      const appended = store.appendMessage(sessionId, says("hi"));
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      const [meta, messages] = await Promise.all([
        store.getSession(sessionId),
        store.loadMessages(sessionId),
      ]);
      assert.equal(meta?.sessionId, sessionId);
      assert.ok(messages.length <= 1);
      await appended;
    }
  },
  "lists a session from its first entry on": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    assert.deepEqual(await store.listSessions(), { sessions: [] });
    await store.appendMessage(sessionId, says("hi"));
    const { sessions } = await store.listSessions();
    assert.deepEqual(sessions, [await store.getSession(sessionId)]);
  },
  "lists the session updated last first, page by page": async (store) => {
    const ids: string[] = [];
    for (const timestamp of [3_000, 1_000, 2_000, 2_000, 5_000]) {
      const { sessionId } = await store.createSession("webchat");
      await store.appendMessage(sessionId, says("hi", timestamp));
      ids.push(sessionId);
    }
    const [a, b, c, d, e] = ids;
    const pages: (string | undefined)[][] = [];
    let cursor: string | undefined;
    do {
      const page = await store.listSessions({ limit: 2, ...(cursor !== undefined && { cursor }) });
      pages.push(page.sessions.map(({ sessionId }) => sessionId));
      cursor = page.cursor;
    } while (cursor !== undefined);
    assert.deepEqual(pages, [[e, a], [d, c], [b]]);
  },
  "lists the sessions of one key": async (store) => {
    await sessionOf(store, "telegram:1", "hi");
    const mine = await sessionOf(store, "webchat:alice", "hi");
    const { sessions } = await store.listSessions({ key: "webchat:alice" });
    assert.deepEqual(
      sessions.map(({ sessionId }) => sessionId),
      [mine],
    );
  },
  "lists and finds the sessions whose key begins with a text": async (store) => {
    await sessionOf(store, "ai", "hi");
    const one = await sessionOf(store, "ai:1", "hi");
    const two = await sessionOf(store, "ai:2", "hi");
    await sessionOf(store, "webchat:ai:1", "hi");
    const { sessions } = await store.listSessions({ keyPrefix: "ai:" });
    assert.deepEqual(new Set(sessions.map(({ sessionId }) => sessionId)), new Set([one, two]));
    const found = new Set<string>();
    for await (const { session } of store.searchSessions("hi", { keyPrefix: "ai:" }))
      found.add(session.sessionId);
    assert.deepEqual(found, new Set([one, two]));
  },
  "rejects the id of a session that does not exist": async (store) => {
    assert.equal(await store.getSession("nobody"), undefined);
    await assert.rejects(store.openLog("nobody"), code("SESSION_NOT_FOUND"));
    await assert.rejects(store.loadMessages("nobody"), code("SESSION_NOT_FOUND"));
    await assert.rejects(store.appendMessage("nobody", says("hi")), code("SESSION_NOT_FOUND"));
  },
  "refuses a bad session id, key, limit or cursor": async (store) => {
    await assert.rejects(store.getSession("../../etc/passwd"), code("INVALID_SESSION_ID"));
    await assert.rejects(store.loadMessages(""), code("INVALID_SESSION_ID"));
    await assert.rejects(store.getOrCreateSession(""), code("INVALID_KEY"));
    await assert.rejects(store.listSessions({ limit: 0 }), code("INVALID_OPTION"));
    await assert.rejects(store.listSessions({ cursor: "elsewhere" }), code("INVALID_OPTION"));
  },
  "rejects every call after close": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "hi");
    await store.close();
    await store.close();
    await assert.rejects(store.getOrCreateSession("webchat"), code("STORE_CLOSED"));
    await assert.rejects(store.getSession(sessionId), code("STORE_CLOSED"));
    await assert.rejects(store.listSessions(), code("STORE_CLOSED"));
    await assert.rejects(store.appendMessage(sessionId, says("hi")), code("STORE_CLOSED"));
    await assert.rejects(store.loadMessages(sessionId), code("STORE_CLOSED"));
    await assert.rejects(store.openLog(sessionId), code("STORE_CLOSED"));
    await assert.rejects(store.recover(), code("STORE_CLOSED"));
  },
};
