import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createBashTool } from "../../src/commands/bash.ts";
import { findSandbox } from "../../src/index.ts";
import { goesWithTheClock, timeIsOverWhenItSpeaks } from "../clock.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "../tools/call-tool.ts";
import { processesIn } from "./processes-in.ts";

const { sandbox, problem } = await findSandbox();

/** Makes an executable that runs `script`, and gives its path. */
async function program(directory: Awaited<ReturnType<typeof temporaryDirectory>>, script: string) {
  await directory.write("program", `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory.path, "program"), 0o755);
  return join(directory.path, "program");
}

describe("without a sandbox that works, the search returns the reason", () => {
  test.each([
    ["is not there", undefined, /^bubblewrap is not installed \(.*program is not there\)$/],
    [
      "is not permitted",
      "echo 'bwrap: No permissions to create new namespace' >&2; exit 1",
      /^bubblewrap does not work here: bwrap: No permissions to create new namespace$/,
    ],
    ["fails silently", "exit 1", /^bubblewrap does not work here: Command failed/],
    [
      "locks nothing in",
      'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
      /^bwrap runs here, but does not hide what it is told to$/,
    ],
    ["does nothing at all", "exit 0", /^bwrap runs here, but does not hide/],
    [
      "leaves the disk writable",
      "echo hidden; echo rw; echo pid:[1]",
      /^bwrap runs here, but does not make the disk read-only$/,
    ],
    [
      "leaves the machine's settings writable",
      "echo hidden; echo ro; echo open; echo pid:[1]",
      /^bwrap runs here, but leaves the machine's settings writable$/,
    ],
    [
      "lets nothing be written",
      "echo hidden; echo ro; echo closed; echo pid:[1]",
      /^bwrap runs here, but commands cannot write in their workspace$/,
    ],
    [
      "shares its processes",
      'for last; do :; done; echo > "$last/workspace/written"; echo hidden; echo ro; echo closed; readlink /proc/self/ns/pid',
      /^bwrap runs here, but commands see the processes of others$/,
    ],
  ])("bwrap %s", async (_, script, expected) => {
    await using directory = await temporaryDirectory();
    const file = script === undefined ? join(directory.path, "program") : await program(directory, script);
    const search = await findSandbox({ program: file });
    expect(search.sandbox).toBeUndefined();
    expect(search.problem).toMatch(expected);
  });
});

describe.skipIf(!sandbox)(`in a sandbox${problem ? ` (skipped: ${problem})` : ""}, a command`, () => {
  /** A workspace in a folder that also holds something hidden and something that is not. */
  async function place() {
    const directory = await temporaryDirectory({
      "workspace/a.txt": "a\n",
      "workspace/.data/token": "secret",
      "secrets/key": "secret",
      "secret-file": "secret",
    });
    const hidden = ["workspace/.data", "secrets", "secret-file", "not-there"];
    const found = await findSandbox({ hidden: hidden.map((name) => join(directory.path, name)) });
    const workspace = join(directory.path, "workspace");
    const run = (command: string, options: { timeoutMs?: number } = {}, context = {}) => {
      if (!found.sandbox) throw new Error(found.problem);
      return callTool(
        createBashTool(workspace, { ...options, sandbox: found.sandbox }),
        { command },
        context,
      );
    };
    return { workspace, run, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
  }

  test("works in the workspace, and what it writes there stays", async () => {
    await using it = await place();
    expect(await it.run("pwd; cat a.txt; echo new > b.txt; mkdir c; ls")).toEqual({
      output: `${it.workspace}\na\na.txt\nb.txt\nc\n`,
      isError: false,
    });
    expect(readFileSync(join(it.workspace, "b.txt"), "utf8")).toBe("new\n");
  });

  test.each([
    ["the folder above", "touch ../x", /./],
    ["the disk", "touch /etc/x /usr/x /var/tmp/x", /Read-only file system/],
    // A home below /tmp is the command's own, as /tmp is: what it writes there goes with it.
    ["the home directory", "touch ~/from-a-sandbox", /Read-only file system|No such file|\(no output\)/],
    ["the disk, mounted again", "mount -o remount,rw / && touch /etc/x", /permission denied|superuser/i],
    [
      "any setting of the machine",
      "find /proc -not -path '/proc/[0-9]*' -type f -writable",
      /^\(no output\)/,
    ],
    [
      "a setting of the machine that root owns",
      "echo x > /proc/sys/kernel/hostname",
      /Read-only file system|Permission denied/,
    ],
    ["a disk as a device", "ls /dev | grep -E '^(vd|sd|nvme|mem|kmsg)' && echo there", /^\(no output\)/],
  ])("cannot write to %s", async (_, command, expected) => {
    await using it = await place();
    const result = await it.run(command);
    expect(result.output).toMatch(expected);
    const outside = [join(it.workspace, "../x"), "/etc/x", join(homedir(), "from-a-sandbox")];
    expect(outside.filter((path) => existsSync(path))).toEqual([]);
  });

  test("does not see what is hidden, in its workspace and elsewhere", async () => {
    await using it = await place();
    const { output } = await it.run(
      "ls -A .data ../secrets ../ 2>&1; cat .data/token ../secrets/key ../secret-file; ls -A ~/.ssh /run/*.sock; true",
    );
    expect(output).not.toMatch(/^secret$|key$|token$|\.sock$/m);
    expect(existsSync(join(it.workspace, ".data/token"))).toBe(true);
  });

  test("gets no further with namespaces of its own, in which it has every privilege", async () => {
    await using it = await place();
    const attempts = [
      "mount -o remount,rw / && touch /etc/x",
      "mount --bind / top && cat top/$PWD/.data/token",
      "umount .data && cat .data/token",
      "umount /proc/sys && echo umounted",
      "mount -t proc proc /proc && echo mounted",
    ];
    const privileged = "unshare --user --keep-caps --mount --pid --fork sh -c";
    const { output } = await it.run(
      ["mkdir top", ...attempts.map((attempt) => `${privileged} '${attempt}'`), "true"].join("\n"),
    );
    expect(output).not.toMatch(/^(secret|umounted|mounted)$/m);
    expect(output.match(/^(u?mount|unshare):/gm)).toHaveLength(attempts.length);
    expect(existsSync("/etc/x")).toBe(false);
  });

  test("has a /tmp of its own, which is gone with it", async () => {
    await using it = await place();
    expect((await it.run("touch $TMPDIR/mine; ls /tmp/mine")).output).toBe("/tmp/mine\n");
    expect((await it.run("ls /tmp/mine")).isError).toBe(true);
  });

  test("has access to its own processes only", async () => {
    await using it = await place();
    const { output } = await it.run(
      `cat /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c VITEST; ls -d /proc/[0-9]* | wc -l; kill -0 ${process.ppid} && echo reached`,
    );
    const [marked, count] = output.split("\n");
    expect(marked).toBe("0");
    expect(Number(count)).toBeLessThan(10);
    expect(output).not.toContain("reached");
  });

  test("has no privileges, for any user", async () => {
    await using it = await place();
    expect((await it.run("grep -E 'Cap(Eff|Bnd|Prm)' /proc/self/status | cut -f 2 | sort -u")).output).toBe(
      "0000000000000000\n",
    );
  });

  test.each([
    ["the exit status if not 0", "exit 3", /^\(no output\)\n\[exit status 3\]$/],
    ["the exit status of a signal", "kill -SEGV $$", /^\(no output\)\n\[exit status 139\]$/],
    ["bash's complaint about a line it cannot parse", "echo (", /syntax error[^]*\[exit status 2\]$/],
  ])("gives %s", async (_, command, output) => {
    await using it = await place();
    expect((await it.run(command)).output).toMatch(output);
  });

  test.each([
    ["that hangs", "echo here; sleep 60"],
    ["that hangs with a child that holds its pipe", "sleep 60 & echo here; wait"],
    ["that does not heed TERM", "trap '' TERM; echo here; while :; do sleep 1; done"],
  ])("%s is ended when its time is over", async (_, command) => {
    await using it = await place();
    goesWithTheClock();
    onTestFinished(() => void vi.useRealTimers());
    expect(await it.run(command, {}, timeIsOverWhenItSpeaks)).toEqual({
      output: "here\n[ended: the command ran longer than 30 seconds]",
      isError: true,
    });
    expect(processesIn(it.workspace)).toEqual([]);
  });

  test("gets TERM before it is killed", async () => {
    await using it = await place();
    const controller = new AbortController();
    const command = "trap 'sleep 0.2; echo bye; exit' TERM; echo half; sleep 60 & wait";
    const context = { signal: controller.signal, progress: () => controller.abort() };
    expect(await it.run(command, {}, context)).toEqual({
      output: "half\nbye\n[aborted: the command was stopped]",
      isError: true,
    });
  });

  test.each([
    ["a child of its group", "sleep 60 & echo > child"],
    [
      "a child in a session of its own",
      "setsid sh -c 'touch child; exec sleep 60' & until [ -e child ]; do :; done",
    ],
    [
      "a child without an environment",
      "setsid env -i sh -c 'touch child; exec sleep 60' & until [ -e child ]; do :; done",
    ],
    [
      "three that go on forking",
      "f() { while :; do (sleep 0.01 & echo > child); done; }; f & f & f & until [ -e child ]; do :; done",
    ],
  ])("takes with it %s", async (_, command) => {
    await using it = await place();
    expect(await it.run(command)).toMatchObject({ isError: false });
    expect(processesIn(it.workspace)).toEqual([]);
  });

  test("a command that writes without end is ended", async () => {
    await using it = await place();
    expect((await it.run("yes")).output).toMatch(/\[ended: the command wrote more than 20 MB\]$/);
  });

  test.each([
    [
      "gone",
      "/nowhere/at/all",
      /^The tool failed: The workspace \/nowhere\/at\/all does not exist and cannot be made/,
    ],
    ["the whole disk", "/usr/..", /^The tool failed: The workspace is the whole disk/],
  ])("is refused when its workspace is %s", async (_, workspace, output) => {
    const bash = createBashTool(workspace, { ...(sandbox && { sandbox }) });
    expect((await callTool(bash, { command: "true" })).output).toMatch(output);
  });

  test("works below what is hidden, such as a workspace in the application's own folder", async () => {
    await using directory = await temporaryDirectory({ "data/key": "secret" });
    const workspace = join(directory.path, "data/workspace");
    mkdirSync(workspace);
    const found = await findSandbox({ hidden: [join(directory.path, "data")] });
    const bash = createBashTool(workspace, { ...(found.sandbox && { sandbox: found.sandbox }) });
    expect((await callTool(bash, { command: "touch here; ls; ls .." })).output).toBe("here\nworkspace\n");
  });

  test.each([
    ["reaches the network", true, "reached\n"],
    ["does not reach it where it must not", false, "no\n"],
  ])("%s", async (_, network, output) => {
    await using workspace = await temporaryDirectory();
    const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const found = await findSandbox({ network });
    const bash = createBashTool(workspace.path, { ...(found.sandbox && { sandbox: found.sandbox }) });
    const command = `(exec 3<>/dev/tcp/127.0.0.1/${port}) 2> /dev/null && echo reached || echo no`;
    expect((await callTool(bash, { command })).output).toBe(output);
    server.close();
    await once(server, "close");
  });

  test.skipIf(process.getuid?.() !== 0)("works for a user that is not root too", async () => {
    await using directory = await temporaryDirectory();
    const file = await program(directory, 'exec unshare --user --map-user=1000 --map-group=1000 bwrap "$@"');
    expect((await findSandbox({ program: file })).problem).toBeUndefined();
  });
});
