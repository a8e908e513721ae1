import { constants, type Dirent } from "node:fs";
import { type FileHandle, readdir, realpath } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { type OpenOptions, openBeneath } from "./open-beneath.ts";
import { openByRealpath } from "./open-by-realpath.ts";
import { below, outsideWorkspace, PathRefused, refusalOf } from "./path-error.ts";

const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_DIRECTORY } = constants;

/** What a file is opened for: to read it, to change what is there, to write it or add to it, made with its folders if need be. */
export type OpenFor = "read" | "edit" | "write" | "append";

const flagsFor: Record<OpenFor, number> = {
  read: O_RDONLY,
  edit: O_RDWR,
  write: O_RDWR | O_CREAT,
  append: O_WRONLY | O_APPEND | O_CREAT,
};

/** How a path is opened. */
export interface Opening {
  /** Asks the user before a protected file is written. @default it is not written */
  approve?: (reason: string) => Promise<void>;
  /** Another way to open, and what happens on it: for tests. */
  open?: (root: string, path: string, options: OpenOptions) => Promise<FileHandle>;
  beforeStep?: (name: string) => Promise<void>;
}

/**
 * Opens a regular file of the workspace: one that lies in it, whatever links lead there. The caller closes it.
 *
 * @throws PathRefused in words for the model; else the system's error
 */
export async function openFile(
  workspaceDir: string,
  path: string,
  purpose: OpenFor,
  opening: Opening = {},
): Promise<FileHandle> {
  const { approve } = opening;
  const options = {
    flags: flagsFor[purpose],
    makeFolders: purpose === "write" || purpose === "append",
    ...(purpose !== "read" && { allow: (real: string) => guardProtected(real, approve) }),
  };
  const file = await openPath(workspaceDir, path, { ...opening, ...options });
  const stats = await file.stat();
  if (stats.isFile()) return file;
  await file.close();
  throw new PathRefused(`${path} is ${stats.isDirectory() ? "a folder" : "not a regular file"}.`);
}

/**
 * What a folder of the workspace holds, in the order of the names.
 *
 * @throws PathRefused in words for the model; else the system's error
 */
export async function readFolder(workspaceDir: string, path: string): Promise<Dirent[]> {
  const folder = await openPath(workspaceDir, path, { flags: O_RDONLY | O_DIRECTORY, makeFolders: false });
  try {
    // Through the descriptor on Linux, so that the folder that was opened is the one that is read.
    const isLinux = process.platform === "linux";
    const entries = await readdir(isLinux ? `/proc/self/fd/${folder.fd}` : resolve(workspaceDir, path), {
      withFileTypes: true,
    });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } finally {
    await folder.close();
  }
}

/**
 * What steers the agent itself (its sessions and logs in the default data directory too), or runs by itself: text that an agent was
 * shown must not be able to make it rewrite this. Compared without case, as some disks do.
 */
const protectedPaths =
  /^(\.openclaw\/(soul\.md|tools\.md|skills(\/|$))|\.agents\/skills(\/|$)|\.mini-openclaw(\/|$)|(.*\/)?\.git(\/|$))/i;

async function guardProtected(path: string, approve: Opening["approve"]): Promise<void> {
  if (!protectedPaths.test(path)) return;
  if (!approve) throw new PathRefused(`${path} is protected.`);
  await approve(
    `the agent wants to change ${path}, which is protected: it steers the agent or runs by itself`,
  );
}

async function openPath(
  workspaceDir: string,
  path: string,
  options: OpenOptions & Opening,
): Promise<FileHandle> {
  if (path.includes("\0")) throw new PathRefused("The path holds a NUL character.");
  const root = await realpath(workspaceDir);
  const { open = process.platform === "linux" ? openBeneath : openByRealpath } = options;
  const seen = isAbsolute(path) ? (below(workspaceDir, path) ?? below(root, path)) : path;
  if (seen === undefined) throw outsideWorkspace(path);
  try {
    return await open(root, seen, options);
  } catch (error) {
    throw refusalOf(error, path);
  }
}
