import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  contentsOf,
  linesOf,
  openStore,
  runEvents,
  says,
  transcriptPath,
  writeTranscript,
} from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("writes nothing before the first entry", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(join(folder.path, "sessions"));
  const { sessionId } = await store.getOrCreateSession("webchat");
  const log = await store.openLog(sessionId);
  await store.listSessions();
  await log.close();
  expect(readdirSync(folder.path)).toEqual([]);
});

test("writes a header and one line for each entry, in the order of their numbers", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const { sessionId, createdAt } = await store.createSession("telegram:42", { owner: "alice" });
  const log = await store.openLog(sessionId);
  const { user, start, chunk, answer, done, end } = runEvents();
  await log.record([user, start]);
  await log.record([chunk]);
  await log.record([answer, done, end]);

  const timestamp = user.timestamp;
  expect(linesOf(transcriptPath(folder.path, sessionId))).toEqual([
    { type: "session", v: 1, sessionId, key: "telegram:42", createdAt, owner: "alice" },
    { seq: 1, id: "user-r1", runId: "r1", role: "user", content: "hi", timestamp },
    { seq: 4, id: "answer-r1", runId: "r1", role: "assistant", content: "Hello", timestamp },
    { seq: 6, type: "run_end", runId: "r1", outcome: "completed", usage: end.usage, timestamp },
  ]);
});

test("writes the header into the transcript when a live event comes first", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  const { user, start, chunk } = runEvents();
  const queued = { type: "message_queued", runId: "r1", content: "hi", timestamp: user.timestamp } as const;
  await log.record([queued, user, start, chunk]);
  const kinds = (path: string) => linesOf(path).map(({ type, role }) => type ?? role);
  expect(kinds(transcriptPath(folder.path, sessionId))).toEqual(["session", "user"]);
  expect(kinds(join(folder.path, "live", `${sessionId}.jsonl`))).toEqual([
    "message_queued",
    "run_start",
    "chunk",
  ]);
});

test("keeps live events in a journal whose lines are the frames, until the session settles", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  const { user, start, chunk, answer, done, end } = runEvents();
  const shown = [...(await log.record([user, start])), ...(await log.record([chunk]))];
  const journal = join(folder.path, "live", `${sessionId}.jsonl`);
  expect(readFileSync(journal, "utf8")).toEqual(
    shown
      .slice(1)
      .map(({ json }) => `${json}\n`)
      .join(""),
  );
  await log.record([answer, done, end]);
  await log.settle();
  expect(readFileSync(journal, "utf8")).toBe("");
  await log.close();
  expect(existsSync(journal)).toBe(false);
});

test("saves the checkpoint after a run when the transcript has grown enough, and when it closes", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  const { user, start, end } = runEvents();
  const meta = join(folder.path, `${sessionId}.meta.json`);
  const transcript = transcriptPath(folder.path, sessionId);
  const savedBytes = () => (JSON.parse(readFileSync(meta, "utf8")) as { bytes: number }).bytes;
  await log.record([user, start, end]);
  await log.settle();
  await nextTurn();
  expect(existsSync(meta)).toBe(false);

  await log.record([{ ...user, content: "x".repeat(65_536) }, start, end]);
  await log.settle();
  // The last events of the run go first.
  expect(existsSync(meta)).toBe(false);
  await nextTurn();
  const large = statSync(transcript).size;
  expect(savedBytes()).toBe(large);

  await log.record([user, start, end]);
  await log.settle();
  await nextTurn();
  expect(savedBytes()).toBe(large);
  await log.close();
  expect(savedBytes()).toBe(statSync(transcript).size);
});

test("begins another journal when the one of a settled session was removed", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  const { user, start, chunk, answer, done, end } = runEvents();
  await log.record([user, start, chunk, answer, done, end]);
  await log.settle();
  const journal = join(folder.path, "live", `${sessionId}.jsonl`);
  rmSync(journal);
  const [, shown] = await log.record([user, start]);
  expect(readFileSync(journal, "utf8")).toBe(`${shown?.json}\n`);
});

test("recovers the other sessions when a newer version wrote one", async () => {
  await using folder = await temporaryFolder();
  const newer = writeTranscript(folder.path, "newer", ["hi"]);
  writeFileSync(newer, readFileSync(newer, "utf8").replace('"v":1', '"v":99'));
  writeTranscript(folder.path, "ours", ["hi"]);
  mkdirSync(join(folder.path, "live"));
  writeFileSync(join(folder.path, "live", "newer.jsonl"), "");
  const { start } = runEvents();
  const shown = { ...start, sessionId: "ours", seq: 2 };
  writeFileSync(join(folder.path, "live", "ours.jsonl"), `${JSON.stringify(shown)}\n`);
  await using store = await openStore(folder.path);

  expect(await store.recover()).toEqual(["ours"]);
});

test("keeps the journal when only the journal has the newest number", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  const { user, end, chunk } = runEvents();
  await log.record([user, end, chunk]);
  await log.settle();
  await log.close();
  const again = await store.openLog(sessionId);
  expect(again.lastSeq).toBeGreaterThanOrEqual(3);
});

