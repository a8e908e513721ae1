import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { command } from "./command.ts";
import { openStore, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("a name of a session, tool or id is on one line, so that it forges no other", async () => {
  await using folder = await temporaryFolder();
  await using store = await openStore(folder.path);
  const { sessionId } = await store.createSession("key\nforged");
  const call = { callId: "c\nforged", toolName: "tool\nforged", input: {}, output: "done\nforged" };
  await store.appendMessages(sessionId, [
    { role: "assistant", content: "", timestamp: 1, toolCalls: [call] },
    { role: "tool", ...call, content: "x", isError: false, timestamp: 1 },
  ]);
  await store.renameSession(sessionId, "title\nforged");
  await store.close();
  const doubled = JSON.stringify({ seq: 9, id: "a\nforged", ...says("x") });
  appendFileSync(transcriptPath(folder.path, sessionId), `${doubled}\n${doubled}\n`);
  for (const args of [["ls"], ["show", sessionId], ["tail", sessionId], ["verify"]]) {
    const { out } = await command(...args, "--dir", folder.path);
    expect({ args, out }).toEqual({ args, out: expect.stringContaining(" forged") });
    expect(out).not.toMatch(/^forged/m);
  }
});

test("mistakes that the store finds end with exit code 64 too", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "aa", ["one"]);
  const on = (...args: string[]) => command(...args, "--dir", folder.path);
  for (const [option, ...args] of [
    ["key", "ls", "--key", ""],
    ["title", "rename", "aa", ""],
    ["text", "search", " "],
    ["at", "fork", "aa", "--at", "99"],
    ["key", "fork", "aa", "--key", "k".repeat(600)],
  ]) {
    const { exitCode, err } = await on(...args);
    expect({ args, exitCode, err }).toMatchObject({ args, exitCode: 64 });
    expect(err).toContain(`\`${option}\` must be`);
  }
  const file = await command("ls", "--dir", transcriptPath(folder.path, "aa"));
  expect(file).toMatchObject({ exitCode: 64, err: expect.stringContaining("which is a file") });
});

test("export prints JSON lines with --json too", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "aa", ["one"]);
  const { out } = await command("export", "aa", "--json", "--dir", folder.path);
  expect(JSON.parse(out)).toMatchObject({ content: "one" });
});

test("verify names a blank transcript, and a session that only the index has", async () => {
  await using folder = await temporaryFolder();
  for (const id of ["blank", "gone", "kept"]) writeTranscript(folder.path, id, ["one"]);
  await using store = await openStore(folder.path);
  for (const id of ["blank", "gone", "kept", "deleted"]) {
    if (id === "deleted") writeTranscript(folder.path, id, ["one"]);
    await store.appendMessage(id, says("two"));
  }
  await store.deleteSession("deleted");
  await store.close();
  writeFileSync(transcriptPath(folder.path, "blank"), Buffer.alloc(100));
  rmSync(transcriptPath(folder.path, "gone"));
  const { exitCode, out } = await command("verify", "--dir", folder.path);
  expect(exitCode).toBe(1);
  expect(out.trim().split("\n")).toEqual([
    "blank: is blank: it has no line",
    expect.stringMatching(/^gone: has a line in sessions.index, but no transcript/),
  ]);
});

test("repair continues after a session that it cannot repair", async () => {
  await using folder = await temporaryFolder();
  for (const id of ["held", "next"]) {
    appendFileSync(writeTranscript(folder.path, id, ["one"]), "damaged\n");
  }
  await using store = await openStore(folder.path);
  await store.openLog("held");
  const { exitCode, out, err } = await command("repair", "held", "next", "--dir", folder.path);
  expect(exitCode).toBe(1);
  expect(err).toContain("SESSION_LOCKED");
  expect(out).toContain("next: 1 line(s) cut");
});

test("a session that cannot be read is named, and makes the exit code 1", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "good", ["one"]);
  mkdirSync(transcriptPath(folder.path, "bad"));
  for (const args of [["ls"], ["verify"], ["search", "one"]]) {
    const { exitCode, out, err } = await command(...args, "--dir", folder.path);
    expect(exitCode).toBe(1);
    expect(out + err).toContain("bad");
  }
});

test("control characters in arguments are not printed", async () => {
  await using folder = await temporaryFolder();
  for (const args of [["show", "\u001b[31m"], ["\u001b[31m"], ["ls", "--dir", "/no/\u001b[31m"]]) {
    const { exitCode, err } = await command("--dir", folder.path, ...args);
    expect(exitCode).toBe(64);
    expect(err).not.toContain("\u001b");
  }
});

test("an empty name is no session, also where there is one only", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "aa", ["one"]);
  for (const name of ["delete", "show", "export", "repair"]) {
    const { exitCode, err } = await command(name, "", "--dir", folder.path);
    expect({ name, exitCode, err }).toMatchObject({ name, exitCode: 64 });
    expect(err).toContain("The name of the session is empty.");
  }
  expect((await command("show", "aa", "--dir", folder.path)).exitCode).toBe(0);
});
