import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { run } from "../src/cli/run.ts";
import { command } from "./command.ts";
import { linesOf, openStore, runEvents, says, transcriptPath, writeTranscript } from "./fixtures.ts";
import { temporaryFolder } from "./temporary-folder.ts";

test("ls lists the sessions, as text and as JSON lines", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "first", ["what is a session?", "and a run?"]);
  const { exitCode, out } = await command("ls", "--dir", folder.path);
  expect(exitCode).toBe(0);
  expect(out.split("\n").map((line) => line.replace(/ +/g, " "))).toEqual([
    "session updated (UTC) count key title",
    "first 2026-01-01 00:00:00 2 webchat what is a session?",
    "",
  ]);
  const json = await command("ls", "--dir", folder.path, "--json");
  expect(JSON.parse(json.out)).toMatchObject({ sessionId: "first", key: "webchat", messageCount: 2 });
  expect((await command("ls", "--dir", folder.path, "--archived")).err).toBe("There are no sessions here.\n");
});

test("refuses an empty path of the folder", async () => {
  const { exitCode, err } = await command("ls", "--dir", "");
  expect(exitCode).toBe(64);
  expect(err).toContain('`--dir` must be the path of a folder, got ""');
  expect((await command("export", "x", "--files", "")).err).toContain("`--files` must be the path");
});

test("show prints the last messages of a session named by its key or the beginning of its id", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "first", ["one", "two", "three"]);
  for (const name of ["first", "fir", "webchat"]) {
    const { exitCode, out } = await command("show", name, "--dir", folder.path, "-n", "1");
    expect(exitCode).toBe(0);
    expect(out).toBe(
      "one\nfirst · webchat · 3 messages since 2026-01-01 00:00:00 UTC\n\n" +
        "    3 2026-01-01 00:00:00 user\n      three\n",
    );
  }
});

test("show and export give the reason of a run that failed without an answer", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "first", ["one"]);
  await using store = await openStore(folder.path);
  const log = await store.openLog("first");
  const { user, start, done, end } = runEvents();
  const error = { code: "MODEL_OVERLOADED", message: "The model is busy.", retryable: true };
  await log.record([user, start, { ...done, content: "" }, { ...end, outcome: "failed", error }]);
  await log.close();
  const { out } = await command("show", "first", "--dir", folder.path);
  expect(out).toContain("run r1 ended: failed, MODEL_OVERLOADED: The model is busy.\n");
  const exported = await command("export", "first", "--dir", folder.path);
  expect(exported.out).toContain("> The answer failed. The model is busy. (MODEL_OVERLOADED)\n");
});

test("show lets no session move the cursor or turn text around", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "first", ["\u001b[2Jgone \u202egnp.exe \u009b5A"]);
  const { out } = await command("show", "first", "--dir", folder.path);
  expect(out).toContain("\\u001b[2Jgone \\u202egnp.exe \\u009b5A");
  expect(out).not.toMatch(/[\p{Bidi_Control}]|(?!\n)\p{Cc}/u);
});

test("tail -f prints what another process appends, until it is interrupted", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "first", ["one", "two"]);
  await using store = await openStore(folder.path);
  const stop = new AbortController();
  const printed: string[] = [];
  const terminal = {
    out: (text: string) => {
      printed.push((JSON.parse(text) as { content: string }).content);
      if (printed.length === 1) void store.appendMessage("first", says("three"));
      if (printed.at(-1) === "three") stop.abort();
    },
    err: () => {},
    isInteractive: false,
    hasColor: false,
  };
  const args = ["tail", "-f", "-n", "1", "--json", "first", "--dir", folder.path];
  expect(await run(args, terminal, stop.signal)).toBe(0);
  expect(printed).toEqual(["two", "three"]);
});

