import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createBashTool } from "../../src/commands/bash.ts";
import { passedVariables } from "../../src/commands/command-environment.ts";
import { goesWithTheClock, timeIsOverWhenItSpeaks } from "../clock.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "../tools/call-tool.ts";
import { processesIn } from "./processes-in.ts";

const here = createBashTool("/tmp");

describe("a command", () => {
  test("runs in the workspace", async () => {
    await using workspace = await temporaryDirectory({ "a.txt": "" });
    expect(await callTool(createBashTool(workspace.path), { command: "pwd; ls" })).toEqual({
      output: `${workspace.path}\na.txt\n`,
      isError: false,
    });
  });

  test.each([
    ["standard output and standard error, as they come", "echo a; echo b >&2; echo c", "a\nb\nc\n", false],
    ["a text when there is no output", "true", "(no output)", false],
    ["the exit status if not 0", "echo no; exit 3", "no\n[exit status 3]", true],
    ["a failure without output", "false", "(no output)\n[exit status 1]", true],
    ["the signal that ended it", "kill -SEGV $$", "(no output)\n[ended by SIGSEGV]", true],
    ["nothing from standard input", "cat; echo end", "end\n", false],
    ["bytes that are no text, as marks", "printf '\\377a'", "\uFFFDa", false],
  ])("gives %s", async (_, command, output, isError) => {
    expect(await callTool(here, { command })).toEqual({ output, isError });
  });

  test("ends with a process that exits at once, and leaves no listener when it has ended", async () => {
    const before = process.listeners("exit");
    let started = () => {};
    const bothRun = new Promise<void>((resolve) => {
      let count = 0;
      started = () => void ((count += 1) === 2 && resolve());
    });
    const command = "sleep 60 & echo started; wait";
    const results = [1, 2].map(() => callTool(here, { command }, { progress: started }));
    await bothRun;

    // The listeners that were added kill the commands, as at the end of this process.
    const added = process.listeners("exit").filter((listener) => !before.includes(listener));
    for (const listener of added) listener(0);

    expect(added).toHaveLength(1);
    expect((await Promise.all(results)).map(({ output }) => output)).toEqual(
      Array<string>(2).fill("started\n[ended by SIGKILL]"),
    );
    expect(process.listeners("exit")).toEqual(before);
  });

  test("returns bash's message for a line that bash cannot parse", async () => {
    expect((await callTool(here, { command: "echo (" })).output).toMatch(
      /syntax error[^]*\[exit status 2\]$/,
    );
  });

  test("rejects a line that is longer than the system accepts, and advises a file", async () => {
    const command = `cat <<END\n${"ä".repeat(100_000)}\nEND`;
    expect(await callTool(here, { command })).toEqual({
      output:
        "The tool failed: The command is too long for the system to start it. Write it, or the text that it holds, to a file first.",
      isError: true,
    });
  });

  test("shows its output while it runs", async () => {
    const seen: string[] = [];
    await callTool(here, { command: "echo one; echo two" }, { progress: (text) => seen.push(text) });
    expect(seen.join("")).toBe("one\ntwo\n");
  });

  test("returns the beginning and the end of a long output, and how much is left out", async () => {
    const { output } = await callTool(createBashTool("/tmp", { maxOutputChars: 20 }), {
      command: "seq -w 1 1000",
    });
    expect(output).toBe("0001\n0002\n\n[… 4980 characters left out …]\n0999\n1000\n");
  });

  test("is ended when it writes without end", async () => {
    const result = await callTool(createBashTool("/tmp", { maxOutputChars: 4 }), { command: "yes" });
    expect(result.output).toMatch(
      /^y\n\n\[… \d+ characters left out …\]\n(y\n|\ny)\n?\[ended: the command wrote more than 20 MB\]$/,
    );
  });
});

describe("the environment", () => {
  test("holds no key of ours, only what is on the list and what was given", async () => {
    vi.stubEnv("ANTHROPIC_API_KEY", "sk-secret");
    vi.stubEnv("MINI_OPENCLAW_TOKEN", "token-secret");
    const { output } = await callTool(createBashTool("/tmp", { env: { EXTRA: "1" } }), { command: "env" });
    vi.unstubAllEnvs();
    expect(output).not.toContain("secret");
    const names = output.split("\n").map((line) => line.split("=")[0]);
    const allowed = [
      ...passedVariables,
      ...["GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0"],
      ...["PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TERM", "EXTRA"],
    ];
    // bash itself adds three of the last four; the id finds what a command left behind.
    expect(
      names.filter(
        (name) => name && ![...allowed, "PWD", "SHLVL", "_", "MINI_OPENCLAW_COMMAND_ID"].includes(name),
      ),
    ).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(["PATH", "TERM", "EXTRA"]));
  });
});

