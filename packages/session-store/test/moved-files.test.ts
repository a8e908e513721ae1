import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";
import { moveFile } from "../src/files/move-file.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { SystemError } from "./faulty-file-system.ts";
import { contentsOf, says, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A file system on which each folder is a disk of its own, as links to other disks are. */
function disks(): FileSystem {
  const within = (call: "link" | "rename") => (from: string, to: string) => {
    if (dirname(from) !== dirname(to)) throw new SystemError("EXDEV");
    nodeFileSystem[call](from, to);
  };
  return { ...nodeFileSystem, link: within("link"), rename: within("rename") };
}

test("archives, deletes and restores sessions where the folders are on other disks", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "first", ["one"]);
  const store = new JsonlStore({ fs: disks(), path: folder.path, durability: "disk", lockWaitMs: 0 });
  await store.archiveSession("first");
  expect(await contentsOf(store, "first")).toEqual(["one"]);
  await store.deleteSession("first");
  expect(readdirSync(join(folder.path, "archive"))).toEqual([]);
  expect(await store.getSession("first")).toBeUndefined();
  await store.undeleteSession("first");
  await store.unarchiveSession("first");
  await store.appendMessage("first", says("two"));
  expect(await contentsOf(store, "first")).toEqual(["one", "two"]);
  expect(readdirSync(join(folder.path, "deleted"))).toEqual([]);
  await store.close();
});

test("keeps a file that cannot be copied to another disk, and leaves no part of it there", async () => {
  await using folder = await temporaryFolder();
  const from = writeTranscript(folder.path, "first", ["one"]);
  const bytes = readFileSync(from);
  nodeFileSystem.makeDirectory(join(folder.path, "archive"));
  const fs = { ...disks(), link: () => fail("EXDEV") };
  const to = join(folder.path, "archive", "first.jsonl");
  const move = (faults: Partial<FileSystem>) => () => moveFile({ ...fs, ...faults }, from, to);
  expect(move({ rename: () => fail("EXDEV") })).toThrow("EXDEV");
  expect(move({ open: () => fail("ENOSPC") })).toThrow("ENOSPC");
  const unlink = (path: string) => (path === from ? fail("EPERM") : nodeFileSystem.unlink(path));
  expect(move({ unlink })).toThrow("EPERM");
  expect(readFileSync(from)).toEqual(bytes);
  expect(readdirSync(join(folder.path, "archive"))).toEqual([]);
});

function fail(code: string): never {
  throw new SystemError(code);
}