test("export writes Markdown that no message can break out of, or JSON lines", async () => {
  await using folder = await temporaryFolder();
  const store = await openStore(folder.path);
  const { sessionId } = await store.createSession("webchat");
  const log = await store.openLog(sessionId);
  const { user, answer, end } = runEvents();
  const toolCalls = [{ callId: "c1", toolName: "bash", input: { command: "ls" } }];
  await log.record([
    user,
    { ...answer, id: "call", content: "", toolCalls },
    {
      type: "tool_done",
      runId: "r1",
      id: "t",
      callId: "c1",
      toolName: "bash",
      output: "a\n```\nb",
      isError: false,
      timestamp: user.timestamp,
    },
    answer,
    end,
  ]);
  await store.close();
  const { out } = await command("export", sessionId, "--dir", folder.path);
  expect(out).toBe(
    [
      "# hi\n",
      "## User\n\nhi\n",
      "**bash**\n",
      '```json\n{\n  "command": "ls"\n}\n```\n',
      "✓\n",
      "````\na\n```\nb\n````\n",
      "## Assistant\n\nHello\n",
    ].join("\n"),
  );
  const jsonl = await command("export", sessionId, "--dir", folder.path, "--format", "jsonl");
  expect(
    jsonl.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(linesOf(transcriptPath(folder.path, sessionId)).slice(1));
});

test("verify prints damaged lines and changes nothing, repair cuts them and copies the file first", async () => {
  await using folder = await temporaryFolder();
  const path = writeTranscript(folder.path, "first", ["one", "two"]);
  const [, one = ""] = readFileSync(path, "utf8").split("\n");
  appendFileSync(path, `{"half\n${one}\n`);
  appendFileSync(
    path,
    Buffer.from([...Buffer.from('{"seq":9,"id":"id-9","role":"user","content":"'), 0xff, 34, 44]),
  );
  appendFileSync(path, '"timestamp":1}\n{"torn');
  const damaged = readFileSync(path);
  const { exitCode, out, err } = await command("verify", "--dir", folder.path);
  expect(exitCode).toBe(1);
  expect(err).toBe("1 session(s) checked, 4 problem(s) found.\n");
  expect(out.split("\n")).toEqual([
    expect.stringMatching(/^first: line 4, byte \d+: not JSON; "repair" cuts it$/),
    expect.stringMatching(/^first: line 5, byte \d+: repeats the entry of id id-1; "repair" cuts it$/),
    expect.stringMatching(/^first: line 6, byte \d+: is not UTF-8; what is not is read as \uFFFD$/),
    expect.stringMatching(/^first: line 7, byte \d+: is torn: its end is missing; "repair" cuts it$/),
    "",
  ]);
  expect(readFileSync(path).equals(damaged)).toBe(true);

  const repaired = await command("repair", "first", "--dir", folder.path, "--json");
  const { cut, backup } = JSON.parse(repaired.out) as { cut: unknown[]; backup: string };
  expect(cut.length).toBe(3);
  expect(readFileSync(backup).equals(damaged)).toBe(true);
  expect((await command("verify", "first", "--dir", folder.path, "--json")).out).toContain("not UTF-8");
  await using store = await openStore(folder.path);
  const meta = await store.getSession("first");
  expect([meta?.messageCount, meta?.lastSeq, meta?.epoch === "0"]).toEqual([3, 9, false]);
  expect((await command("repair", "first", "--dir", folder.path)).out).toBe("first: nothing to repair\n");
});

test("verify reads archived sessions too", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(writeTranscript(folder.path, "first", ["one"]), "{half\n", { flag: "a" });
  const store = await openStore(folder.path);
  await store.archiveSession("first");
  await store.close();
  for (const names of [[], ["first"]]) {
    const { exitCode, out } = await command("verify", ...names, "--dir", folder.path);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^first: line 3, byte \d+: not JSON; "repair" cuts it\n$/);
  }
});

test("repair refuses a session with a live writer", async () => {
  await using folder = await temporaryFolder();
  writeFileSync(writeTranscript(folder.path, "first", ["one"]), "{half\n", { flag: "a" });
  await using store = await openStore(folder.path);
  await store.openLog("first");
  const { exitCode, err } = await command("repair", "first", "--dir", folder.path);
  expect(exitCode).toBe(1);
  expect(err).toMatch(
    /^session-store: The session is locked by process \d+\. Retry .* \(SESSION_LOCKED\)\n$/,
  );
});

