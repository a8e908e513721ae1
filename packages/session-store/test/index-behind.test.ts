import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";
import { appendToIndex, writeIndex } from "../src/listing/index-file.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { contentsOf, openStore, runEvents, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const indexOf = (folder: string) => join(folder, "sessions.index");

test("corrects an index of before the archive, and returns no archived session", async () => {
  await using folder = await temporaryFolder();
  await using first = await openStore(folder.path);
  const { sessionId } = await first.createSession("webchat");
  await first.appendMessage(sessionId, says("one"));
  await first.close();
  const before = readFileSync(indexOf(folder.path));
  const second = await openStore(folder.path);
  await second.archiveSession(sessionId);
  await second.close();
  for (const isMoved of [true, false]) {
    // Not moved: the process died between the mark and the move.
    if (!isMoved) await moveOutOfArchive(folder.path, sessionId);
    writeFileSync(indexOf(folder.path), before);
    await using third = await openStore(folder.path);
    expect((await third.getOrCreateSession("webchat")).sessionId).not.toBe(sessionId);
    expect((await third.listSessions()).sessions).toEqual([]);
    expect((await third.listSessions({ archived: true })).sessions.length).toBe(1);
  }
});

async function moveOutOfArchive(folder: string, sessionId: string): Promise<void> {
  const { readdirSync } = await import("node:fs");
  const name = readdirSync(join(folder, "archive")).find((one) => one.endsWith(".jsonl")) ?? "";
  renameSync(join(folder, "archive", name), transcriptPath(folder, sessionId));
}

test("reads what another store archived, unarchived and deleted while its writer is open", async () => {
  await using folder = await temporaryFolder();
  await using one = await openStore(folder.path);
  await using other = await openStore(folder.path);
  const { sessionId } = await one.createSession("webchat");
  await one.appendMessage(sessionId, says("one"));
  const listed = async () => {
    const [open, archived] = [await other.listSessions(), await other.listSessions({ archived: true })];
    return [open.sessions.length, archived.sessions.length];
  };
  expect(await listed()).toEqual([1, 0]);
  await one.archiveSession(sessionId);
  expect(await listed()).toEqual([0, 1]);
  await one.unarchiveSession(sessionId);
  expect(await listed()).toEqual([1, 0]);
  expect((await other.getOrCreateSession("webchat")).sessionId).toBe(sessionId);
  await one.deleteSession(sessionId);
  expect(await listed()).toEqual([0, 0]);
});

test("reads the folder again after a line of the index could not be written", async () => {
  await using folder = await temporaryFolder();
  let isFull = false;
  const fs: FileSystem = {
    ...nodeFileSystem,
    write(fd, bytes) {
      if (isFull && String(bytes).includes('"updatedAt"') && !String(bytes).includes('"epoch"')) {
        throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      }
      return nodeFileSystem.write(fd, bytes);
    },
  };
  const store = new JsonlStore({ fs, path: folder.path, durability: "os", lockWaitMs: 0 });
  const { sessionId } = await store.createSession("webchat");
  await store.appendMessage(sessionId, says("one"));
  isFull = true;
  await store.archiveSession(sessionId);
  await store.close();
  await using next = await openStore(folder.path);
  expect((await next.getOrCreateSession("webchat")).sessionId).not.toBe(sessionId);
});

test("keeps a line that another store writes while the index is replaced", async () => {
  await using folder = await temporaryFolder();
  const path = indexOf(folder.path);
  writeFileSync(path, '{"sessionId":"read","gone":true}\n');
  const read = { ino: statSync(path).ino, offset: statSync(path).size };
  const line = { sessionId: "other", key: "k", createdAt: 1, updatedAt: 1 };
  const fs: FileSystem = {
    ...nodeFileSystem,
    rename(from, to) {
      // Before the rename, and at the moment in which the file was opened, but is no longer the
      // index.
      appendToIndex(nodeFileSystem, path, line);
      nodeFileSystem.rename(from, to);
    },
  };
  expect(await writeIndex(fs, path, { entries: [{ ...line, sessionId: "own" }], read })).toBe(true);
  const text = readFileSync(path, "utf8");
  expect(
    text
      .trim()
      .split("\n")
      .map((one) => JSON.parse(one).sessionId),
  ).toEqual(["own", "other"]);
  let isReplaced = false;
  const slow: FileSystem = {
    ...nodeFileSystem,
    write(fd, bytes) {
      if (!isReplaced) {
        isReplaced = true;
        writeFileSync(`${path}.new`, text);
        nodeFileSystem.rename(`${path}.new`, path);
      }
      return nodeFileSystem.write(fd, bytes);
    },
  };
  expect(appendToIndex(slow, path, { sessionId: "late", gone: true })).toBe(true);
  expect(readFileSync(path, "utf8")).toContain('"late"');
});

test("treats copied files as a session of its own", async () => {
  await using folder = await temporaryFolder();
  await using first = await openStore(folder.path);
  const { sessionId } = await first.createSession("webchat");
  const log = await first.openLog(sessionId);
  await log.record([runEvents().user, runEvents().start, runEvents().chunk]);
  mkdirSync(join(folder.path, "live"), { recursive: true });
  copyFileSync(join(folder.path, "live", `${sessionId}.jsonl`), join(folder.path, "live", "copy.jsonl"));
  await log.close();
  await first.close();
  for (const end of [".jsonl", ".meta.json"]) {
    if (end === ".jsonl" || (await first.close()))
      copyFileSync(join(folder.path, sessionId + end), join(folder.path, `copy${end}`));
  }
  await using second = await openStore(folder.path);
  expect((await second.getSession("copy"))?.sessionId).toBe("copy");
  expect((await second.listSessions()).sessions.map((one) => one.sessionId).sort()).toEqual(
    [sessionId, "copy"].sort(),
  );
  await second.appendMessage("copy", says("to the copy"));
  expect(await contentsOf(second, sessionId)).not.toContain("to the copy");
});

