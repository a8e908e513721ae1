import { constants } from "node:buffer";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { SessionEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { BlobFolder } from "../src/transcript/blob-folder.ts";
import { buildWriter, startWriter } from "./child/child-process.ts";
import { command } from "./command.ts";
import { openStore, runEvents, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const bytes = Buffer.from("a picture of a dragon".repeat(1000));
const id = createHash("sha256").update(bytes).digest("hex");

function userWith(blob: string, runId = "r1"): SessionEvent {
  const file = { type: "image", mediaType: "image/png", blob, bytes: bytes.length } as const;
  return { ...runEvents(runId).user, blocks: [file] };
}

/** A session whose one message names a blob. */
async function sessionWithBlob(folder: string): Promise<string> {
  await using store = await openStore(folder);
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  await log.record([userWith(String(await log.saveBlob?.(bytes))), runEvents().end]);
  await log.settle();
  await log.close();
  return sessionId;
}

const blobsOf = (folder: string, sessionId: string) => {
  const path = join(folder, "blobs", sessionId);
  return existsSync(path) ? readdirSync(path) : [];
};

test("keeps a file beside the transcript, which stays readable", async () => {
  await using folder = await temporaryFolder();
  const sessionId = await sessionWithBlob(folder.path);
  const transcript = readFileSync(transcriptPath(folder.path, sessionId), "utf8");
  expect(transcript.length).toBeLessThan(1500);
  expect(transcript).toContain(`"blob":"${id}"`);
  expect(readFileSync(join(folder.path, "blobs", sessionId, id))).toEqual(bytes);
  expect(statSync(join(folder.path, "blobs", sessionId, id)).mode & 0o777).toBe(0o600);
});

test("removes a blob whose writer was killed before its line, and no other", async () => {
  await using folder = await temporaryFolder();
  const store = join(folder.path, "store");
  mkdirSync(store);
  const sessionId = await sessionWithBlob(store);
  const program = await buildWriter(folder.path);
  const writer = startWriter(program, "blob", store, sessionId, "never named");
  await writer.nextLine();
  await writer.kill();
  expect(blobsOf(store, sessionId).sort()).toEqual([id, ...writer.lines].sort());

  await using next = await openStore(store);
  await next.recover();
  expect(blobsOf(store, sessionId)).toEqual([id]);
  expect(await next.loadBlob?.(sessionId, id)).toEqual(bytes);
});

test("removes the blobs of a new session whose writer was killed before the first line", async () => {
  await using folder = await temporaryFolder();
  const store = join(folder.path, "store");
  mkdirSync(store);
  writeTranscript(store, "other", ["one"]);
  const program = await buildWriter(folder.path);
  const writer = startWriter(program, "newBlob", store, "x");
  await writer.nextLine();
  const sessionId = String(writer.lines[0]);
  const living = await openStore(store);
  await living.appendMessage("other", says("two"));
  await living.close();
  expect(blobsOf(store, sessionId)).toHaveLength(1);

  await writer.kill();
  await using next = await openStore(store);
  await next.appendMessage("other", says("three"));
  await next.close();
  expect(existsSync(join(store, "blobs", sessionId))).toBe(false);
  expect(existsSync(join(store, "live", `${sessionId}.jsonl`))).toBe(false);
});

test("keeps all blobs of a session whose damaged lines were cut", async () => {
  await using folder = await temporaryFolder();
  const store = join(folder.path, "store");
  mkdirSync(store);
  const sessionId = await sessionWithBlob(store);
  mkdirSync(join(store, "damaged"));
  writeFileSync(join(store, "damaged", `${sessionId}.1.jsonl`), "{}\n");
  const program = await buildWriter(folder.path);
  const writer = startWriter(program, "blob", store, sessionId, "never named");
  await writer.nextLine();
  await writer.kill();
  await using next = await openStore(store);
  await next.recover();
  expect(blobsOf(store, sessionId)).toHaveLength(2);
});

test("shares the bytes of a fork with its origin until both are removed for good", async () => {
  await using folder = await temporaryFolder();
  const sessionId = await sessionWithBlob(folder.path);
  await using store = await openStore(folder.path);
  const fork = await store.forkSession(sessionId);
  const path = join(folder.path, "blobs", fork.sessionId, id);
  expect(statSync(path).ino).toBe(statSync(join(folder.path, "blobs", sessionId, id)).ino);

  await store.deleteSession(sessionId);
  expect(blobsOf(folder.path, sessionId)).toEqual([id]);
  ageDeleted(folder.path, sessionId);
  await store.deleteSession((await store.forkSession(fork.sessionId)).sessionId);
  expect(existsSync(join(folder.path, "blobs", sessionId))).toBe(false);
  expect(await store.loadBlob?.(fork.sessionId, id)).toEqual(bytes);
});

/** Renames the files of a deleted session as if it had been deleted eight days ago. */
function ageDeleted(folder: string, sessionId: string): void {
  const deleted = join(folder, "deleted");
  for (const name of readdirSync(deleted)) {
    const old = Date.now() - 8 * 24 * 60 * 60 * 1_000;
    if (name.startsWith(sessionId))
      renameSync(join(deleted, name), join(deleted, name.replace(/\.\d+\./, `.${old}.`)));
  }
}

test("copies blobs where the file system has no hard links", async () => {
  await using folder = await temporaryFolder();
  const sessionId = await sessionWithBlob(folder.path);
  const fs = {
    ...nodeFileSystem,
    link(from: string, to: string) {
      if (from.includes("blobs")) throw Object.assign(new Error("no links"), { code: "EPERM" });
      nodeFileSystem.link(from, to);
    },
  };
  const store = new JsonlStore({ fs, path: folder.path, durability: "disk", lockWaitMs: 0 });
  const fork = await store.forkSession(sessionId);
  expect(await store.loadBlob(fork.sessionId, id)).toEqual(bytes);
  await store.close();
});

test("costs one image when a blob is missing or damaged, and verify names it", async () => {
  await using folder = await temporaryFolder();
  const sessionId = await sessionWithBlob(folder.path);
  const path = join(folder.path, "blobs", sessionId, id);
  writeFileSync(path, "damaged");
  await using store = await openStore(folder.path);
  expect(await store.loadBlob?.(sessionId, id)).toBeUndefined();
  expect(await store.loadMessages(sessionId)).toHaveLength(1);
  await store.close();

  const damaged = new RegExp(
    `^${sessionId}: line 2, byte \\d+: names blob ${id}, which is missing or damaged$`,
    "m",
  );
  expect(await command("verify", "--dir", folder.path)).toMatchObject({
    exitCode: 1,
    out: expect.stringMatching(damaged),
  });
  rmSync(path);
  mkdirSync(path);
  expect(await command("verify", "--dir", folder.path)).toMatchObject({
    exitCode: 1,
    out: expect.stringContaining(`names blob ${id}, which cannot be read: NOT_A_FILE`),
  });
  expect((await command("show", sessionId, "--dir", folder.path)).out).toContain(`blob ${id}`);
});

test("saves nothing under a name when the disk is full", async () => {
  await using folder = await temporaryFolder();
  const fs = {
    ...nodeFileSystem,
    write: (fd: number, data: string | Uint8Array) =>
      typeof data === "string" ? nodeFileSystem.write(fd, data) : 0,
  };
  const store = new JsonlStore({ fs, path: folder.path, durability: "os", lockWaitMs: 0 });
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  await expect(log.saveBlob?.(bytes)).rejects.toMatchObject({ code: "WRITE_FAILED" });
  expect(blobsOf(folder.path, sessionId)).toEqual([]);
  await log.record([runEvents().user]);
  await log.close();
  await store.close();
});

test("saves a blob for the disk before its line", async () => {
  await using folder = await temporaryFolder();
  const synced: string[] = [];
  const fs = {
    ...nodeFileSystem,
    sync: async (fd: number) => {
      synced.push("file");
      await nodeFileSystem.sync(fd);
    },
    syncDirectory: async (path: string) => {
      synced.push(path.slice(folder.path.length));
      await nodeFileSystem.syncDirectory(path);
    },
  };
  const store = new JsonlStore({ fs, path: folder.path, durability: "disk", lockWaitMs: 0 });
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  await log.saveBlob?.(bytes);
  expect(synced).toEqual(["file", `/blobs/${sessionId}`, "/blobs", ""]);
  await log.close();
  await store.close();
});

test("keeps the blobs of lines that another program wrote with blanks", async () => {
  await using folder = await temporaryFolder();
  const sessionId = await sessionWithBlob(folder.path);
  const path = transcriptPath(folder.path, sessionId);
  writeFileSync(path, readFileSync(path, "utf8").replaceAll('":', '": '));
  mkdirSync(join(folder.path, "live"), { recursive: true });
  writeFileSync(join(folder.path, "live", `${sessionId}.jsonl`), "");
  await using store = await openStore(folder.path);
  await store.appendMessage(sessionId, says("two"));
  expect(await store.loadBlob?.(sessionId, id)).toEqual(bytes);
});

test.each(["os", "disk"] as const)("saves a damaged blob again, at %s", async (durability) => {
  await using folder = await temporaryFolder();
  const sessionId = await sessionWithBlob(folder.path);
  await using store = await openStore(folder.path, { durability });
  const log = await store.openLog(sessionId);
  writeFileSync(join(folder.path, "blobs", sessionId, id), Buffer.alloc(bytes.length));
  expect(await log.saveBlob?.(bytes)).toBe(id);
  expect(await store.loadBlob?.(sessionId, id)).toEqual(bytes);
  await log.close();
});

test("does not write a blob twice that is there, and refuses a folder of its name", async () => {
  await using folder = await temporaryFolder();
  const sessionId = await sessionWithBlob(folder.path);
  const path = join(folder.path, "blobs", sessionId, id);
  const before = statSync(path).ino;
  await using store = await openStore(folder.path);
  const log = await store.openLog(sessionId);
  await log.saveBlob?.(bytes);
  expect(statSync(path).ino).toBe(before);
  rmSync(path);
  mkdirSync(path);
  await expect(log.saveBlob?.(bytes)).rejects.toMatchObject({ code: "WRITE_FAILED" });
  await log.close();
});

test("takes a file that is larger than any blob for a damaged one", async () => {
  await using folder = await temporaryFolder();
  const sessionId = await sessionWithBlob(folder.path);
  const fs: FileSystem = {
    ...nodeFileSystem,
    fileStat: (fd) => ({ ...nodeFileSystem.fileStat(fd), size: constants.MAX_LENGTH + 1 }),
  };
  expect(await new BlobFolder(fs, folder.path, sessionId).load(id)).toBeUndefined();
});