test.each([
  [["nonsense"], 'There is no command "nonsense". Use one of ls, show, tail, search, export'],
  [["show"], "Use: session-store show <session>"],
  [["ls", "extra"], "Use: session-store ls"],
  [["repair"], "Use: session-store repair <session…>"],
  [["ls", "--limit", "-1"], "--limit"],
  [["ls", "--limit", "x"], '`--limit` must be an integer of at least 1, got "x"'],
  [["export", "x", "--format", "pdf"], '`--format` must be markdown or jsonl, got "pdf"'],
  [["ls", "--colour"], "Unknown option '--colour'.\n"],
  [["ls", "--dri", "x"], "Unknown option '--dri'. The closest is --dir.\n"],
  [["serach", "x"], 'There is no command "serach". The closest is search. Use one of ls,'],
  [["ls", "--follow"], "The command ls has no option --follow."],
  [["show", "x", "--at", "1"], "The command show has no option --at."],
  [["ls", "--dir", "/nowhere"], "There is no folder /nowhere. Name the folder of the sessions with --dir"],
])("%j is refused with a hint and exit code 64", async (args, message) => {
  const { exitCode, err, out } = await command(...args);
  expect({ exitCode, out }).toEqual({ exitCode: 64, out: "" });
  expect(err).toContain(message);
  expect(err).toContain('Try "session-store --help".');
});

test("rejects the name of no session, and the beginning of several ids", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "aa", ["one"]);
  writeTranscript(folder.path, "ab", ["one"]);
  expect((await command("show", "x", "--dir", folder.path)).err).toContain('There is no session "x"');
  expect((await command("show", "a", "--dir", folder.path)).err).toContain('"a" is a part of 2 session ids');
});

test("--help and no argument explain all commands", async () => {
  const { exitCode, out } = await command("--help");
  expect(exitCode).toBe(0);
  for (const name of ["ls", "show", "tail", "export", "verify", "repair"])
    expect(out).toContain(`session-store ${name}`);
  expect((await command()).out).toBe(out);
});

test("rename, archive, unarchive, fork, delete and undelete change a session, and print it", async () => {
  await using folder = await temporaryFolder();
  writeTranscript(folder.path, "first-session-00001234", ["one", "two", "three"]);
  const on = (...args: string[]) => command(...args, "--dir", folder.path);
  // The page shows the end of an id.
  expect((await on("rename", "00001234", "A", "new", "title")).out).toContain("A new title");
  expect((await on("archive", "first")).exitCode).toBe(0);
  expect((await on("ls")).out).toBe("");
  expect((await on("ls", "--archived")).out).toContain("A new title");
  expect((await on("rename", "first", "no")).err).toContain("(SESSION_ARCHIVED)");
  expect((await on("unarchive", "first")).exitCode).toBe(0);
  const fork = JSON.parse((await on("fork", "first", "--at", "2", "--key", "other", "--json")).out);
  expect(fork).toMatchObject({ key: "other", messageCount: 2 });
  expect((await on("delete", "first")).out).toContain("within 7 days");
  expect((await on("show", "first")).exitCode).toBe(64);
  expect((await on("undelete", "first-session-00001234")).out).toContain("A new title");
  expect((await on("search", "two")).out).toContain("A new title");
  expect((await on("search", "not there")).err).toBe("There is no such session here.\n");
});

test("--version prints the version of the package", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(await command("--version")).toEqual({ exitCode: 0, out: `${version}\n`, err: "" });
});

test("copy refuses an unknown direction", async () => {
  await using folder = await temporaryFolder();
  const { exitCode, err } = await command("copy", "into", "postgres://127.0.0.1/none", "--dir", folder.path);
  expect(exitCode).toBe(64);
  expect(err).toContain('`direction` must be to or from, got "into"');
});
