import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { below } from "../files/path-error.ts";

/**
 * Returns the folders of a repository elsewhere that git writes to when it commits in a worktree,
 * or none if a folder is no worktree. Hooks and settings are not among them, because git runs what
 * they name outside the sandbox.
 *
 * A command can write `.git` in its workspace, so that it leads anywhere. Only the repository that
 * names this workspace as its worktree counts.
 */
export async function worktreeFolders(workspace: string): Promise<string[]> {
  try {
    const link = join(workspace, ".git");
    const own = await realpath(resolve(workspace, await readLine(link, "gitdir: ")));
    const repository = dirname(dirname(own));
    if (basename(dirname(own)) !== "worktrees" || below(workspace, repository) !== undefined) return [];
    const worktree = await realpath(resolve(own, await readLine(join(own, "gitdir"))));
    if (worktree !== link) return [];
    return [own, ...["objects", "refs", "logs"].map((name) => join(repository, name))];
  } catch {
    // No worktree.
    return [];
  }
}

/** Returns the text of a file of one line behind its beginning. */
async function readLine(path: string, start = ""): Promise<string> {
  const text = await readFile(path, "utf8");
  if (!text.startsWith(start)) throw new Error(`The file does not begin with ${start}.`);
  return text.slice(start.length).replace(/\r?\n$/, "");
}
