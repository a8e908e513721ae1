import { isSystemError, StoreError } from "../model/errors.ts";
import { type FileSystem, openFlags } from "./file-system.ts";

/** An open regular file, with its size at that time. */
export interface OpenFile {
  readonly fs: FileSystem;
  readonly fd: number;
  readonly ino: number;
  readonly size: number;
}

/** Opens a regular file. @throws StoreError `NOT_A_FILE` for anything else */
export function openRegular(fs: FileSystem, path: string, flags: number): OpenFile {
  let fd: number | undefined;
  try {
    fd = fs.open(path, flags);
    const { isFile, ino, size } = fs.fileStat(fd);
    if (isFile) return { fs, fd, ino, size };
  } catch (cause) {
    if (fd !== undefined) fs.close(fd);
    // ELOOP: a link. EISDIR: a directory. ENXIO: a pipe or socket.
    if (!isSystemError(cause, "ELOOP", "EISDIR", "ENXIO")) throw cause;
    throw new StoreError("NOT_A_FILE", `${path} must be a regular file. Move it elsewhere.`, { cause });
  }
  fs.close(fd);
  throw new StoreError("NOT_A_FILE", `${path} must be a regular file. Move it elsewhere.`);
}

/**
 * Calls `use` with an open regular file, then closes it. Returns `undefined` if there is no file.
 */
export async function withFile<T>(
  fs: FileSystem,
  path: string,
  use: (file: OpenFile) => Promise<T>,
): Promise<T | undefined> {
  const file = openIfThere(fs, path);
  if (!file) return undefined;
  try {
    return await use(file);
  } finally {
    fs.close(file.fd);
  }
}

/**
 * Works as {@link withFile} for files that are read piece by piece. Yields nothing if there is no
 * file.
 */
export async function* withFileLines<T>(
  fs: FileSystem,
  path: string,
  use: (file: OpenFile) => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  const file = openIfThere(fs, path);
  if (!file) return;
  try {
    yield* use(file);
  } finally {
    fs.close(file.fd);
  }
}

/** Opens a regular file for reading. Returns `undefined` if there is no file. */
export function openIfThere(fs: FileSystem, path: string): OpenFile | undefined {
  try {
    return openRegular(fs, path, openFlags.read);
  } catch (error) {
    if (isSystemError(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}
