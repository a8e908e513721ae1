import type { Stats } from "node:fs";
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { below } from "./path-error.ts";

/** The folder of the application in a workspace. It is never the agent's. */
export const OWN_FOLDER = ".mini-openclaw";

/** Returns a function that tests a path, as seen from the root with its links resolved. */
export async function createHiddenTest(
  hidden: readonly string[],
  root: string,
): Promise<(path: string) => boolean> {
  const paths = await Promise.all(
    hidden.map(async (path) => {
      const absolute = resolve(root, path);
      const real = await realpath(absolute).catch(() => absolute);
      return [below(root, absolute), below(root, real)];
    }),
  );
  // A hidden folder above the workspace does not hide the workspace.
  const keys = paths.flat().flatMap((path) => (path === undefined || path === "" ? [] : [nameKey(path)]));
  return (path) => {
    if (keys.length === 0) return false;
    const key = nameKey(path);
    return keys.some((one) => key === one || key.startsWith(`${one}/`));
  };
}

/**
 * Returns true if a hidden path is another name of the file: a hard link. Files with one name cost
 * nothing.
 */
export async function hasHiddenName(
  { dev, ino, nlink }: Pick<Stats, "dev" | "ino" | "nlink">,
  hidden: readonly string[],
  root: string,
): Promise<boolean> {
  if (nlink === 1) return false;
  const workspace = await stat(root);
  const isWorkspace = (stats: Stats) => stats.ino === workspace.ino && stats.dev === workspace.dev;
  const waiting = hidden.map((path) => resolve(root, path));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.ino === ino && stats.dev === dev) return true;
    // A hidden folder above the workspace does not hide the workspace.
    if (!stats?.isDirectory() || isWorkspace(stats)) continue;
    for (const name of await readdir(path).catch(() => [])) waiting.push(join(path, name));
  }
  return false;
}

/** Compared without case and in one form, as some disks do. */
function nameKey(path: string): string {
  return path.replaceAll("\\", "/").normalize("NFC").toLowerCase();
}
