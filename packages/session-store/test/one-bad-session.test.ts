import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { repairSession } from "../src/store/repair.ts";
import { openStore, runEvents, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Fails each open of a path that ends so, as for a file of another user. */
function refusing(end: string, code: string): FileSystem {
  const open: FileSystem["open"] = (path, flags) => {
    if (path.endsWith(end)) throw Object.assign(new Error(`${code}: ${path}`), { code });
    return nodeFileSystem.open(path, flags);
  };
  return { ...nodeFileSystem, open };
}

const foreign = Array.from({ length: 40 }, (_, index) => ({
  kind: "reply",
  uuid: `u-${index}`,
  body: { text: "x" },
}));

interface Spoilt {
  spoil?: (folder: string) => void;
  fs?: FileSystem;
  code: string;
}

const transcripts: Record<string, Spoilt> = {
  "may not be read": { fs: refusing("bad.jsonl", "EACCES"), code: "READ_FAILED" },
  "has an I/O error": { fs: refusing("bad.jsonl", "EIO"), code: "READ_FAILED" },
  "is a folder": {
    spoil: (folder) => {
      rmSync(transcriptPath(folder, "bad"));
      mkdirSync(transcriptPath(folder, "bad"));
    },
    code: "NOT_A_FILE",
  },
  "is a link": {
    spoil: (folder) => {
      rmSync(transcriptPath(folder, "bad"));
      symlinkSync(transcriptPath(folder, "good-1"), transcriptPath(folder, "bad"));
    },
    code: "NOT_A_FILE",
  },
  "is of a newer version": {
    spoil: (folder) => writeFileSync(transcriptPath(folder, "bad"), '{"type":"session","v":99}\n{"seq":1}\n'),
    code: "UNSUPPORTED_VERSION",
  },
  "is another program's": {
    spoil: (folder) =>
      writeFileSync(
        transcriptPath(folder, "bad"),
        foreign.map((line) => `${JSON.stringify(line)}\n`).join(""),
      ),
    code: "FOREIGN_FILE",
  },
};

/** Things in the way of a cache; nothing may depend on one. */
const caches: Record<string, (folder: string) => void> = {
  "a folder as the .meta.json": (folder) => mkdirSync(join(folder, "bad.meta.json")),
  "a link as the .meta.json": (folder) => symlinkSync("nowhere", join(folder, "bad.meta.json")),
  "a folder as the index": (folder) => mkdirSync(join(folder, "sessions.index")),
  "a link as the index": (folder) => symlinkSync("nowhere", join(folder, "sessions.index")),
  "a file as the archive": (folder) => writeFileSync(join(folder, "archive"), "x"),
  "a file as the deleted folder": (folder) => writeFileSync(join(folder, "deleted"), "x"),
  "a file as the folder of blobs": (folder) => writeFileSync(join(folder, "blobs"), "x"),
  "an index of deep JSON": (folder) => writeFileSync(join(folder, "sessions.index"), "[".repeat(500_000)),
  "a .meta.json of deep JSON": (folder) => writeFileSync(join(folder, "bad.meta.json"), "[".repeat(500_000)),
};

async function expectOthers(store: JsonlStore): Promise<void> {
  const { sessions } = await store.listSessions();
  expect(sessions.map(({ sessionId }) => sessionId)).toEqual(expect.arrayContaining(["good-1", "good-2"]));
  const found: string[] = [];
  for await (const { session } of store.searchSessions("hello")) found.push(session.sessionId);
  expect(found).toEqual(expect.arrayContaining(["good-1", "good-2"]));
  const { sessionId } = await store.getOrCreateSession("webchat");
  expect(sessionId).not.toBe("bad");
  await store.appendMessage("good-1", says("again"));
}

function threeSessions(folder: string): void {
  for (const id of ["good-1", "good-2", "bad"]) writeTranscript(folder, id, ["hello"]);
}

describe("one bad session", () => {
  test.each(Object.entries(transcripts))(
    "costs only itself when its transcript %s",
    async (_, { spoil, fs, code }) => {
      for (const hasIndex of [true, false]) {
        await using folder = await temporaryFolder();
        threeSessions(folder.path);
        await using before = await openStore(folder.path);
        const log = await before.openLog("bad");
        await log.record([runEvents().start, runEvents().chunk]);
        await before.listSessions();
        rmSync(join(folder.path, "bad.lock"));
        mkdirSync(join(folder.path, "live"), { recursive: true });
        if (!hasIndex) rmSync(join(folder.path, "sessions.index"), { force: true });
        spoil?.(folder.path);
        const failures: unknown[] = [];
        const store = new JsonlStore({
          fs: fs ?? nodeFileSystem,
          path: folder.path,
          durability: "os",
          lockWaitMs: 0,
          onFailure: (error) => failures.push(error),
        });
        expect(await store.recover()).toEqual([]);
        expect(failures).toEqual([expect.objectContaining({ code })]);
        await expectOthers(store);
        await expect(store.getSession("bad")).rejects.toMatchObject({ name: "StoreError", code });
        await expect(store.appendMessage("bad", says("x"))).rejects.toMatchObject({ name: "StoreError" });
        await store.close();
      }
    },
  );

  test.each(Object.entries(caches))("costs nothing when there is %s", async (_, spoil) => {
    await using folder = await temporaryFolder();
    threeSessions(folder.path);
    spoil(folder.path);
    const store = new JsonlStore({ fs: nodeFileSystem, path: folder.path, durability: "os", lockWaitMs: 0 });
    const { sessions } = await store.listSessions();
    expect(sessions.map(({ sessionId }) => sessionId).sort()).toEqual(["bad", "good-1", "good-2"]);
    await store.appendMessage("bad", says("next"));
    expect((await store.forkSession("bad")).messageCount).toBe(2);
    await expectOthersWritten(store);
    await store.close();
  });
});

async function expectOthersWritten(store: JsonlStore): Promise<void> {
  const { sessionId } = await store.createSession("new");
  await store.appendMessage(sessionId, says("one"));
  expect((await store.getOrCreateSession("new")).sessionId).toBe(sessionId);
}

test("reads every session when a file is in the way of the live journals, and names it to writers", async () => {
  await using folder = await temporaryFolder();
  threeSessions(folder.path);
  writeFileSync(join(folder.path, "live"), "x");
  await using store = await openStore(folder.path);
  expect(await store.recover()).toEqual([]);
  expect((await store.listSessions()).sessions.length).toBe(3);
  expect((await store.loadMessages("bad")).length).toBe(1);
  await expect(store.appendMessage("bad", says("x"))).rejects.toMatchObject({
    code: "WRITE_FAILED",
    message: expect.stringContaining("live"),
  });
});

test.each([
  [
    "is nested too deeply",
    `{"seq":2,"id":"x","role":"assistant","content":"","timestamp":1,"toolCalls":[{"callId":"c","toolName":"t","input":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}]}`,
  ],
  ["has the greatest number", '{"seq":9007199254740991,"type":"newer","x":1}'],
  [
    "is a header with the greatest number",
    '{"type":"session","v":1,"sessionId":"bad","key":"webchat","createdAt":1,"lastSeq":9007199254740991}',
  ],
])("a line that %s costs no other line", async (_, line) => {
  await using folder = await temporaryFolder();
  threeSessions(folder.path);
  appendFileSync(transcriptPath(folder.path, "bad"), `${line}\n`);
  await using store = await openStore(folder.path);
  const { seq } = await store.appendMessage("bad", says("next"));
  expect(seq).toBeLessThan(10);
  const fork = await store.forkSession("bad");
  for (const id of ["bad", fork.sessionId]) {
    expect((await store.loadMessages(id)).map(({ content }) => content)).toEqual(["hello", "next"]);
  }
});

test("recovers the other sessions after one that cannot be written", async () => {
  await using folder = await temporaryFolder();
  threeSessions(folder.path);
  mkdirSync(join(folder.path, "live"));
  const open = JSON.stringify({ ...runEvents().start, sessionId: "x", seq: 2 });
  for (const id of ["bad", "good-1", "good-2"]) {
    writeFileSync(join(folder.path, "live", `${id}.jsonl`), `${open.replace('"x"', `"${id}"`)}\n`);
  }
  const fs: FileSystem = {
    ...nodeFileSystem,
    write(fd, bytes) {
      if (String(bytes).includes("bad.jsonl") || String(bytes).includes('"seq":3')) {
        isFull -= 1;
        if (isFull === 0) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      }
      return nodeFileSystem.write(fd, bytes);
    },
  };
  let isFull = 1;
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  const store = new JsonlStore({ fs, path: folder.path, durability: "os", lockWaitMs: 0, onFailure });
  expect((await store.recover()).length).toBe(2);
  expect(failures).toEqual([expect.objectContaining({ code: "WRITE_FAILED" })]);
  expect((await store.recover()).length).toBe(1);
  await store.close();
});

test.each([
  ["a journal", (path: string) => path.endsWith(join("live", "bad.jsonl")), ["good-1", "good-2"]],
  ["the folder of journals", (path: string) => path.endsWith("live"), []],
])("recovers what it can when %s cannot be read, and reports it", async (_, isRefused, recovered) => {
  await using folder = await temporaryFolder();
  threeSessions(folder.path);
  mkdirSync(join(folder.path, "live"));
  for (const sessionId of ["bad", "good-1", "good-2"]) {
    const open = JSON.stringify({ ...runEvents().start, sessionId, seq: 2 });
    writeFileSync(join(folder.path, "live", `${sessionId}.jsonl`), `${open}\n`);
  }
  const refuse = (path: string) => {
    if (isRefused(path)) throw Object.assign(new Error("EACCES"), { code: "EACCES" });
  };
  const fs: FileSystem = {
    ...nodeFileSystem,
    open(path, flags) {
      refuse(path);
      return nodeFileSystem.open(path, flags);
    },
    async list(path) {
      refuse(path);
      return nodeFileSystem.list(path);
    },
  };
  const failures: unknown[] = [];
  const onFailure = (error: unknown) => failures.push(error);
  const store = new JsonlStore({ fs, path: folder.path, durability: "os", lockWaitMs: 0, onFailure });
  expect((await store.recover()).sort()).toEqual(recovered);
  expect(failures).toEqual([expect.objectContaining({ name: "StoreError", code: "READ_FAILED" })]);
  await store.close();
});

test("throws when no descriptor is left, and hides no session", async () => {
  await using folder = await temporaryFolder();
  threeSessions(folder.path);
  const path = folder.path;
  const fs = refusing(".jsonl", "EMFILE");
  const before = new JsonlStore({ fs: nodeFileSystem, path, durability: "os", lockWaitMs: 0 });
  await before.createSession("x").then(({ sessionId }) => before.appendMessage(sessionId, says("x")));
  await before.close();
  const store = new JsonlStore({ fs, path, durability: "os", lockWaitMs: 0 });
  await expect(store.getOrCreateSession("x")).rejects.toMatchObject({ code: "READ_FAILED" });
  await store.close();
});

test("refuses to repair a file without a line of a session", async () => {
  await using folder = await temporaryFolder();
  const path = transcriptPath(folder.path, "bad");
  for (const text of [foreign.map((line) => `${JSON.stringify(line)}\n`).join(""), "a note\nof text\n"]) {
    writeFileSync(path, text);
    await expect(repairSession(nodeFileSystem, folder.path, "bad")).rejects.toMatchObject({
      code: "FOREIGN_FILE",
    });
    expect(readFileSync(path, "utf8")).toBe(text);
  }
});

test("lists no session for an emptied transcript", async () => {
  await using folder = await temporaryFolder();
  threeSessions(folder.path);
  truncateSync(transcriptPath(folder.path, "bad"), 0);
  const store = new JsonlStore({ fs: nodeFileSystem, path: folder.path, durability: "os", lockWaitMs: 0 });
  await expectOthers(store);
  expect(await store.getSession("bad")).toBeUndefined();
  await store.close();
  appendFileSync(transcriptPath(folder.path, "bad"), "");
});
