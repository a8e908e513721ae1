import { once } from "node:events";
import {
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { nodeFileSystem } from "../src/files/file-system.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { buildWriter, startWriter } from "./child/child-process.ts";
import { contentsOf, openStore, runEvents, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const sessionId = "shared";
let programs: Awaited<ReturnType<typeof temporaryFolder>>;
let program: string;

beforeAll(async () => {
  programs = await temporaryFolder();
  program = await buildWriter(programs.path);
});

afterAll(() => programs[Symbol.asyncDispose]());

/** Returns the content of the lock file that this process creates. */
async function ownLock(folder: string): Promise<Record<string, unknown>> {
  writeTranscript(folder, sessionId, ["one"]);
  await using store = await openStore(folder);
  await store.openLog(sessionId);
  return JSON.parse(readFileSync(join(folder, `${sessionId}.lock`), "utf8")) as Record<string, unknown>;
}

describe("a session that another process writes", () => {
  test("is locked while that process lives, stopped or not, and free when it is dead", async () => {
    await using folder = await temporaryFolder();
    writeTranscript(folder.path, sessionId, ["one"]);
    const owner = startWriter(program, "hold", folder.path, sessionId);
    await owner.nextLine();
    await using store = await openStore(folder.path);
    const locked = { code: "SESSION_LOCKED", message: expect.stringContaining(`process ${owner.child.pid}`) };
    await expect(store.openLog(sessionId)).rejects.toMatchObject(locked);
    await expect(store.appendMessage(sessionId, says("two"))).rejects.toMatchObject(locked);
    expect(await contentsOf(store, sessionId)).toEqual(["one"]);

    owner.child.kill("SIGSTOP");
    await expect(store.openLog(sessionId)).rejects.toMatchObject(locked);

    await owner.kill();
    await store.appendMessage(sessionId, says("two"));
    expect(await contentsOf(store, sessionId)).toEqual(["one", "two"]);
  });

  test("is waited for up to `lockWaitMs`", async () => {
    await using folder = await temporaryFolder();
    writeTranscript(folder.path, sessionId, ["one"]);
    await using first = await openStore(folder.path);
    await using second = await openStore(folder.path, { lockWaitMs: 10_000 });
    const log = await first.openLog(sessionId);
    const appending = second.appendMessage(sessionId, says("two"));
    await log.close();
    expect((await appending).seq).toBe(2);
  });
});

describe("a lock that was left behind", () => {
  test.each<[string, (lock: Record<string, unknown>) => string]>([
    ["by a process whose pid another one has now", (lock) => JSON.stringify({ ...lock, startTime: "1" })],
    ["by a process that is gone", (lock) => JSON.stringify({ ...lock, pid: 2 ** 22 + 1 })],
    ["by the machine's life before", (lock) => JSON.stringify({ ...lock, bootId: "before" })],
    [
      "by another host before the machine was started again",
      (lock) => JSON.stringify({ ...lock, bootId: "before", host: "other", pidNamespace: "pid:[1]" }),
    ],
    [
      "by a dead process of a host that was renamed",
      (lock) => JSON.stringify({ ...lock, host: "x", pid: 2 ** 22 + 1 }),
    ],
    ["empty, by a power failure", () => ""],
    ["as zeros, by a power failure", () => "\0\0\0\0"],
    ["as something else", () => "[1, 2]"],
  ])("%s is taken over", async (_, leave) => {
    await using folder = await temporaryFolder();
    const lock = await ownLock(folder.path);
    writeFileSync(join(folder.path, `${sessionId}.lock`), leave({ ...lock, token: crypto.randomUUID() }));
    await using store = await openStore(folder.path);
    expect((await store.appendMessage(sessionId, says("two"))).seq).toBe(2);
  });

  // Each alone has other causes than the owner's death.
  test.each<[string, (lock: Record<string, unknown>) => Record<string, unknown>]>([
    ["on another machine", (lock) => ({ ...lock, host: `not-${hostname()}`, bootId: "" })],
    ["in another pid namespace", (lock) => ({ ...lock, pidNamespace: "pid:[1]" })],
    [
      "in another pid namespace, whose socket is gone",
      (lock) => ({ ...lock, pidNamespace: "pid:[1]", socket: ".alive-none.sock" }),
    ],
    ["in a folder of another inode", (lock) => ({ ...lock, folder: "1:1" })],
    ["in a folder under another name", (lock) => ({ ...lock, path: "/elsewhere" })],
    [
      "in a folder of another inode, under another name",
      (lock) => ({ ...lock, folder: "1:1", path: "/else" }),
    ],
    ["on a host that was renamed", (lock) => ({ ...lock, host: `not-${hostname()}` })],
  ])("by an owner that may live is not taken over: %s", async (_, change) => {
    await using folder = await temporaryFolder();
    const lock = await ownLock(folder.path);
    const path = join(folder.path, `${sessionId}.lock`);
    writeFileSync(path, JSON.stringify(lock));
    const file = String(statSync(path).ino);
    writeFileSync(path, JSON.stringify({ ...change({ ...lock, file }), token: crypto.randomUUID() }));
    await using store = await openStore(folder.path);
    await expect(store.openLog(sessionId)).rejects.toMatchObject({ code: "SESSION_LOCKED" });
  });

  test("by another machine names the file to delete", async () => {
    await using folder = await temporaryFolder();
    const lock = await ownLock(folder.path);
    const path = join(folder.path, `${sessionId}.lock`);
    writeFileSync(path, JSON.stringify({ ...lock, host: `not-${hostname()}`, bootId: "" }));
    await using store = await openStore(folder.path);
    await expect(store.openLog(sessionId)).rejects.toMatchObject({
      message: expect.stringContaining(`delete ${path}`),
    });
  });

  test("in another pid namespace is free when its socket refuses, and locked while it listens", async () => {
    await using folder = await temporaryFolder();
    const lock = await ownLock(folder.path);
    const path = join(folder.path, `${sessionId}.lock`);
    const socket = ".alive-0123456789ab.sock";
    const server = createServer().listen(join(folder.path, socket));
    await once(server, "listening");
    const leave = () =>
      writeFileSync(
        path,
        JSON.stringify({ ...lock, token: crypto.randomUUID(), pidNamespace: "pid:[1]", socket }),
      );
    leave();
    await using store = await openStore(folder.path);
    await expect(store.openLog(sessionId)).rejects.toMatchObject({ code: "SESSION_LOCKED" });
    // The name stays when the process dies; a server that closes removes its own.
    renameSync(join(folder.path, socket), join(folder.path, "kept"));
    server.close();
    await once(server, "close");
    renameSync(join(folder.path, "kept"), join(folder.path, socket));
    leave();
    const other = join(folder.path, "other.lock");
    cpSync(path, other);
    await (await store.openLog(sessionId)).close();
    // The socket proves for each lock of its owner that it is dead.
    writeTranscript(folder.path, "other", ["one"]);
    await store.appendMessage("other", says("two"));
    await store.close();
    expect(existsSync(other)).toBe(false);
    expect(existsSync(join(folder.path, socket))).toBe(false);
  });

  test("in a folder that is a copy of a live one is taken over", async () => {
    await using folder = await temporaryFolder();
    await using other = await temporaryFolder();
    writeTranscript(folder.path, sessionId, ["one"]);
    await using store = await openStore(folder.path);
    const log = await store.openLog(sessionId);
    await log.record([runEvents().user]);
    const copy = join(other.path, "copy");
    cpSync(folder.path, copy, { recursive: true });
    await using copied = await openStore(copy);
    expect((await copied.appendMessage(sessionId, says("to the copy"))).seq).toBeGreaterThan(2);
    await log.record([runEvents().end]);
    await log.close();
  });

  test("through a link to the folder is the same lock", async () => {
    await using folder = await temporaryFolder();
    await using links = await temporaryFolder();
    writeTranscript(folder.path, sessionId, ["one"]);
    symlinkSync(folder.path, join(links.path, "link"));
    await using store = await openStore(folder.path);
    await store.openLog(sessionId);
    await using other = await openStore(join(links.path, "link"));
    await expect(other.openLog(sessionId)).rejects.toMatchObject({ code: "SESSION_LOCKED" });
  });

  test("by a worker thread is free when the thread was terminated, and locked before", async () => {
    await using folder = await temporaryFolder();
    writeTranscript(folder.path, sessionId, ["one"]);
    const worker = new Worker(program, { argv: ["hold", folder.path, sessionId], stdout: true });
    await once(worker, "message");
    await using store = await openStore(folder.path);
    await expect(store.openLog(sessionId)).rejects.toMatchObject({ code: "SESSION_LOCKED" });
    await worker.terminate();
    await (await store.openLog(sessionId)).close();
  });

  test("is one lock on a file system without hard links", async () => {
    await using folder = await temporaryFolder();
    const fs = {
      ...nodeFileSystem,
      link: () => {
        throw Object.assign(new Error("no links"), { code: "ENOTSUP" });
      },
    };
    const open = () => new JsonlStore({ fs, path: folder.path, durability: "os", lockWaitMs: 0 });
    const store = open();
    const { sessionId: id } = await store.getOrCreateSession("webchat");
    await store.appendMessage(id, says("one"));
    const other = open();
    await expect(other.appendMessage(id, says("two"))).rejects.toMatchObject({ code: "SESSION_LOCKED" });
    await store.close();
    await other.appendMessage(id, says("two"));
    expect(await contentsOf(other, id)).toEqual(["one", "two"]);
    await other.archiveSession(id);
    await other.unarchiveSession(id);
    await other.close();
  });
});

test("numbers get a new epoch only when the machine died under the writer", async () => {
  await using folder = await temporaryFolder();
  const lock = await ownLock(folder.path);
  const path = join(folder.path, `${sessionId}.lock`);
  const epochAfter = async (left: Record<string, unknown>) => {
    writeFileSync(path, JSON.stringify(left));
    await using store = await openStore(folder.path);
    return (await store.openLog(sessionId)).epoch;
  };
  expect(await epochAfter({ ...lock, startTime: "1" })).toBe("0");
  const renewed = await epochAfter({ ...lock, bootId: "before" });
  expect(renewed).not.toBe("0");
  expect(await epochAfter({ ...lock, startTime: "1" })).toBe(renewed);
});

describe("a writer that lost its files", () => {
  test.each<[string, (folder: string) => void]>([
    ["lock", (folder) => rmSync(join(folder, `${sessionId}.lock`))],
    ["file to another", (folder) => writeTranscript(folder, sessionId, ["x", "y", "z"])],
    [
      "file to a copy",
      (folder) => {
        const path = transcriptPath(folder, sessionId);
        cpSync(path, `${path}.copy`);
        rmSync(path);
        cpSync(`${path}.copy`, path);
      },
    ],
  ])("its %s: rejects, writes nothing, and can be opened again", async (_, lose) => {
    await using folder = await temporaryFolder();
    writeTranscript(folder.path, sessionId, ["one"]);
    await using store = await openStore(folder.path);
    const log = await store.openLog(sessionId);
    await log.record([runEvents().user]);
    lose(folder.path);
    const before = readFileSync(transcriptPath(folder.path, sessionId));
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + 51);
    try {
      expect(() => log.record([runEvents().end])).toThrow(
        expect.objectContaining({ code: "SESSION_STOLEN" }),
      );
    } finally {
      vi.restoreAllMocks();
    }
    expect(readFileSync(transcriptPath(folder.path, sessionId)).equals(before)).toBe(true);
    await log.close();
    await store.appendMessage(sessionId, says("again"));
    expect((await contentsOf(store, sessionId)).at(-1)).toBe("again");
  });

  test.each([
    ["live event", "chunk", 251],
    ["entry behind live events", "end", 51],
  ] as const)("writes no %s", async (_, type, laterMs) => {
    await using folder = await temporaryFolder();
    writeTranscript(folder.path, sessionId, ["one"]);
    await using store = await openStore(folder.path);
    const log = await store.openLog(sessionId);
    const events = runEvents();
    await log.record([events.user]);
    rmSync(join(folder.path, `${sessionId}.lock`));
    await log.record([events.chunk]);
    const { lastSeq } = log;
    vi.spyOn(performance, "now").mockReturnValue(performance.now() + laterMs);
    try {
      expect(() => log.record([events[type]])).toThrow(expect.objectContaining({ code: "SESSION_STOLEN" }));
    } finally {
      vi.restoreAllMocks();
    }
    expect(log.lastSeq).toBe(lastSeq);
    await log.close();
  });
});
