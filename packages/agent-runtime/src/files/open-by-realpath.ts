import { constants } from "node:fs";
import { mkdir, open, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { OpenedPath, OpenOptions } from "./open-beneath.ts";
import { below, outsideWorkspace } from "./path-error.ts";

/**
 * Opens a path below a folder, where the system cannot open by descriptor and name (anything but
 * Linux).
 *
 * Resolves links, checks, opens, and checks again that what was opened is what still stands there.
 * Somebody who swaps a folder for a link in between can make an empty file outside, but nothing is
 * read from there or written there.
 *
 * @throws PathError when the path leads outside, else the system's error
 */
export async function openByRealpath(root: string, path: string, options: OpenOptions): Promise<OpenedPath> {
  const { flags, makeFolders, mayBeMissing, allow, beforeStep } = options;
  const real = await realpathOfExisting(resolve(root, path));
  const seen = below(root, real);
  if (seen === undefined) throw outsideWorkspace(path);
  await allow?.(seen);
  if (makeFolders) await mkdir(dirname(real), { recursive: true });
  await beforeStep?.(basename(real));
  const found = { folder: dirname(real), name: basename(real) };
  const file = await open(real, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o644).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && mayBeMissing) return undefined;
      throw error;
    },
  );
  if (!file) {
    if ((await realpath(found.folder)) !== found.folder) throw outsideWorkspace(path);
    return { ...found, close: async () => {} };
  }
  try {
    const [now, opened, standing] = await Promise.all([realpath(real), file.stat(), stat(real)]);
    const isSame = now === real && opened.ino === standing.ino && opened.dev === standing.dev;
    if (!isSame) throw outsideWorkspace(path);
    return { ...found, file, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Resolves the links of what exists of a path, and appends what does not. */
async function realpathOfExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT") || parent === path)
      throw error;
    return join(await realpathOfExisting(parent), basename(path));
  }
}