test("notices a delete by another store, listed before or not", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const ids: string[] = [];
  for (const content of ["older", "newer"]) {
    const { sessionId } = await store.createSession("k");
    await store.appendMessage(sessionId, says(content));
    ids.push(sessionId);
  }
  await store.close();
  await using server = await openStore(folder.path);
  expect((await server.getOrCreateSession("k")).sessionId).toBe(ids[1]);
  await using script = await openStore(folder.path);
  await script.deleteSession(ids[1] ?? "");
  expect((await server.getOrCreateSession("k")).sessionId).toBe(ids[0]);
  await script.undeleteSession(ids[1] ?? "");
  expect((await server.getOrCreateSession("k")).sessionId).toBe(ids[1]);
});

test("undelete and unarchive overwrite nothing", async () => {
  for (const kind of ["deleted", "archived"] as const) {
    await using folder = await temporaryFolder();
    const path = writeTranscript(folder.path, "s", ["old"]);
    const copy = `${path}.copy`;
    copyFileSync(path, copy);
    await using store = await openStore(folder.path);
    if (kind === "deleted") await store.deleteSession("s");
    else await store.archiveSession("s");
    renameSync(copy, path);
    await store.appendMessage("s", says("new"));
    const back = kind === "deleted" ? store.undeleteSession("s") : store.unarchiveSession("s");
    await expect(back).rejects.toMatchObject({ code: "SESSION_EXISTS" });
    expect(await contentsOf(store, "s")).toEqual(["old", "new"]);
    await store.close();
    rmSync(path);
    await using again = await openStore(folder.path);
    if (kind === "deleted") await again.undeleteSession("s");
    else await again.unarchiveSession("s");
    expect(await contentsOf(again, "s")).toEqual(["old"]);
  }
});

test("recognizes a group of any size by its key after a restart", async () => {
  await using folder = await temporaryFolder();
  const group = Array.from({ length: 2_500 }, (_, index) => says(`${index}`));
  const options = { idempotencyKey: "import" };
  let id = "";
  let first: unknown;
  for (let start = 0; start < 3; start += 1) {
    await using store = await openStore(folder.path);
    if (start === 0) id = (await store.createSession("webchat")).sessionId;
    const entries = await store.appendMessages(id, group, options);
    first ??= entries;
    expect(entries).toEqual(first);
    await store.appendMessage(id, says(`after ${start}`));
    const other = store.appendMessages(id, group.slice(1), options);
    await expect(other).rejects.toMatchObject({ code: "IDEMPOTENCY_CONFLICT" });
  }
});

test("removes nothing while the clock is ahead", async () => {
  await using folder = await temporaryFolder();
  for (const id of ["one", "two", "three"]) writeTranscript(folder.path, id, [id]);
  await using store = await openStore(folder.path);
  await store.deleteSession("one");
  const rightTime = Date.now;
  Date.now = () => rightTime() + 8 * 86_400_000;
  try {
    await store.deleteSession("two");
  } finally {
    Date.now = rightTime;
  }
  await store.deleteSession("three");
  expect((await store.undeleteSession("one")).sessionId).toBe("one");
  expect((await store.undeleteSession("two")).sessionId).toBe("two");
});

test.each(["createSession", "getOrCreateSession", "forkSession"] as const)(
  "the session of %s is the one returned next, though a deleted one was created later by its clock",
  async (create) => {
    await using folder = await temporaryFolder();
    const rightTime = Date.now;
    Date.now = () => rightTime() + 3_600_000;
    let ahead: string;
    try {
      await using store = await openStore(folder.path);
      ahead = (await store.createSession("webchat")).sessionId;
      await store.appendMessage(ahead, says("ahead"));
      await store.deleteSession(ahead);
    } finally {
      Date.now = rightTime;
    }
    rmSync(indexOf(folder.path));
    writeTranscript(folder.path, "origin", ["origin"]);
    await using store = await openStore(folder.path);
    if (create === "getOrCreateSession") await store.deleteSession("origin");
    const { sessionId } = await store[create](create === "forkSession" ? "origin" : "webchat");
    if (create !== "forkSession") await store.appendMessage(sessionId, says("next"));
    await store.undeleteSession(ahead);
    expect((await store.getOrCreateSession("webchat")).sessionId).toBe(sessionId);
  },
);

test.each(["deleteSession", "archiveSession"] as const)(
  "a new session is the newest, though the clock was put back before %s of another",
  async (move) => {
    await using folder = await temporaryFolder();
    await using first = await openStore(folder.path);
    const rightTime = Date.now;
    Date.now = () => rightTime() + 3_600_000;
    const { sessionId: ahead } = await first.createSession("webchat").finally(() => {
      Date.now = rightTime;
    });
    await first.appendMessage(ahead, says("ahead"));
    await first[move](ahead);
    if (move === "archiveSession") await first.deleteSession(ahead);
    await first.close();
    rmSync(indexOf(folder.path));
    await using store = await openStore(folder.path);
    const { sessionId } = await store.createSession("webchat");
    await store.appendMessage(sessionId, says("next"));
    await store.undeleteSession(ahead);
    await store.unarchiveSession(ahead);
    expect((await store.getOrCreateSession("webchat")).sessionId).toBe(sessionId);
  },
);
