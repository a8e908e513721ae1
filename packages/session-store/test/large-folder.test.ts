import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { nodeFileSystem } from "../src/files/file-system.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { buildWriter, startWriter } from "./child/child-process.ts";
import { openStore, says, writeTranscript } from "./fixtures.ts";
import { heldStore, openWith, signal } from "./held-store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const name = (index: number) => `session-${index}`;

// The fewest for which the index is believed. Made once: it takes seconds.
let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
  for (let index = 0; index < 10_000; index += 1) writeTranscript(folder.path, name(index), ["hi"]);
}, 60_000);

beforeEach(writeAndClose);

afterAll(() => folder[Symbol.asyncDispose]());

async function writeAndClose(): Promise<void> {
  await using store = await openStore(folder.path);
  await store.appendMessage(name(7), says("more"));
  await store.listSessions();
}

/** Opens a store. `isListed` is true if it lists the folder. Returns the session of the key too. */
async function reopened() {
  let isListed = false;
  const list = (path: string) => {
    isListed ||= path === folder.path;
    return nodeFileSystem.list(path);
  };
  const fs = { ...nodeFileSystem, list };
  const store = new JsonlStore({ fs, path: folder.path, durability: "os", lockWaitMs: 0 });
  const { sessions } = await store.listSessions({ key: "copied" });
  await store.close();
  return { isListed, copied: sessions.map(({ sessionId }) => sessionId) };
}

test("is not listed again when nothing came or went since its last writer closed", async () => {
  expect(await reopened()).toEqual({ isListed: false, copied: [] });
});

test("is listed when a session came or went without a line in the index", async () => {
  const path = writeTranscript(folder.path, "copied-here", ["hi"]);
  writeFileSync(path, readFileSync(path, "utf8").replace("webchat", "copied"));
  const more = await reopened();
  await writeAndClose();
  rmSync(path);
  const fewer = await reopened();

  expect(more).toEqual({ isListed: true, copied: ["copied-here"] });
  expect(fewer).toEqual({ isListed: true, copied: [] });
});

test("is listed when its index could not be written", async () => {
  rmSync(join(folder.path, "sessions.index"));
  const rename = (from: string, to: string) => {
    if (to.endsWith("sessions.index")) throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    nodeFileSystem.rename(from, to);
  };
  const fs = { ...nodeFileSystem, rename };
  const store = new JsonlStore({ fs, path: folder.path, durability: "os", lockWaitMs: 0 });
  await store.appendMessage(name(7), says("more"));
  await store.listSessions();
  await store.close();

  expect((await reopened()).isListed).toBe(true);
  expect(readdirSync(folder.path).filter((file) => file.endsWith(".tmp"))).toEqual([]);
});

test("is listed when the index has more lines than its last writer left", async () => {
  const index = join(folder.path, "sessions.index");
  const [first = ""] = readFileSync(index, "utf8").split("\n");
  writeFileSync(index, `${first}\n`, { flag: "a" });

  expect((await reopened()).isListed).toBe(true);
});

test("is listed when another writer wrote while its last writer closed", async () => {
  await using other = await openStore(folder.path);
  await other.appendMessage(name(8), says("still here"));
  await writeAndClose();

  expect((await reopened()).isListed).toBe(true);
});

/** Returns the session of a key, which is found before the folder is listed. */
async function firstKey(): Promise<string> {
  const { store, release } = heldStore(folder.path);
  const { sessionId } = await store.getOrCreateSession("webchat");
  release();
  await store.close();
  return sessionId;
}

test("is listed after the first key was found, when its writer was killed", async () => {
  await using programs = await temporaryFolder();
  const writer = startWriter(await buildWriter(programs.path), "hold", folder.path, name(9));
  await writer.nextLine();
  await writer.kill();

  expect(await firstKey()).toBe(name(9_999));
});

test("is listed after the first key was found, since a writer replaced the missing index", async () => {
  rmSync(join(folder.path, "sessions.index"));
  const marked = signal();
  const write: typeof nodeFileSystem.write = (fd, bytes) => {
    const written = nodeFileSystem.write(fd, bytes);
    if (String(bytes).startsWith('{"complete"')) marked.resolve();
    return written;
  };
  const store = openWith(folder.path, { ...nodeFileSystem, write });
  await store.listSessions();
  await store.appendMessage(name(7), says("more"));
  await marked.promise;
  const found = await firstKey();
  await store.close();

  expect(found).toBe(name(9_999));
});
