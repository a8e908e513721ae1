import { execFileSync } from "node:child_process";
import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createBashTool } from "../../src/commands/bash.ts";
import { findSandbox } from "../../src/index.ts";
import { callTool } from "../tools/call-tool.ts";

const { sandbox } = await findSandbox();

const git = (folder: string, ...args: string[]) =>
  execFileSync("git", ["-C", folder, "-c", "user.name=n", "-c", "user.email=a@b.c", ...args], {
    encoding: "utf8",
  });

/** A repository with a commit and a worktree. Not in `/tmp`, which the sandbox hides. */
async function repository() {
  const folder = await realpath(await mkdtemp("/var/tmp/worktree-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const main = join(folder, "main");
  execFileSync("git", ["init", "--quiet", "--initial-branch", "main", main]);
  await writeFile(join(main, "a.txt"), "a\n");
  git(main, "add", "--all");
  git(main, "commit", "--quiet", "--message", "first");
  git(main, "worktree", "add", "--quiet", "-b", "side", join(folder, "side"));
  return { folder, main, side: join(folder, "side") };
}

function run(workspace: string, command: string) {
  const env = { GIT_AUTHOR_NAME: "n", GIT_AUTHOR_EMAIL: "a@b.c" };
  const committer = { GIT_COMMITTER_NAME: "n", GIT_COMMITTER_EMAIL: "a@b.c" };
  const options = { env: { ...env, ...committer }, ...(sandbox && { sandbox }) };
  return callTool(createBashTool(workspace, options), { command });
}

describe.skipIf(!sandbox)("a command in the sandbox of a git worktree", () => {
  test("commits, makes branches and stashes", async () => {
    const { main, side } = await repository();
    const done = await run(
      side,
      "echo b > a.txt && git commit -qam second && git branch other && echo c > a.txt && git stash -q && git log --format=%s -1",
    );
    expect(done).toEqual({ output: "second\n", isError: false });
    expect(git(main, "log", "--format=%s", "side")).toBe("second\nfirst\n");
    expect(git(main, "branch", "--list", "other").trim()).toBe("other");
    expect(git(main, "fsck", "--no-dangling")).toBe("");
  });

  test("cannot change what git runs in the repository, nor its other files", async () => {
    const { side } = await repository();
    for (const command of [
      "git config core.fsmonitor evil",
      "echo evil > ../main/.git/hooks/post-commit",
      "echo evil > ../main/.git/config",
      "echo evil > ../main/.git/HEAD",
      "echo evil > ../main/a.txt",
    ]) {
      expect([command, (await run(side, command)).isError]).toEqual([command, true]);
    }
  });

  test("gets at no repository that does not name the workspace as its worktree", async () => {
    const { folder, main, side } = await repository();
    const other = await repository();
    const write = (at: string) => run(side, `echo evil > ${at}/.git/refs/heads/evil`);
    expect((await write(main)).isError).toBe(false);
    for (const link of [
      `gitdir: ${other.main}/.git/worktrees/side\n`,
      `gitdir: ${other.main}/.git\n`,
      `gitdir: ${folder}/missing\n`,
      "evil\n",
    ]) {
      await writeFile(join(side, ".git"), link);
      expect((await write(other.main)).isError).toBe(true);
      expect((await write(main)).isError).toBe(true);
    }
    // A repository of its own making, whose folders lead elsewhere.
    const forged = `mkdir -p fake/worktrees/x && ln -s ${other.main}/.git/refs fake/refs && echo ${side}/.git > fake/worktrees/x/gitdir`;
    await run(side, `${forged} && echo gitdir: fake/worktrees/x > .git`);
    expect((await write(other.main)).isError).toBe(true);
  });
});