test("creates files that only their owner can read", async () => {
  await using folder = await temporaryFolder();
  const before = process.umask(0);
  try {
    await using store = await openStore(join(folder.path, "sessions"));
    const { sessionId } = await store.createSession("webchat");
    const log = await store.openLog(sessionId);
    await log.record([runEvents().user, runEvents().start]);
    const mode = (...path: string[]) => statSync(join(folder.path, "sessions", ...path)).mode & 0o777;
    expect([mode(), mode("live"), mode(`${sessionId}.jsonl`), mode("live", `${sessionId}.jsonl`)]).toEqual([
      0o700, 0o700, 0o600, 0o600,
    ]);
  } finally {
    process.umask(before);
  }
});

test("lists the same sessions when its caches are deleted", async () => {
  await using folder = await temporaryFolder();
  const first = await openStore(folder.path);
  for (const key of ["webchat", "webchat", "telegram:1"]) {
    const { sessionId } = await first.createSession(key);
    await first.appendMessage(sessionId, says(`to ${key}`));
    await first.appendMessage(sessionId, { role: "assistant", content: "yes", timestamp: Math.random() });
  }
  const before = await first.listSessions();
  await first.close();
  const caches = readdirSync(folder.path).filter((name) => /\.meta\.json$|\.index$/.test(name));
  expect(caches.length).toBe(4);
  for (const name of caches) rmSync(join(folder.path, name));

  await using second = await openStore(folder.path);
  expect(await second.listSessions()).toEqual(before);
  expect((await second.getOrCreateSession("telegram:1")).title).toBe("to telegram:1");
});

test("ignores a cache that does not fit its transcript", async () => {
  await using folder = await temporaryFolder();
  const first = await openStore(folder.path);
  const { sessionId } = await first.createSession("webchat");
  await first.appendMessage(sessionId, says("one"));
  await first.close();
  const path = transcriptPath(folder.path, sessionId);
  const [header] = readFileSync(path, "utf8").split("\n");
  const { writeFileSync } = await import("node:fs");
  const other = JSON.stringify({ seq: 7, id: "x", ...says("another text, and a longer one") });
  writeFileSync(path, `${header}\n${other}\n`);

  await using second = await openStore(folder.path);
  const entry = await second.appendMessage(sessionId, says("next"));
  expect(entry.seq).toBe(8);
  expect(await contentsOf(second, sessionId)).toEqual(["another text, and a longer one", "next"]);
  expect((await second.getSession(sessionId))?.messageCount).toBe(2);
});

test("finds sessions that another store on the same folder wrote", async () => {
  await using folder = await temporaryFolder();
  await using one = await openStore(folder.path);
  await using other = await openStore(folder.path);
  await other.listSessions();
  const { sessionId } = await one.createSession("webchat");
  await one.appendMessage(sessionId, says("hi"));
  expect((await other.listSessions()).sessions.map((session) => session.sessionId)).toEqual([sessionId]);
  expect(await contentsOf(other, sessionId)).toEqual(["hi"]);
  expect((await other.getOrCreateSession("webchat")).sessionId).toBe(sessionId);
  await one.deleteSession(sessionId);
  expect(await other.listSessions()).toEqual({ sessions: [] });
});

test("removes deleted sessions after seven days", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const ids: string[] = [];
  for (const content of ["old", "new"]) {
    const { sessionId } = await store.createSession("webchat");
    await store.appendMessage(sessionId, says(content));
    ids.push(sessionId);
  }
  const [old = "", recent = ""] = ids;
  await store.deleteSession(old);
  const { renameSync } = await import("node:fs");
  const shelf = join(folder.path, "deleted");
  const eightDaysAgo = Date.now() - 8 * 24 * 60 * 60 * 1000;
  for (const name of readdirSync(shelf)) {
    renameSync(join(shelf, name), join(shelf, name.replace(/\.\d+\./, `.${eightDaysAgo}.`)));
  }
  await store.deleteSession(recent);
  await expect(store.undeleteSession(old)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  expect((await store.undeleteSession(recent)).title).toBe("new");
});

test("deletes beside many deleted sessions at about the cost of beside none", async () => {
  const cost = async (deleted: number) => {
    await using folder = await temporaryFolder();
    mkdirSync(join(folder.path, "deleted"));
    for (let count = 0; count < deleted; count += 1) {
      writeFileSync(join(folder.path, "deleted", `d${count}.${Date.now()}.jsonl`), "");
    }
    for (let count = 0; count < 100; count += 1) writeTranscript(folder.path, `s${count}`, ["hi"]);
    await using store = await openStore(folder.path);
    await store.listSessions();
    const before = process.cpuUsage();
    for (let count = 0; count < 100; count += 1) await store.deleteSession(`s${count}`);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  await cost(0);
  expect((await cost(4_000)) / (await cost(0))).toBeLessThan(4);
});

test("counts the cost of a turn that a crash cut, in its session too", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  const { user, start, chunk } = runEvents();
  const usage = { inputTokens: 900, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
  await log.record([user, start, { ...chunk, usage, costUsd: 0.25 }, chunk]);
  await log.close();
  expect(await store.recover()).toEqual([sessionId]);
  expect(await store.getSession(sessionId)).toMatchObject({ usage, costUsd: 0.25 });
});
