import { constants, type Dirent, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, readdir, realpath, stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { cleanLine } from "../shared/clean-text.ts";
import { createHiddenTest, hasHiddenName } from "./hidden-paths.ts";
import { findLookAlike } from "./look-alikes.ts";
import { type OpenedPath, type OpenOptions, openBeneath, unlessItIsThere } from "./open-beneath.ts";
import { openByRealpath } from "./open-by-realpath.ts";
import { below, outsideWorkspace, PathError, toPathError } from "./path-error.ts";

const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_DIRECTORY } = constants;

/** A folder in which an agent works. */
export interface Workspace {
  /** Its path. The folder is made when it is first used. */
  dir: string;
  /**
   * Folders and files in it that are not the agent's: neither read nor written nor listed.
   * Absolute, or relative to it.
   */
  hidden?: readonly string[];
}

/** The way in which a path is opened. */
export interface Opening {
  /** Asks the user before a protected file is written. @default it is not written */
  approve?: (reason: string, elsewhere: undefined, code: string) => Promise<void>;
  /** Another way to open, and what happens on it: for tests. */
  open?: (root: string, path: string, options: OpenOptions) => Promise<OpenedPath>;
  beforeStep?: (name: string) => Promise<void>;
}

/** An opened file that is there. */
export type OpenedFile = OpenedPath & { file: FileHandle; stats: Stats };

export function isThere(opened: OpenedPath): opened is OpenedFile {
  return opened.file !== undefined && opened.stats !== undefined;
}

/**
 * Opens a regular file of the workspace to read it: one that lies in it, whatever links lead there.
 * The caller closes it.
 *
 * @throws PathError in words for the model, else the system's error
 */
export async function openFile(
  workspace: Workspace,
  path: string,
  opening: Opening = {},
): Promise<OpenedFile> {
  const options = { ...opening, flags: O_RDONLY, makeFolders: false };
  return (await assertUsable(workspace, await openPath(workspace, path, options), path)) as OpenedFile;
}

/** Opens a file to add lines behind what it holds. Makes the file and its folders if need be. */
export async function openToAppend(workspace: Workspace, path: string): Promise<OpenedFile> {
  const flags = O_WRONLY | O_APPEND | O_CREAT;
  const allow = (real: string) => assertUnprotected(real, undefined);
  const options = { flags, makeFolders: true, allow };
  return (await assertUsable(workspace, await openPath(workspace, path, options), path)) as OpenedFile;
}

/**
 * Opens a file of the workspace to replace what it holds. With `mayBeMissing`, its folders are made
 * and there need be no file.
 *
 * @throws PathError in words for the model, else the system's error
 */
export async function openToReplace(
  workspace: Workspace,
  path: string,
  opening: Opening & { mayBeMissing: boolean },
): Promise<OpenedPath> {
  const { approve, mayBeMissing } = opening;
  const allow = (real: string) => assertUnprotected(real, approve);
  const options = { ...opening, flags: O_RDWR, makeFolders: mayBeMissing, allow };
  return await assertUsable(workspace, await openPath(workspace, path, options), path);
}

/** An open folder of a workspace, for a program that searches it. */
export interface OpenedFolder {
  /** Its real path. */
  path: string;
  /** Tests a path in it. */
  isHidden: (path: string) => boolean;
  /** Tests if a file in it has another name that is hidden. */
  hasHiddenName: (path: string) => Promise<boolean>;
}

/**
 * Opens a folder for a program that searches it.
 *
 * @throws PathError in words for the model, else the system's error
 */
export async function openFolder(workspace: Workspace, path: string): Promise<OpenedFolder> {
  const prepared = await prepare(workspace, await prepareWorkspace(workspace.dir));
  const options = { flags: O_RDONLY | O_DIRECTORY, makeFolders: false };
  const opened = await openPrepared(prepared, path, options);
  try {
    const isLinux = process.platform === "linux";
    const real = await realpath(
      isLinux ? `/proc/self/fd/${opened.file?.fd}` : join(opened.folder, opened.name),
    );
    const seen = below(prepared.root, real);
    if (seen === undefined) throw outsideWorkspace(path);
    return {
      path: real,
      isHidden: (name) => prepared.isHidden(join(seen, name)),
      async hasHiddenName(name) {
        const stats = await lstat(join(real, name)).catch(() => undefined);
        return stats !== undefined && hasHiddenName(stats, workspace.hidden ?? [], prepared.root);
      },
    };
  } finally {
    await opened.close();
  }
}

/** Returns what a folder holds, in the order of the names, without what is hidden. */
export type ReadFolder = (path: string) => Promise<Dirent[]>;

/**
 * Prepares to read folders of the workspace. The function that it returns rejects with PathError in
 * words for the model.
 */
