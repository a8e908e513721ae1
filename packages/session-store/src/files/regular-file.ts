import { isSystemError, StoreError } from "../model/errors.ts";
import { type FileSystem, openFlags } from "./file-system.ts";

/** Opens a regular file. @throws StoreError `NOT_A_FILE` for anything else */
export function openRegular(fs: FileSystem, path: string, flags: number): number {
  let fd: number;
  try {
    fd = fs.open(path, flags);
  } catch (cause) {
    // ELOOP: a link. EISDIR: a directory. ENXIO: a pipe or socket.
    if (!isSystemError(cause, "ELOOP", "EISDIR", "ENXIO")) throw cause;
    throw new StoreError("NOT_A_FILE", `${path} must be a regular file. Move it elsewhere.`, { cause });
  }
  if (fs.fileStat(fd).isFile) return fd;
  fs.close(fd);
  throw new StoreError("NOT_A_FILE", `${path} must be a regular file. Move it elsewhere.`);
}

/**
 * Calls `use` with an open regular file, then closes it. Returns `undefined` if there is no file.
 */
export async function withFile<T>(
  fs: FileSystem,
  path: string,
  use: (file: { fs: FileSystem; fd: number; size: number }) => Promise<T>,
): Promise<T | undefined> {
  const fd = openIfThere(fs, path);
  if (fd === undefined) return undefined;
  try {
    return await use({ fs, fd, size: fs.fileStat(fd).size });
  } finally {
    fs.close(fd);
  }
}

/**
 * Works as {@link withFile} for files that are read piece by piece. Yields nothing if there is no
 * file.
 */
export async function* withFileLines<T>(
  fs: FileSystem,
  path: string,
  use: (file: { fs: FileSystem; fd: number; size: number }) => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const fd = openIfThere(fs, path);
  if (fd === undefined) return;
  try {
    yield* use({ fs, fd, size: fs.fileStat(fd).size });
  } finally {
    fs.close(fd);
  }
}

/** Opens a regular file for reading. Returns `undefined` if there is no file. */
export function openIfThere(fs: FileSystem, path: string): number | undefined {
  try {
    return openRegular(fs, path, openFlags.read);
  } catch (error) {
    if (isSystemError(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
