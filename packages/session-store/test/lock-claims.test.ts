import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nodeFileSystem } from "../src/files/file-system.ts";
import { isListening, listenBeside } from "../src/files/lock-socket.ts";
import { openStore, says, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("a lock with a claim of a dead process is free, whatever the length of its id", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "short", ["one"]);
  await using own = await openStore(folder.path);
  await own.openLog("short");
  const lock: object = JSON.parse(readFileSync(join(folder.path, "short.lock"), "utf8"));
  const long = "a".repeat(128);
  writeTranscript(folder.path, long, ["one"]);
  const dead = { ...lock, bootId: "another", path: "" };
  const tokens = Array.from({ length: 4 }, () => crypto.randomUUID());
  let path = join(folder.path, `${long}.lock`);
  for (const token of tokens) {
    writeFileSync(path, JSON.stringify({ ...dead, token }));
    path = join(folder.path, `${long}.lock.${token}`);
  }
  await using store = await openStore(folder.path);
  expect((await store.appendMessage(long, says("two"))).seq).toBe(2);
  expect(readdirSync(folder.path).filter((name) => name.includes(".lock."))).toEqual([]);
});

test("a socket that was removed by hand is replaced, and its users do not close the next one", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "any.lock");
  const first = listenBeside(nodeFileSystem, path);
  rmSync(join(folder.path, first?.name ?? ""));
  const second = listenBeside(nodeFileSystem, path);
  first?.stop();
  expect(isListening(nodeFileSystem, join(folder.path, second?.name ?? ""), "second")).toBe(true);
  second?.stop();
  expect(readdirSync(folder.path)).toEqual([]);
});
