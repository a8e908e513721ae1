import { constants, type Dirent } from "node:fs";
import { type FileHandle, readdir, realpath } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { type OpenedPath, type OpenOptions, openBeneath } from "./open-beneath.ts";
import { openByRealpath } from "./open-by-realpath.ts";
import { below, outsideWorkspace, PathRefused, refusalOf } from "./path-error.ts";

const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_DIRECTORY } = constants;

/** The way in which a path is opened. */
export interface Opening {
  /** Asks the user before a protected file is written. @default it is not written */
  approve?: (reason: string) => Promise<void>;
  /** Another way to open, and what happens on it: for tests. */
  open?: (root: string, path: string, options: OpenOptions) => Promise<OpenedPath>;
  beforeStep?: (name: string) => Promise<void>;
}

/**
 * Opens a regular file of the workspace to read it: one that lies in it, whatever links lead there. The caller closes it.
 *
 * @throws PathRefused in words for the model; else the system's error
 */
export async function openFile(
  workspaceDir: string,
  path: string,
  opening: Opening = {},
): Promise<OpenedFile> {
  return await openRegular(workspaceDir, path, { ...opening, flags: O_RDONLY, makeFolders: false });
}

/** As {@link openFile}, for lines to be added behind what is there. Makes the file and its folders if need be. */
export async function openToAppend(workspaceDir: string, path: string): Promise<OpenedFile> {
  const flags = O_WRONLY | O_APPEND | O_CREAT;
  const allow = (real: string) => guardProtected(real, undefined);
  return await openRegular(workspaceDir, path, { flags, makeFolders: true, allow });
}

/**
 * Opens a file of the workspace to replace what it holds. With `mayBeMissing`, its folders are made and there need be no file.
 *
 * @throws PathRefused in words for the model; else the system's error
 */
export async function openToReplace(
  workspaceDir: string,
  path: string,
  opening: Opening & { mayBeMissing: boolean },
): Promise<OpenedPath> {
  const { approve, mayBeMissing } = opening;
  const allow = (real: string) => guardProtected(real, approve);
  const options = { ...opening, flags: O_RDWR, makeFolders: mayBeMissing, allow };
  return await assertRegular(await openPath(workspaceDir, path, options), path);
}

/** An opened file that is there. */
export type OpenedFile = OpenedPath & { file: FileHandle };

async function openRegular(
  workspaceDir: string,
  path: string,
  options: OpenOptions & Opening,
): Promise<OpenedFile> {
  return (await assertRegular(await openPath(workspaceDir, path, options), path)) as OpenedFile;
}

async function assertRegular(opened: OpenedPath, path: string): Promise<OpenedPath> {
  const stats = await opened.file?.stat();
  if (stats === undefined || stats.isFile()) return opened;
  await opened.close();
  throw new PathRefused(`${path} is ${stats.isDirectory() ? "a folder" : "not a regular file"}.`);
}

/**
 * What a folder of the workspace holds, in the order of the names.
 *
 * @throws PathRefused in words for the model; else the system's error
 */
export async function readFolder(workspaceDir: string, path: string): Promise<Dirent[]> {
  const opened = await openPath(workspaceDir, path, { flags: O_RDONLY | O_DIRECTORY, makeFolders: false });
  try {
    // Through the descriptor on Linux, so that the folder that was opened is the one that is read.
    const isLinux = process.platform === "linux";
    const at = isLinux ? `/proc/self/fd/${opened.file?.fd}` : resolve(workspaceDir, path);
    const entries = await readdir(at, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } finally {
    await opened.close();
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
): Promise<OpenedPath> {
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
