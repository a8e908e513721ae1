import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contentsOf, linesOf, openStore, says, transcriptPath } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const sessionId = "0f8fad5b-d9cb-469f-a165-70867728950e";
const toolCalls = [{ toolName: "bash", input: { command: "ls" }, output: "a.txt" }];
const legacyLines = [
  { role: "user", content: "list files", timestamp: 1_000 },
  { role: "assistant", content: "One file.", timestamp: 2_000, toolCalls },
];

/** The files of a session in the legacy format. */
function writeLegacySession(folder: string): string {
  const meta = { sessionId, channel: "webchat", createdAt: 1_000, updatedAt: 2_000, messageCount: 2 };
  writeFileSync(join(folder, `${sessionId}.meta.json`), JSON.stringify(meta, null, 2));
  const text = legacyLines.map((line) => JSON.stringify(line)).join("\n");
  writeFileSync(transcriptPath(folder, sessionId), `${text}\n`);
  return text;
}

test("lists and loads a session of the legacy format", async () => {
  await using folder = await temporaryFolder();
  writeLegacySession(folder.path);
  await using store = await openStore(folder.path);
  expect(await store.listSessions()).toEqual({
    sessions: [
      {
        sessionId,
        key: "webchat",
        channel: "webchat",
        title: "list files",
        createdAt: 1_000,
        updatedAt: 2_000,
        messageCount: 2,
        lastSeq: 2,
        epoch: "0",
      },
    ],
  });
  expect((await store.getOrCreateSession("webchat")).sessionId).toBe(sessionId);
  expect(await store.loadMessages(sessionId)).toEqual(
    legacyLines.map((line, index) => ({ seq: index + 1, id: `line-${index + 1}`, ...line })),
  );
  expect((await store.loadMessages(sessionId, { limit: 1 })).map(({ seq }) => seq)).toEqual([2]);
  expect((await store.loadMessages(sessionId, { role: "user" })).map(({ seq }) => seq)).toEqual([1]);
});

test("continues a legacy session: the first append saves key and times, and rewrites no line", async () => {
  await using folder = await temporaryFolder();
  const text = writeLegacySession(folder.path);
  const first = await openStore(folder.path);
  const entry = await first.appendMessage(sessionId, says("again"));
  await first.close();
  const path = transcriptPath(folder.path, sessionId);
  expect(readFileSync(path, "utf8").startsWith(`${text}\n`)).toBe(true);
  expect(linesOf(path).slice(2)).toEqual([
    { type: "session", v: 1, sessionId, key: "webchat", createdAt: 1_000, lastSeq: 2 },
    { ...entry, seq: 3 },
  ]);

  await using second = await openStore(folder.path);
  expect((await second.loadMessages(sessionId)).map(({ seq, content }) => [seq, content])).toEqual([
    [1, "list files"],
    [2, "One file."],
    [3, "again"],
  ]);
  expect((await second.loadMessages(sessionId, { before: 3, limit: 1 })).map(({ seq }) => seq)).toEqual([2]);
  const { readdirSync, rmSync } = await import("node:fs");
  await second.close();
  for (const name of readdirSync(folder.path)) if (/meta|index/.test(name)) rmSync(join(folder.path, name));
  await using third = await openStore(folder.path);
  expect(await third.getSession(sessionId)).toMatchObject({
    key: "webchat",
    createdAt: 1_000,
    messageCount: 3,
  });
});

test("reads lines of the legacy format in a session of this format", async () => {
  await using folder = await temporaryFolder();
  const first = await openStore(folder.path);
  const created = await first.createSession("webchat");
  await first.appendMessage(created.sessionId, says("ours"));
  await first.close();
  const { appendFileSync } = await import("node:fs");
  appendFileSync(transcriptPath(folder.path, created.sessionId), `${JSON.stringify(legacyLines[1])}\n`);
  await using second = await openStore(folder.path);
  expect(await contentsOf(second, created.sessionId)).toEqual(["ours", "One file."]);
  expect((await second.appendMessage(created.sessionId, says("next"))).seq).toBe(3);
  expect(await contentsOf(second, created.sessionId)).toEqual(["ours", "One file.", "next"]);
});

test("reads a legacy file without a `.meta.json`", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(transcriptPath(folder.path, sessionId), JSON.stringify(legacyLines[0]));
  await using store = await openStore(folder.path);
  expect(await store.getSession(sessionId)).toMatchObject({
    key: "unknown",
    createdAt: 1_000,
    messageCount: 1,
  });
  await store.appendMessage(sessionId, says("next"));
  expect(await contentsOf(store, sessionId)).toEqual(["list files", "next"]);
});
