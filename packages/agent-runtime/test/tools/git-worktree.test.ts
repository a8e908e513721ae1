import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createBuiltinTools } from "../../src/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { callTool } from "./call-tool.ts";

/** A worktree of a repository that ignores `node_modules/`, and the tools on it. */
async function worktree() {
  const folder = await temporaryDirectory();
  const [main, path] = [join(folder.path, "main"), join(folder.path, "worktree")];
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", main, "-c", "user.name=n", "-c", "user.email=a@b.c", ...args]);
  await mkdir(main);
  git("init", "--quiet");
  await writeFile(join(main, ".gitignore"), "node_modules/\n");
  await writeFile(join(main, "a.txt"), "needle\n");
  git("add", "--all");
  git("commit", "--quiet", "--message", "first");
  git("worktree", "add", "--quiet", path);
  await mkdir(join(path, "node_modules"));
  await writeFile(join(path, "node_modules", "b.txt"), "needle\n");
  const tools = createBuiltinTools(path);
  const call = (name: string, input: Record<string, unknown>) =>
    callTool(
      tools.find((tool) => tool.name === name),
      input,
    );
  return { path, call, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("a git worktree is searched as its repository is", async () => {
  await using repository = await worktree();
  expect((await repository.call("grep", { pattern: "needle" })).output).toBe("a.txt:1: needle\n");
  expect((await repository.call("glob", { pattern: "**/*.txt" })).output).toBe("a.txt");
});

test("the file that leads a worktree to its repository is protected", async () => {
  await using repository = await worktree();
  const before = await readFile(join(repository.path, ".git"), "utf8");
  const written = await repository.call("write_file", { file_path: ".git", content: "gitdir: /elsewhere\n" });
  const edited = await repository.call("edit_file", { file_path: ".git", old_text: "gitdir", new_text: "x" });
  expect([written, edited].map(({ isError }) => isError)).toEqual([true, true]);
  expect(await readFile(join(repository.path, ".git"), "utf8")).toBe(before);
});
