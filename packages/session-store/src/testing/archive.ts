import assert from "node:assert/strict";
import { all, code, type PortTests, runEvents, says, sessionOf } from "./fixtures.ts";

export const shelfTests: PortTests = {
  "names a session by its first user message until it is renamed": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "x".repeat(100), "second");
    assert.equal((await store.getSession(sessionId))?.title, "x".repeat(60));
    assert.equal((await store.renameSession(sessionId, "Weather")).title, "Weather");
    await store.appendMessage(sessionId, says("third"));
    assert.equal((await store.getSession(sessionId))?.title, "Weather");
  },
  "archives a session, which can be read but not written until it is unarchived": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "hi");
    assert.equal((await store.archiveSession(sessionId)).archived, true);
    assert.deepEqual((await store.listSessions()).sessions, []);
    assert.equal((await store.listSessions({ archived: true })).sessions[0]?.sessionId, sessionId);
    assert.equal((await store.loadMessages(sessionId))[0]?.content, "hi");
    assert.equal((await store.getSession(sessionId))?.archived, true);
    await assert.rejects(store.appendMessage(sessionId, says("no")), code("SESSION_ARCHIVED"));
    await assert.rejects(store.openLog(sessionId), code("SESSION_ARCHIVED"));
    await assert.rejects(store.archiveSession(sessionId), code("SESSION_ARCHIVED"));
    await assert.rejects(store.renameSession(sessionId, "x"), code("SESSION_ARCHIVED"));
    assert.notEqual((await store.getOrCreateSession("webchat")).sessionId, sessionId);

    assert.equal((await store.unarchiveSession(sessionId)).archived, false);
    await store.appendMessage(sessionId, says("yes"));
    assert.equal((await store.listSessions()).sessions[0]?.sessionId, sessionId);
    assert.equal((await store.unarchiveSession(sessionId)).archived, false);
  },
  "returns the session before an archived one for its key": async (store) => {
    const older = await sessionOf(store, "webchat", "one");
    const newer = await sessionOf(store, "webchat", "two");
    await store.archiveSession(newer);
    assert.equal((await store.getOrCreateSession("webchat")).sessionId, older);
    await store.unarchiveSession(newer);
    assert.equal((await store.getOrCreateSession("webchat")).sessionId, newer);
  },
  "refuses to archive or delete a session in which something runs": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    const { user, start, end } = runEvents("r1");
    await log.record([user, start]);
    await assert.rejects(store.archiveSession(sessionId), code("SESSION_BUSY"));
    await assert.rejects(store.deleteSession(sessionId), code("SESSION_BUSY"));
    await log.record([end]);
    await log.settle();
    await store.archiveSession(sessionId);
    assert.throws(() => log.record([start]), code("LOG_CLOSED"));
  },
  "forks a session at an entry; neither changes the other": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "1", "2", "3");
    const fork = await store.forkSession(sessionId, { at: 2, key: "webchat:alice" });
    assert.deepEqual(fork.forkedFrom, { sessionId, seq: 2 });
    assert.equal(fork.key, "webchat:alice");
    await store.appendMessage(fork.sessionId, says("other"));
    const contents = async (id: string) => (await store.loadMessages(id)).map(({ content }) => content);
    assert.deepEqual(await contents(fork.sessionId), ["1", "2", "other"]);
    assert.deepEqual(await contents(sessionId), ["1", "2", "3"]);
    assert.equal((await store.forkSession(sessionId)).forkedFrom?.seq, 3);
    await assert.rejects(store.forkSession(sessionId, { at: 9 }), code("INVALID_OPTION"));
    await assert.rejects(store.forkSession("nobody"), code("SESSION_NOT_FOUND"));
  },
  "closes a run that a fork cuts, in the fork only": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    const { user, start, call } = runEvents("r1");
    await log.record([user, start, call]);
    const fork = await store.forkSession(sessionId, { at: 3 });
    const kinds = async (id: string) =>
      (await all(store.entries(id))).map((entry) => ("role" in entry ? entry.role : entry.type));
    assert.deepEqual(await kinds(fork.sessionId), ["user", "assistant", "tool", "run_end"]);
    assert.deepEqual(await kinds(sessionId), ["user", "assistant"]);
  },
  "deletes and undeletes a session": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "hi");
    await store.deleteSession(sessionId);
    assert.equal(await store.getSession(sessionId), undefined);
    assert.deepEqual(await store.listSessions(), { sessions: [] });
    await assert.rejects(store.loadMessages(sessionId), code("SESSION_NOT_FOUND"));
    await assert.rejects(store.deleteSession(sessionId), code("SESSION_NOT_FOUND"));
    assert.equal((await store.undeleteSession(sessionId)).sessionId, sessionId);
    assert.equal((await store.loadMessages(sessionId))[0]?.content, "hi");
    assert.equal((await store.listSessions()).sessions.length, 1);
    await assert.rejects(store.undeleteSession(sessionId), code("SESSION_NOT_FOUND"));
  },
  "returns a deleted session until it is undeleted": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "hi");
    assert.equal(await store.getSession(sessionId, { deleted: true }), undefined);
    const before = await store.getSession(sessionId);
    await store.deleteSession(sessionId);
    assert.deepEqual(await store.getSession(sessionId, { deleted: true }), before);
    await store.undeleteSession(sessionId);
    assert.equal(await store.getSession(sessionId, { deleted: true }), undefined);
  },
  "restores no session that never had an entry": async (store) => {
    const { sessionId } = await store.createSession("webchat");
    await store.deleteSession(sessionId);
    await assert.rejects(store.undeleteSession(sessionId), code("SESSION_NOT_FOUND"));
  },
  "undeletes a session for two callers at once": async (store) => {
    const sessionId = await sessionOf(store, "webchat", "hi");
    await store.archiveSession(sessionId);
    const taken = await Promise.all([store.unarchiveSession(sessionId), store.unarchiveSession(sessionId)]);
    assert.deepEqual(
      taken.map(({ archived }) => archived),
      [false, false],
    );
    await store.deleteSession(sessionId);
    const tried = await Promise.allSettled([
      store.undeleteSession(sessionId),
      store.undeleteSession(sessionId),
    ]);
    assert.equal(tried[0].status, "fulfilled");
    if (tried[1].status === "rejected") assert.ok(code("SESSION_NOT_FOUND")(tried[1].reason));
    assert.equal((await store.loadMessages(sessionId))[0]?.content, "hi");
  },
  "deletes an archived session, and one without an entry": async (store) => {
    const kept = await sessionOf(store, "webchat", "hi");
    await store.archiveSession(kept);
    await store.deleteSession(kept);
    assert.deepEqual(await store.listSessions({ archived: true }), { sessions: [] });
    const { sessionId } = await store.createSession("webchat");
    await store.deleteSession(sessionId);
    assert.equal(await store.getSession(sessionId), undefined);
  },
  "finds sessions by title and by text, whatever the case": async (store) => {
    const weather = await sessionOf(store, "webchat", "How is the WEATHER?", "and tomorrow?");
    const titled = await sessionOf(store, "webchat", "hello");
    await store.renameSession(titled, "Weather talk");
    await sessionOf(store, "webchat:bob", "weather, bob");
    const found = await all(store.searchSessions("weather", { key: "webchat" }));
    assert.deepEqual(
      found.map(({ session, message }) => [session.sessionId, message?.content]),
      [
        [titled, undefined],
        [weather, "How is the WEATHER?"],
      ],
    );
    const [first] = found;
    const rest = await all(store.searchSessions("weather", { key: "webchat", cursor: first?.cursor ?? "" }));
    assert.deepEqual(rest, found.slice(1));
    await assert.rejects(
      all(store.searchSessions("weather", { cursor: "elsewhere" })),
      code("INVALID_OPTION"),
    );
    assert.deepEqual(await all(store.searchSessions("nowhere")), []);
    await assert.rejects(all(store.searchSessions(" ")), code("INVALID_OPTION"));
    const signal = AbortSignal.abort(new Error("Stopped."));
    await assert.rejects(all(store.searchSessions("weather", { signal })), /Stopped/);
  },
};
