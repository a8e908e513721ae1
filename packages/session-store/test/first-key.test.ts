// The first key after a start is answered from the index, before the folder is listed, if the index
// names all sessions.
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionStore } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { type FileSystem, nodeFileSystem, openFlags } from "../src/files/file-system.ts";
import { appendToIndex, completeMark, isDiscarded, writeIndex } from "../src/listing/index-file.ts";
import { TranscriptFolder } from "../src/listing/transcript-folder.ts";
import { command } from "./command.ts";
import { SystemError } from "./faulty-file-system.ts";
import { openStore, runEvents, says, transcriptPath } from "./fixtures.ts";
import { heldStore, openWith as open } from "./held-store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const indexOf = (folder: string) => join(folder, "sessions.index");

/** Creates a session with a message. */
async function create(store: SessionStore, key = "webchat"): Promise<string> {
  const { sessionId } = await store.createSession(key);
  await store.appendMessage(sessionId, says("hi"));
  return sessionId;
}

/** Marks the index as complete. A store does so only for a folder of many sessions. */
function mark(folder: string, fs = nodeFileSystem): void {
  appendToIndex(fs, indexOf(folder), { complete: completeMark(fs, folder) ?? "" });
}

/** A folder with one session, made by a store that was closed. */
async function folderWithSession() {
  const folder = await temporaryFolder();
  const store = open(folder.path);
  const oldest = await create(store);
  await store.close();
  return { ...folder, oldest };
}

/** Returns the session of a key before the folder is listed, and the one afterwards. */
async function firstAndLater(path: string, key = "webchat") {
  const { store, release } = heldStore(path);
  const { sessionId: first } = await store.getOrCreateSession(key);
  release();
  await store.listSessions();
  const { sessionId: later } = await store.getOrCreateSession(key);
  await store.close();
  return { first, later };
}

/** Returns the session of a key, and whether the folder was listed before that. */
async function afterListing(path: string, key = "webchat") {
  const { store, listed, release } = heldStore(path);
  const found = store.getOrCreateSession(key);
  const isListed = await Promise.race([found.then(() => false), listed.then(() => true)]);
  release();
  const { sessionId } = await found;
  await store.close();
  return { isListed, sessionId };
}

test("is found before the folder is listed, while another process writes", async () => {
  await using folder = await folderWithSession();
  mark(folder.path);
  const writer = open(folder.path);
  const newest = await create(writer);
  const found = await firstAndLater(folder.path);
  await writer.close();

  expect(found).toEqual({ first: newest, later: newest });
});

test("of no session in the index waits for the list of the folder", async () => {
  await using folder = await folderWithSession();
  const copied = transcriptPath(folder.path, "copied");
  const text = readFileSync(transcriptPath(folder.path, folder.oldest), "utf8");
  mark(folder.path);
  writeFileSync(copied, text.replaceAll("webchat", "other").replaceAll(folder.oldest, "copied"));

  expect(await afterListing(folder.path, "other")).toEqual({ isListed: true, sessionId: "copied" });
});

test("is that of a copied file once the folder is listed", async () => {
  await using folder = await folderWithSession();
  mark(folder.path);
  await copySession(folder.path, folder.oldest, "copied");

  expect(await firstAndLater(folder.path)).toEqual({ first: folder.oldest, later: "copied" });
});

/** Copies a session under another id, created later. */
async function copySession(folder: string, sessionId: string, copy: string): Promise<void> {
  const text = readFileSync(transcriptPath(folder, sessionId), "utf8").replaceAll(sessionId, copy);
  writeFileSync(
    transcriptPath(folder, copy),
    text.replace(/"createdAt":\d+/, `"createdAt":${Date.now() + 60_000}`),
  );
}

const doubts: Record<string, (folder: string) => void> = {
  "an index without a mark": () => {},
  "an index of an earlier start of the machine": (folder) =>
    appendToIndex(nodeFileSystem, indexOf(folder), { complete: "earlier 1:2" }),
  "a line that is damaged": (folder) => {
    appendFileSync(indexOf(folder), '{"sessionId":"x"\n');
    mark(folder);
  },
  "a last line without its end": (folder) => {
    mark(folder);
    appendFileSync(indexOf(folder), '{"sessionId":"x"');
  },
  "an index that could not be written or removed": (folder) => {
    mark(folder);
    const refuse = (path: string, call: () => void) => {
      if (path === indexOf(folder)) throw new SystemError("EPERM");
      call();
    };
    const fs: FileSystem = {
      ...nodeFileSystem,
      open: (path, flags) => {
        if (flags !== openFlags.read) refuse(path, () => {});
        return nodeFileSystem.open(path, flags);
      },
      unlink: (path) => refuse(path, () => nodeFileSystem.unlink(path)),
    };
    appendToIndex(fs, indexOf(folder), { sessionId: "new", gone: true });
  },
};

test.each(Object.keys(doubts))("waits for the list of the folder beside %s", async (doubt) => {
  await using folder = await folderWithSession();
  doubts[doubt]?.(folder.path);
  await copySession(folder.path, folder.oldest, "copied");

  expect(await afterListing(folder.path)).toEqual({ isListed: true, sessionId: "copied" });
});

test("waits for the list of a folder that was copied", async () => {
  await using folder = await folderWithSession();
  await using copy = await temporaryFolder();
  mark(folder.path);
  await copySession(folder.path, folder.oldest, "copied");
  cpSync(folder.path, copy.path, { recursive: true });

  expect(await afterListing(copy.path)).toEqual({ isListed: true, sessionId: "copied" });
});