test("commands get the variables of proxies and certificates, and those that are named", async () => {
  vi.stubEnv("HTTPS_PROXY", "http://proxy.test:3128");
  vi.stubEnv("no_proxy", "localhost");
  vi.stubEnv("SSL_CERT_FILE", "/etc/own.pem");
  vi.stubEnv("SSH_AUTH_SOCK", "/run/agent.sock");
  const command = 'echo "$HTTPS_PROXY $no_proxy $SSL_CERT_FILE $SSH_AUTH_SOCK"';
  const plain = await callTool(here, { command });
  const named = await callTool(createBashTool("/tmp", { passed: ["SSH_AUTH_SOCK"] }), { command });
  vi.unstubAllEnvs();
  expect(plain.output).toBe("http://proxy.test:3128 localhost /etc/own.pem \n");
  expect(named.output).toBe("http://proxy.test:3128 localhost /etc/own.pem /run/agent.sock\n");
});

describe("a command that does not end", () => {
  beforeEach(goesWithTheClock);
  afterEach(() => void vi.useRealTimers());

  test("is ended with its children when its time is over", async () => {
    await using workspace = await temporaryDirectory();
    const bash = createBashTool(workspace.path);
    const result = await callTool(bash, { command: "sleep 60 & echo here; wait" }, timeIsOverWhenItSpeaks);
    expect(result).toEqual({
      output: "here\n[ended: the command ran longer than 30 seconds]",
      isError: true,
    });
    expect(processesIn(workspace.path)).toEqual([]);
  });

  test("is killed when it does not heed TERM", async () => {
    await using workspace = await temporaryDirectory();
    const bash = createBashTool(workspace.path);
    const command = "trap '' TERM; echo here; while :; do sleep 1; done";
    const result = await callTool(bash, { command }, timeIsOverWhenItSpeaks);
    expect(result.output).toContain("[ended: the command ran longer than 30 seconds]");
    expect(processesIn(workspace.path)).toEqual([]);
  });

  test("is ended by an abort, and what it wrote is kept", async () => {
    const controller = new AbortController();
    const result = await callTool(
      here,
      { command: "echo half; sleep 60" },
      { signal: controller.signal, progress: () => controller.abort() },
    );
    expect(result).toEqual({ output: "half\n[aborted: the command was stopped]", isError: true });
  });

  test("is not waited for when it left a child that holds the pipe", async () => {
    await using workspace = await temporaryDirectory();
    const bash = createBashTool(workspace.path);
    const result = await callTool(bash, { command: "sleep 60 & echo done" });
    expect(result).toEqual({ output: "done\n", isError: false });
    expect(processesIn(workspace.path)).toEqual([]);
  });
});

describe("processes that a command starts end with it", () => {
  test.each([
    ["a child of its group", "sleep 60 & echo > child"],
    [
      "a child in a session of its own",
      "setsid sh -c 'touch child; exec sleep 60' & until [ -e child ]; do :; done",
    ],
    [
      "a daemon whose parent is gone",
      "(setsid sh -c 'touch child; exec sleep 60' > /dev/null 2>&1 &); until [ -e child ]; do :; done",
    ],
    [
      "three that go on forking",
      "f() { while :; do (sleep 0.01 & echo > child); done; }; f & f & f & until [ -e child ]; do :; done",
    ],
  ])("%s", async (_, command) => {
    await using workspace = await temporaryDirectory();
    await callTool(createBashTool(workspace.path), { command });
    expect(processesIn(workspace.path)).toEqual([]);
  });
});

test("500 MB of output cost neither memory nor time", async () => {
  const before = process.memoryUsage().rss;
  const { output } = await callTool(here, { command: "head -c 500000000 /dev/zero" });
  expect(output).toMatch(/\[ended: the command wrote more than 20 MB\]$/);
  expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
});

test("a workspace that is not there is made, and one that is no folder is named", async () => {
  await using outer = await temporaryDirectory({ "file.txt": "" });
  const made = createBashTool(join(outer.path, "new"));
  expect(await callTool(made, { command: "pwd" })).toEqual({
    output: `${outer.path}/new\n`,
    isError: false,
  });
  const deep = await callTool(createBashTool(join(outer.path, "a/b")), { command: "true" });
  expect(deep.output).toMatch(
    /^The tool failed: The workspace .* does not exist and cannot be made \(ENOENT\)/,
  );
  const result = await callTool(createBashTool(join(outer.path, "file.txt")), { command: "true" });
  expect(result.isError).toBe(true);
  expect(result.output).toMatch(/^The tool failed: The workspace .*file\.txt/);
});

test("git writes names as they are", async () => {
  await using workspace = await temporaryDirectory({ "中文.txt": "" });
  const bash = createBashTool(workspace.path);
  const { output } = await callTool(bash, { command: "git init -q . && git status --short" });
  expect(output).toBe("?? 中文.txt\n");
});
