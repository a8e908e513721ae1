import { appendFileSync, utimesSync } from "node:fs";
import { expect, test } from "vitest";
import { type FileSystem, nodeFileSystem } from "../src/files/file-system.ts";
import { JsonlStore } from "../src/store/jsonl-store.ts";
import { openStore, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A store that counts its looks at transcripts, on a folder that has not changed for a minute. */
async function countingStore(folder: string) {
  let looks = 0;
  const fs: FileSystem = {
    ...nodeFileSystem,
    pathStat(path) {
      if (path.endsWith(".jsonl")) looks += 1;
      return nodeFileSystem.pathStat(path);
    },
  };
  const store = new JsonlStore({ fs, path: folder, durability: "os", lockWaitMs: 0 });
  const titles = async () => {
    const before = looks;
    const { sessions } = await store.listSessions();
    return { titles: sessions.map(({ title }) => title).sort(), looks: looks - before };
  };
  return { store, titles };
}

function settle(folder: string): void {
  const before = new Date(Date.now() - 60_000);
  utimesSync(folder, before, before);
}

test("a list looks at no transcript again while the folder has not changed", async () => {
  await using folder = await temporaryFolder();
  for (let count = 0; count < 20; count += 1) writeTranscript(folder.path, `s${count}`, ["one"]);
  const { store, titles } = await countingStore(folder.path);
  await titles();
  settle(folder.path);
  const looked = await titles();
  const again = await titles();
  await store.close();

  expect(looked.looks).toBeGreaterThan(0);
  expect(again).toEqual({ titles: looked.titles, looks: 0 });
});

test("a list returns what another store writes, while it writes and afterwards", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "mine", ["one"]);
  writeTranscript(folder.path, "other", ["one"]);
  const { store, titles } = await countingStore(folder.path);
  settle(folder.path);
  await titles();
  const writer = await openStore(folder.path);
  const seen: string[][] = [];
  for (const title of ["first", "second", "third"]) {
    await writer.renameSession("other", title);
    // As if the clock of the file system stood still.
    settle(folder.path);
    seen.push((await titles()).titles);
  }
  await writer.close();
  await using last = await openStore(folder.path);
  await last.renameSession("other", "fourth");
  await last.close();
  seen.push((await titles()).titles);
  await store.close();

  expect(seen).toEqual(["first", "second", "third", "fourth"].map((title) => [title, "one"].sort()));
});

test("the meta of one session includes what a program without the lock appended", async () => {
  await using folder = await temporaryFolder();
  const path = writeTranscript(folder.path, "mine", ["one"]);
  const { store, titles } = await countingStore(folder.path);
  settle(folder.path);
  await titles();
  const line = { seq: 2, id: "by-hand", ...says("two") };
  appendFileSync(path, `${JSON.stringify(line)}\n`);

  expect(path).toBe(transcriptPath(folder.path, "mine"));
  expect((await store.getSession("mine"))?.messageCount).toBe(2);
  await store.close();
});
