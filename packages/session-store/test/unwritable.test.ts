import { appendFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type FileSystem, nodeFileSystem, openFlags } from "../src/files/file-system.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { repairSession } from "../src/store/repair.ts";
import { SystemError } from "./faulty-file-system.ts";
import { contentsOf, says, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

function storeOn(fs: FileSystem, path: string): JsonlStore {
  return new JsonlStore({ fs, path, durability: "os", lockWaitMs: 0 });
}

test("leaves no copy of a torn end that the disk had no room for", async () => {
  await using folder = await temporaryFolder();
  const path = writeTranscript(folder.path, "first", ["one"]);
  appendFileSync(path, '{"seq":2,"id":"torn');
  const before = readFileSync(path);
  let isFull = true;
  const write: FileSystem["write"] = (fd, bytes) => {
    if (isFull && typeof bytes !== "string") throw new SystemError("ENOSPC");
    return nodeFileSystem.write(fd, bytes);
  };
  const store = storeOn({ ...nodeFileSystem, write }, folder.path);
  for (const content of ["two", "three"]) {
    await expect(store.appendMessage("first", says(content))).rejects.toMatchObject({
      code: "WRITE_FAILED",
      message: expect.stringMatching(/^Cannot copy the torn end of .*first\.jsonl to .*: ENOSPC/),
    });
  }
  expect(readdirSync(join(folder.path, "damaged"))).toEqual([]);
  expect(readFileSync(path)).toEqual(before);

  isFull = false;
  await store.appendMessage("first", says("four"));
  expect(await contentsOf(store, "first")).toEqual(["one", "four"]);
  expect(readdirSync(join(folder.path, "damaged"))).toHaveLength(1);
  await store.close();
});

test("names a transcript that can be read but not written", async () => {
  await using folder = await temporaryFolder();
  const path = writeTranscript(folder.path, "first", ["one"]);
  const refusing = (isRefused: (flags: number) => boolean): FileSystem["open"] =>
    function open(name, flags) {
      if (name === path && isRefused(flags)) throw new SystemError("EACCES");
      return nodeFileSystem.open(name, flags);
    };
  const readOnly = storeOn(
    { ...nodeFileSystem, open: refusing((flags) => flags !== openFlags.read) },
    folder.path,
  );
  expect(await contentsOf(readOnly, "first")).toEqual(["one"]);
  await expect(readOnly.appendMessage("first", says("two"))).rejects.toMatchObject({
    code: "WRITE_FAILED",
    message: expect.stringMatching(/^Cannot write .*first\.jsonl: EACCES/),
  });
  const secret = storeOn({ ...nodeFileSystem, open: refusing(() => true) }, folder.path);
  await expect(secret.openLog("first")).rejects.toMatchObject({ code: "READ_FAILED" });
  await readOnly.close();
  await secret.close();
});

test("names a folder in which nothing can be repaired", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "first", ["one"]);
  const makeDirectory = () => {
    throw new SystemError("EROFS");
  };
  await expect(
    repairSession({ ...nodeFileSystem, makeDirectory }, folder.path, "first"),
  ).rejects.toMatchObject({
    code: "WRITE_FAILED",
    message: `Cannot create ${join(folder.path, "live")}: EROFS: injected.`,
  });
});