test("waits for the list of a folder into which sessions were copied by a command", async () => {
  await using folder = await folderWithSession();
  mark(folder.path);
  const text = readFileSync(transcriptPath(folder.path, folder.oldest), "utf8");
  async function* lines() {
    yield text.replaceAll(folder.oldest, "copied").replace(/"createdAt":\d+/, '"createdAt":9000000000000');
  }
  await new TranscriptFolder(folder.path).add("copied", lines(), { isArchived: false });

  expect(await afterListing(folder.path)).toEqual({ isListed: true, sessionId: "copied" });
});

/** A file system of a process that is killed at its n-th change. */
function killedFileSystem(nth: number) {
  let left = nth;
  const fs = { ...nodeFileSystem };
  const change = <Call extends keyof FileSystem>(
    call: Call,
    isChange: (...args: unknown[]) => boolean = () => true,
  ) => {
    const real = nodeFileSystem[call] as (...args: unknown[]) => unknown;
    fs[call] = ((...args: unknown[]) => {
      if (isChange(...args)) left -= 1;
      if (left <= 0) throw new Error("The process was killed.");
      return real(...args);
    }) as unknown as FileSystem[Call];
  };
  for (const call of ["write", "truncate", "link", "unlink", "rename", "makeDirectory"] as const)
    change(call);
  change("open", (_path, flags) => flags === openFlags.create || flags === openFlags.appendOrCreate);
  return {
    fs: fs as FileSystem,
    get isKilled() {
      return left <= 0;
    },
  };
}

type Act = (store: SessionStore, newest: string) => Promise<unknown>;

const acts: Record<string, { prepare?: Act; act: Act }> = {
  "the first append": { act: (store) => create(store) },
  "the first run": {
    act: async (store) => {
      const { sessionId } = await store.createSession("webchat");
      const log = await store.openLog(sessionId);
      const { user, start, chunk, answer, end } = runEvents();
      for (const event of [user, start, chunk, answer, end]) await log.record([event]);
      await log.close();
    },
  },
  "a fork": { act: (store, newest) => store.forkSession(newest) },
  archiveSession: { act: (store, newest) => store.archiveSession(newest) },
  unarchiveSession: {
    prepare: (store, newest) => store.archiveSession(newest),
    act: (store, newest) => store.unarchiveSession(newest),
  },
  deleteSession: { act: (store, newest) => store.deleteSession(newest) },
  undeleteSession: {
    prepare: (store, newest) => store.deleteSession(newest),
    act: (store, newest) => store.undeleteSession(newest),
  },
};

test.each(Object.keys(acts))("is right after a kill at any change of %s", async (name) => {
  const { prepare, act } = acts[name] ?? { act: async () => {} };
  let kills = 0;
  for (let nth = 1, isKilled = true; isKilled; nth += 1) {
    await using folder = await folderWithSession();
    const before = open(folder.path);
    const newest = await create(before);
    await prepare?.(before, newest);
    await before.close();
    mark(folder.path);
    const killed = killedFileSystem(nth);
    await act(open(folder.path, killed.fs), newest).catch(() => {});
    const { first, later } = await firstAndLater(folder.path);
    isKilled = killed.isKilled;
    if (isKilled) kills += 1;

    expect(first, `killed at change ${nth}`).toBe(later);
  }
  expect(kills).toBeGreaterThan(3);
});

test("a session that another store creates while the folder is listed is in the list", async () => {
  await using folder = await folderWithSession();
  mark(folder.path);
  const { store, listed, release } = heldStore(folder.path);
  await store.getOrCreateSession("webchat");
  await listed;
  const other = open(folder.path);
  const created = await create(other);
  const { sessionId: found } = await store.getOrCreateSession("webchat");
  release();
  const { sessions } = await store.listSessions();
  await other.close();
  await store.close();

  expect(found).toBe(created);
  expect(sessions.map(({ sessionId }) => sessionId)).toEqual([created, folder.oldest]);
});

test("a session whose first entry cannot be written is in no list and no report", async () => {
  await using folder = await folderWithSession();
  let isFull = true;
  const write: FileSystem["write"] = (fd, bytes) => {
    if (isFull && String(bytes).includes('"role"')) throw new SystemError("ENOSPC");
    return nodeFileSystem.write(fd, bytes);
  };
  const store = open(folder.path, { ...nodeFileSystem, write });
  const { sessionId } = await store.createSession("webchat");
  await expect(store.appendMessage(sessionId, says("hi"))).rejects.toMatchObject({ code: "WRITE_FAILED" });
  await using reader = await openStore(folder.path);
  const ids = async (of: SessionStore) => (await of.listSessions()).sessions.map((one) => one.sessionId);
  const before = [await ids(store), await ids(reader)];
  isFull = false;
  await store.appendMessage(sessionId, says("hi"));
  const after = [await ids(store), await ids(reader)];
  await store.close();

  expect(before).toEqual([[folder.oldest], [folder.oldest]]);
  expect(after).toEqual([
    [sessionId, folder.oldest],
    [sessionId, folder.oldest],
  ]);
});

test("a session whose creator was killed before its first line is no problem of verify", async () => {
  await using folder = await folderWithSession();
  const entry = { sessionId: "killed", key: "webchat", createdAt: Date.now(), updatedAt: Date.now() };
  appendToIndex(nodeFileSystem, indexOf(folder.path), { ...entry, pending: true });

  expect(await command("verify", "--dir", folder.path)).toMatchObject({ exitCode: 0, out: "" });
});

test("an index that could not be removed is trusted again when it was replaced", async () => {
  await using folder = await folderWithSession();
  doubts["an index that could not be written or removed"]?.(folder.path);
  await writeIndex(nodeFileSystem, indexOf(folder.path), { entries: [], read: { ino: 0, offset: 0 } });

  expect(isDiscarded(nodeFileSystem, indexOf(folder.path))).toBe(false);
});
