import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
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

/** The lock that this process takes of a session, as its file says. */
async function ownLock(folder: string): Promise<Record<string, unknown>> {
  writeTranscript(folder, sessionId, ["one"]);
  await using store = await openStore(folder);
  await store.openLog(sessionId);
  return JSON.parse(readFileSync(join(folder, `${sessionId}.lock`), "utf8")) as Record<string, unknown>;
}

describe("a session that another process writes", () => {
  test("is locked while that process lives, stopped or not, and free when it is dead; E30.3", async () => {
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

  test("is waited for as long as asked", async () => {
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
    ["by the container's life before", (lock) => JSON.stringify({ ...lock, pidNamespace: "pid:[1]" })],
    ["by the machine's life before", (lock) => JSON.stringify({ ...lock, bootId: "before" })],
    ["in a folder that this one is a copy of", (lock) => JSON.stringify({ ...lock, folder: "1:1" })],
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

  test("by another machine is not: its life cannot be told from here", async () => {
    await using folder = await temporaryFolder();
    const lock = await ownLock(folder.path);
    const path = join(folder.path, `${sessionId}.lock`);
    writeFileSync(path, JSON.stringify({ ...lock, host: `not-${hostname()}`, bootId: "other" }));
    await using store = await openStore(folder.path);
    await expect(store.openLog(sessionId)).rejects.toMatchObject({
      code: "SESSION_LOCKED",
      message: expect.stringContaining(`delete ${path}`),
    });
  });
});

test("numbers get a new epoch when the machine died under the writer, and only then", async () => {
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

describe("a writer that lost its place", () => {
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
  ])("its %s finds out, writes nothing, and can be opened again", async (_, lose) => {
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
});
