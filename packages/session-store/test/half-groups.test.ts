import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { command } from "./command.ts";
import { contentsOf, openStore, says, transcriptPath } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A session with one message, and a group of three whose last bytes are missing. */
async function sessionWithHalfGroup(folder: string, lost: number): Promise<string> {
  await using store = await openStore(folder);
  const { sessionId } = await store.createSession("webchat");
  await store.appendMessage(sessionId, says("one"));
  await store.appendMessages(sessionId, [says("a"), says("b"), says("c")]);
  const path = transcriptPath(folder, sessionId);
  writeFileSync(path, readFileSync(path).subarray(0, -lost));
  return sessionId;
}

test.each([
  ["lost a part of its last line", 10, 3],
  ["lost its last line", lengthOfLine(), 2],
])("repair makes no part of a group visible that %s", async (_, lost, count) => {
  await using folder = await temporaryFolder();
  const sessionId = await sessionWithHalfGroup(folder.path, lost);
  const dir = ["--dir", folder.path];
  const { exitCode, out } = await command("verify", ...dir);
  expect(exitCode).toBe(1);
  const missing = /line (\d), byte \d+: is of a group whose end is missing; "repair" cuts it/g;
  expect([...out.matchAll(missing)].map(([, line]) => line)).toEqual(["3", "4"]);

  const { out: repaired } = await command("repair", sessionId, ...dir);
  expect(repaired).toContain(`${sessionId}: ${count} line(s) cut`);
  expect((await command("verify", ...dir)).exitCode).toBe(0);
  await using store = await openStore(folder.path);
  expect(await contentsOf(store, sessionId)).toEqual(["one"]);
});

test("verify accepts whole groups, and an interrupted one that readers accept", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const { sessionId } = await store.createSession("webchat");
  await store.appendMessages(sessionId, [says("a"), says("b")]);
  await store.appendMessages(sessionId, [says("c"), says("d")]);
  await store.close();
  expect((await command("verify", "--dir", folder.path)).exitCode).toBe(0);

  const path = transcriptPath(folder.path, sessionId);
  const lines = readFileSync(path, "utf8").split("\n");
  writeFileSync(path, lines.toSpliced(2, 1).join("\n"));
  const { out } = await command("verify", "--dir", folder.path);
  expect(out).toContain("line 3");
  expect(out).toContain("follows a group that is not complete");
  expect(out).not.toContain("cuts it");
});

function lengthOfLine(): number {
  const entry = { seq: 4, id: "0199f3a0-0000-7000-8000-000000000000", ...says("c") };
  return JSON.stringify(entry).length + 1;
}
