import { constants, type Stats } from "node:fs";
import { type FileHandle, mkdir, open, readlink } from "node:fs/promises";
import { isAbsolute, posix } from "node:path";
import { below, outsideWorkspace, PathError } from "./path-error.ts";

/** Links in one path. Linux's own limit (path_resolution(7)). */
const MAX_LINKS = 40;

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

export interface OpenOptions {
  flags: number;
  /** Makes folders that are missing on the way. */
  makeFolders: boolean;
  /** Allows a path that names nothing yet. Without it, that rejects with ENOENT. */
  mayBeMissing?: boolean;
  /**
   * Rejects to refuse a path. Gets it with its links resolved, relative to the root. Awaited before
   * the file is opened, and before folders are made for it.
   */
  allow?: (path: string) => Promise<void>;
  /**
   * Awaited before each step, with the name that is opened next: a test changes the folder under
   * our feet here.
   */
  beforeStep?: (name: string) => Promise<void>;
}

/** A file that was opened, and where it stands. */
export interface OpenedPath {
  /** Absent where nothing has this name yet. */
  file?: FileHandle;
  /** The state of the file when it was opened. */
  stats?: Stats;
  /**
   * The path of the file's folder: on Linux through a descriptor, so that it stays the folder that
   * was checked.
   */
  folder: string;
  /** The file's name in its folder. */
  name: string;
  /** Closes the file and its folder. */
  close(): Promise<void>;
}

/**
 * Opens a path below a folder, on Linux. Whatever is renamed or linked meanwhile, nothing outside
 * is opened.
 *
 * Each name is opened through the descriptor of its folder, links not followed. A link's target is
 * walked in the same way. What was checked is therefore what is used. (The kernel's `openat2` with
 * `RESOLVE_BENEATH` does this in one call. Node has no binding for it.)
 *
 * @throws PathError when the path leads outside, else the system's error
 */
export async function openBeneath(root: string, path: string, options: OpenOptions): Promise<OpenedPath> {
  const folders = [await open(root, O_RDONLY | O_DIRECTORY)];
  const passed: string[] = [];
  const names = namesOf(path);
  let allowed: string | undefined;
  const allowRest = async (name: string) => {
    const rest = posix.join(...passed, name, ...names);
    if (rest !== allowed) await options.allow?.(rest);
    allowed = rest;
  };
  /** Returns what was opened, and leaves its folder open with it. */
  const found = (name: string, file: FileHandle | undefined): OpenedPath => {
    const folder = folders.pop() as FileHandle;
    return {
      ...(file && { file }),
      folder: `/proc/self/fd/${folder.fd}`,
      name,
      close: () => closeAll(file && file !== folder ? [file, folder] : [folder]),
    };
  };
  try {
    for (let links = 0; ; ) {
      const name = names.shift();
      if (name === undefined) return found(".", folders.at(-1));
      if (name === "..") {
        if (folders.length === 1) throw outsideWorkspace(path);
        await folders.pop()?.close();
        passed.pop();
        continue;
      }
      const isLast = names.length === 0;
      if (isLast) await allowRest(name);
      await options.beforeStep?.(name);
      const beforeMaking = () => allowRest(name);
      const step = await takeStep(folders.at(-1) as FileHandle, name, isLast, { ...options, beforeMaking });
      if (step === undefined) return found(name, undefined);
      if (typeof step !== "string") {
        if (isLast) return found(name, step);
        folders.push(step);
        passed.push(name);
        continue;
      }
      links += 1;
      if (links > MAX_LINKS) throw new PathError(`${path} is a link that cannot be followed.`);
      if (isAbsolute(step)) {
        passed.length = 0;
        await closeAll(folders.splice(1));
      }
      names.unshift(...namesOf(fromRoot(root, step, path)));
    }
  } finally {
    await closeAll(folders);
  }
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function fromRoot(root: string, target: string, path: string): string {
  const names = isAbsolute(target) ? below(root, target) : target;
  if (names === undefined) throw outsideWorkspace(path);
  return names;
}

/**
 * Opens one name in an open folder. Returns a link's target without opening it, and nothing where
 * nothing may be.
 */
async function takeStep(
  folder: FileHandle,
  name: string,
  isLast: boolean,
  { flags, makeFolders, mayBeMissing, beforeMaking }: OpenOptions & { beforeMaking: () => Promise<void> },
): Promise<FileHandle | string | undefined> {
  const at = `/proc/self/fd/${folder.fd}/${name}`;
  // Non-blocking, so that a FIFO does not hold us.
  const openStep = () => open(at, (isLast ? flags : O_RDONLY | O_DIRECTORY) | O_NOFOLLOW | O_NONBLOCK, 0o644);
  try {
    return await openStep();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" && isLast && mayBeMissing) return undefined;
    if (code === "ENOENT" && makeFolders && !isLast) {
      await beforeMaking();
      await mkdir(at).catch(unlessItIsThere);
      return await openStep();
    }
    if (code !== "ELOOP" && code !== "ENOTDIR") throw error;
    return await readlink(at).catch(() => {
      throw error;
    });
  }
}

/** Passes over the error of `mkdir` for a folder that is there. */
export function unlessItIsThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

async function closeAll(folders: readonly FileHandle[]): Promise<void> {
  await Promise.all(folders.map((folder) => folder.close()));
}