export async function createFolderReader(workspace: Workspace): Promise<ReadFolder> {
  const prepared = await prepare(workspace, await prepareWorkspace(workspace.dir));
  const options = { flags: O_RDONLY | O_DIRECTORY, makeFolders: false };
  // Through the descriptor on Linux, so that the folder that was opened is the one that is read.
  const isLinux = process.platform === "linux";
  return async (path) => {
    const opened = await openPrepared(prepared, path, options);
    try {
      const at = isLinux ? `/proc/self/fd/${opened.file?.fd}` : join(opened.folder, opened.name);
      const entries = await readdir(at, { withFileTypes: true });
      const seen = below(prepared.root, await realpath(at)) ?? "";
      return entries
        .filter(({ name }) => !prepared.isHidden(join(seen, name)))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    } catch (error) {
      throw toPathError(error, path);
    } finally {
      await opened.close();
    }
  };
}

/**
 * Makes a workspace if it is not there, and returns its real path. The folder above it must be
 * there: a path with a slip of the pen makes no tree of folders.
 *
 * @throws PathError if it is no folder or cannot be made
 */
export async function prepareWorkspace(dir: string): Promise<string> {
  try {
    const stats = await stat(dir).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      await mkdir(dir).catch(unlessItIsThere);
      return await stat(dir);
    });
    if (stats.isDirectory()) return await realpath(dir);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new PathError(`The workspace ${dir} does not exist and cannot be made (${code}).`, {
      cause: error,
    });
  }
  throw new PathError(`The workspace ${dir} is not a folder.`);
}

/** Requires a regular file, if there is one, that has no hidden name. */
async function assertUsable(
  { dir, hidden = [] }: Workspace,
  opened: OpenedPath,
  path: string,
): Promise<OpenedPath> {
  const stats = await opened.file?.stat();
  if (stats === undefined) return opened;
  const isHidden = stats.isFile() && (await hasHiddenName(stats, hidden, dir));
  if (stats.isFile() && !isHidden) return { ...opened, stats };
  await opened.close();
  if (isHidden) throw hiddenPath(path);
  if (path === "") throw new PathError("The path is empty. Name a file.");
  throw new PathError(`${path} is ${stats.isDirectory() ? "a folder" : "not a regular file"}.`);
}

/**
 * Files that steer the agent itself or run by themselves: text that an agent was shown must not be
 * able to make it rewrite them. Compared without case, as some disks do.
 */
const protectedPaths =
  /^(\.openclaw\/(soul\.md|tools\.md|skills(\/|$))|\.agents\/skills(\/|$)|\.mcp\.json$|\.mini-openclaw(\/|$)|(.*\/)?\.git(\/|$))/i;

async function assertUnprotected(path: string, approve: Opening["approve"]): Promise<void> {
  if (!protectedPaths.test(path)) return;
  const shown = cleanLine(path);
  if (!approve) throw new PathError(`${shown} is protected.`);
  await approve(
    `the agent wants to change ${shown}, which is protected: it steers the agent or runs by itself`,
    undefined,
    "PROTECTED_FILE",
  );
}

/** A workspace that is there, and what of it is hidden. */
interface Prepared {
  dir: string;
  root: string;
  isHidden: (path: string) => boolean;
}

async function prepare(workspace: Workspace, root: string): Promise<Prepared> {
  return { dir: workspace.dir, root, isHidden: await createHiddenTest(workspace.hidden ?? [], root) };
}

async function openPath(
  workspace: Workspace,
  path: string,
  options: OpenOptions & Opening,
): Promise<OpenedPath> {
  // To read a file is no reason to make the folder that does not have it.
  const root = options.makeFolders ? await prepareWorkspace(workspace.dir) : await realRoot(workspace, path);
  return await openPrepared(await prepare(workspace, root), path, options);
}

async function realRoot({ dir }: Workspace, path: string): Promise<string> {
  try {
    return await realpath(dir);
  } catch (error) {
    throw toPathError(error, path);
  }
}

async function openPrepared(
  { dir, root, isHidden }: Prepared,
  path: string,
  options: OpenOptions & Opening,
): Promise<OpenedPath> {
  if (path.includes("\0")) throw new PathError("The path holds a NUL character.");
  const { open = process.platform === "linux" ? openBeneath : openByRealpath } = options;
  const given = isAbsolute(path) ? (below(dir, path) ?? below(root, path)) : path;
  if (given === undefined) throw outsideWorkspace(path);
  const allow = async (real: string) => {
    if (isHidden(real)) throw hiddenPath(path);
    await options.allow?.(real);
  };
  try {
    const seen = (await findLookAlike(root, given)) ?? given;
    // Also a path that is not there, so that the answer reveals nothing.
    if (isHidden(join(seen))) await allow(seen);
    return await open(root, seen, { ...options, allow });
  } catch (error) {
    throw toPathError(error, path);
  }
}

function hiddenPath(path: string): PathError {
  return new PathError(`${path} is the application's own; no tool can use it.`);
}
