import { constants } from "node:fs";
import { type FileHandle, mkdir, open, realpath } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";

/** Says in words for the model why a path cannot be used. */
export class PathRefused extends Error {}

/** The absolute path of `path`, links of its folders resolved, if it lies in the workspace. */
export async function resolveInWorkspace(workspaceDir: string, path: string): Promise<string> {
  if (path.includes("\0")) throw new PathRefused("The path holds a NUL character.");
  const root = await realpath(workspaceDir);
  const wanted = resolve(root, path);
  const real = await realpathOfExisting(wanted);
  if (real !== root && !real.startsWith(root + sep)) {
    throw new PathRefused(`${path} is outside the workspace; only files inside it can be used.`);
  }
  return real;
}

/** Resolves the links of what exists of a path, and appends what does not. */
async function realpathOfExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT") || parent === path)
      throw error;
    return join(await realpathOfExisting(parent), relative(parent, path));
  }
}

/** Opens a regular file of the workspace for reading. The caller closes it. */
export async function openForReading(workspaceDir: string, path: string): Promise<FileHandle> {
  const real = await resolveInWorkspace(workspaceDir, path);
  return openRegular(real, path, constants.O_RDONLY);
}

/** Opens a regular file of the workspace that exists, for reading and writing. The caller closes it. */
export async function openForEditing(workspaceDir: string, path: string): Promise<FileHandle> {
  const real = await resolveInWorkspace(workspaceDir, path);
  return openRegular(real, path, constants.O_RDWR);
}

/** Opens a regular file of the workspace for writing, makes it and its folders if need be. The caller closes it. */
export async function openForWriting(workspaceDir: string, path: string): Promise<FileHandle> {
  const real = await resolveInWorkspace(workspaceDir, path);
  await mkdir(dirname(real), { recursive: true });
  return openRegular(real, path, constants.O_RDWR | constants.O_CREAT);
}

async function openRegular(real: string, path: string, flags: number): Promise<FileHandle> {
  const file = await openUnlinked(real, path, flags);
  const stats = await file.stat();
  if (stats.isFile()) return file;
  await file.close();
  throw new PathRefused(`${path} is ${stats.isDirectory() ? "a directory" : "not a regular file"}.`);
}

async function openUnlinked(real: string, path: string, flags: number): Promise<FileHandle> {
  try {
    // Non-blocking, so that a FIFO does not hold us; a link here is one that leads nowhere or was put in just now.
    return await open(real, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o644);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw new PathRefused(`There is no file ${path}.`);
    if (code === "EISDIR") throw new PathRefused(`${path} is a directory.`);
    if (code === "ELOOP") throw new PathRefused(`${path} is a link that cannot be followed.`);
    if (code === "ENXIO") throw new PathRefused(`${path} is not a regular file.`);
    throw error;
  }
}
