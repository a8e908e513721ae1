import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { command } from "./command.ts";
import { openStore, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const at = "2026-11-29T13:58:01.373Z";
const id = "01a22799-339d-779b-9097-b0dad2432d2d";

/** The first lines of sessions, with the fields that each program writes. */
const programs: Record<string, { name: RegExp; lines: object[] | string }> = {
  // Written by Claude Code 2.1.332 on 2026-11-29.
  "Claude Code": {
    name: /Claude Code/,
    lines: [
      { type: "queue-operation", operation: "enqueue", timestamp: at, sessionId: id, content: "say hello" },
      {
        ...{ parentUuid: null, isSidechain: false, type: "user", uuid: id, timestamp: at, sessionId: id },
        ...{ message: { role: "user", content: "say hello" }, userType: "external", version: "2.1.332" },
      },
    ],
  },
  // Codex 0.171.0, 2026-11-29.
  Codex: {
    name: /Codex/,
    lines: [
      {
        timestamp: at,
        ordinal: 0,
        type: "session_meta",
        payload: { id, cwd: "/work", cli_version: "0.171.0" },
      },
      { timestamp: at, type: "response_item", payload: { type: "message", role: "user", content: [] } },
    ],
  },
  // pi 1.6.0, 2026-11-29. OpenClaw embeds pi and writes the same lines.
  pi: {
    name: /pi or OpenClaw/,
    lines: [
      { type: "session", version: 3, id, timestamp: at, cwd: "/work" },
      {
        type: "message",
        id: "7f5586e0",
        parentId: null,
        timestamp: at,
        message: { role: "user", content: [] },
      },
    ],
  },
  // Qwen Code 0.15.10, 2026-11-29, with a model's server on this machine.
  "Qwen Code": {
    name: /Qwen Code/,
    lines: [
      {
        ...{
          uuid: id,
          parentUuid: null,
          sessionId: id,
          timestamp: at,
          type: "user",
          cwd: "/work",
          version: "0.15.10",
        },
        ...{ message: { role: "user", parts: [{ text: "say hello" }] } },
      },
      {
        ...{ uuid: id, parentUuid: id, sessionId: id, timestamp: at, type: "system", cwd: "/work" },
        ...{ version: "0.15.10", subtype: "attribution_snapshot", systemPayload: { snapshot: {} } },
      },
    ],
  },
  // Gemini CLI 0.61.0, 2026-11-29, with a model's server on this machine.
  "Gemini CLI, lines": {
    name: /Gemini CLI/,
    lines: [
      { sessionId: id, projectHash: "a33c", startTime: at, lastUpdated: at, kind: "main" },
      {
        $set: { messages: [{ id: "1", timestamp: at, type: "user", content: [{ text: "context" }] }] },
        lastUpdated: at,
      },
      { id: "2", timestamp: at, type: "user", content: [{ text: "say hello" }] },
      { id: "3", timestamp: at, type: "gemini", content: "hello", thoughts: [], model: "gemini-3.8-flash" },
    ],
  },
  // https://github.com/google-gemini/gemini-cli, packages/core/src/services/chatRecordingService.ts
  "Gemini CLI, one object": {
    name: /Gemini CLI/,
    lines: `${JSON.stringify({ sessionId: id, projectHash: "a33c", startTime: at, messages: [] }, null, 2)}\n`,
  },
  // A file of one line without a line feed is whole, too.
  "one object without a line feed": {
    name: /Gemini CLI/,
    lines: JSON.stringify({ sessionId: id, projectHash: "a33c", startTime: at, messages: [] }),
  },
  "one list": { name: /is no session file/, lines: JSON.stringify([{ role: "user", content: "hi" }]) },
  "a text": { name: /is no session file/, lines: "a note" },
  "an unknown program": {
    name: /is no session file: none of its lines is of a session/,
    lines: [{ kind: "prompt", body: {} }],
  },
  "an unknown program that numbers its lines": {
    name: /is no session file: none of its lines is of a session/,
    lines: [
      { seq: 1, type: "prompt" },
      { seq: 2, type: "answer" },
    ],
  },
};

describe("a session file of another program", () => {
  test.each(Object.entries(programs))("is named, and stays as it is: %s", async (_, { name, lines }) => {
    await using folder = await temporaryFolder();
    writeTranscript(folder.path, "ours", ["one"]);
    const text =
      typeof lines === "string" ? lines : lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    const path = transcriptPath(folder.path, id);
    writeFileSync(path, text);

    const listed = await command("ls", "--dir", folder.path);
    expect(listed.out).toMatch(name);
    expect(listed.out).toContain("ours");
    expect(listed.exitCode).toBe(0);
    for (const args of [
      ["show", id],
      ["repair", id],
      ["export", id],
      ["rename", id, "x"],
      ["archive", id],
    ]) {
      const { exitCode, err } = await command(...args, "--dir", folder.path);
      expect(err).toMatch(name);
      expect(exitCode).toBe(1);
    }
    const verified = await command("verify", "--dir", folder.path);
    expect(verified.out.trim().split("\n")).toEqual([expect.stringMatching(name)]);
    expect(verified.exitCode).toBe(1);
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});

test("a session file of another program is not read as an empty session, or moved", async () => {
  for (const lines of ["a note", `${JSON.stringify({ kind: "prompt", body: {} })}\n`]) {
    await using folder = await temporaryFolder();
    const path = transcriptPath(folder.path, "open");
    const archived = join(folder.path, "archive", "archived.5.jsonl");
    mkdirSync(join(folder.path, "archive"));
    for (const one of [path, archived]) writeFileSync(one, lines);
    await using store = await openStore(folder.path);
    const foreign = { code: "FOREIGN_FILE" };
    await expect(store.loadMessages("open")).rejects.toMatchObject(foreign);
    await expect(store.entries("open")[Symbol.asyncIterator]().next()).rejects.toMatchObject(foreign);
    await expect(store.appendMessage("open", says("x"))).rejects.toMatchObject(foreign);
    await expect(store.unarchiveSession("archived")).rejects.toMatchObject(foreign);
    await expect(store.deleteSession("archived")).rejects.toMatchObject(foreign);
    expect([path, archived].map((one) => readFileSync(one, "utf8"))).toEqual([lines, lines]);
  }
});

test("a header that its writer did not finish is cut, and copied first", async () => {
  await using folder = await temporaryFolder();
  const path = transcriptPath(folder.path, "torn");
  writeFileSync(path, '{"type":"session","v":1,"sessionId":"torn","ke');
  await using store = await openStore(folder.path);
  await store.appendMessage("torn", says("one"));
  expect((await store.loadMessages("torn")).map(({ content }) => content)).toEqual(["one"]);
  expect(readdirSync(join(folder.path, "damaged"))).toHaveLength(1);
});

test("lines and blocks of a newer version are notes, not damage, and repair keeps them", async () => {
  await using folder = await temporaryFolder();
  const path = writeTranscript(folder.path, "s", ["one"]);
  const blocks = [
    { type: "audio", data: "…" },
    { type: "text", text: "two" },
  ];
  const newer = [
    { seq: 2, id: "id-2", role: "user", content: "two", timestamp: 1, blocks },
    { seq: 3, id: "id-3", role: "narrator", content: "three", timestamp: 1 },
    { seq: 4, type: "later", timestamp: 1 },
  ];
  const text = readFileSync(path, "utf8") + newer.map((line) => `${JSON.stringify(line)}\n`).join("");
  writeFileSync(path, text);
  const verified = await command("verify", "--dir", folder.path);
  expect(verified).toMatchObject({ exitCode: 0, err: "1 session(s) checked, 0 problem(s) found.\n" });
  expect(verified.out.match(/does not know/g)?.length).toBe(3);
  expect((await command("repair", "s", "--dir", folder.path)).out).toContain("nothing to repair");
  expect(readFileSync(path, "utf8")).toBe(text);
  const shown = await command("show", "s", "--dir", folder.path, "--json");
  const messages = shown.out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(messages.map(({ content }) => content)).toEqual(["one", "two"]);
  expect(messages[1].blocks).toEqual([{ type: "text", text: "two" }]);
});
