import { type FileSystem, openFlags } from "./file-system.ts";
import { openIfThere } from "./regular-file.ts";

// A cache or a lock has a few hundred bytes. A larger file is neither.
const MAX_BYTES = 65_536;

/**
 * Returns the JSON object in a small file; `undefined` if there is none, or the file is too large.
 */
export function readSmallJson(fs: FileSystem, path: string): Record<string, unknown> | undefined {
  const file = openIfThere(fs, path);
  if (!file) return undefined;
  const { fd, size } = file;
  try {
    if (size > MAX_BYTES) return undefined;
    const buffer = Buffer.alloc(size);
    const value: unknown = JSON.parse(buffer.toString("utf8", 0, fs.readNow(fd, buffer, 0)));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    fs.close(fd);
  }
}

/**
 * Creates a file that is complete the moment its name exists. Throws `EEXIST` if the name exists,
 * unless `replace`. Other system errors leave nothing under the name.
 */
export function createSmallFile(
  fs: FileSystem,
  path: string,
  text: string,
  { temporary, replace }: { temporary: string; replace: boolean },
): void {
  const fd = fs.open(temporary, openFlags.create);
  let isMoved = false;
  try {
    try {
      writeWhole(fs, fd, text);
    } finally {
      fs.close(fd);
    }
    if (replace) fs.rename(temporary, path);
    else fs.link(temporary, path);
    isMoved = replace;
  } finally {
    if (!isMoved) unlinkQuietly(fs, temporary);
  }
}

/**
 * Writes a short text at once. A short count carries no error: a full disk returns one only at the
 * next write.
 */
export function writeWhole(fs: FileSystem, fd: number, text: string): void {
  if (fs.write(fd, text) !== Buffer.byteLength(text)) throw new DiskFullError();
}

/** Writes bytes. A full disk returns a short count first, and an error only then. */
export function writeAll(fs: FileSystem, fd: number, bytes: Uint8Array): void {
  for (let length = 0; length < bytes.length; ) {
    const count = fs.write(fd, bytes.subarray(length));
    if (count === 0) throw new DiskFullError();
    length += count;
  }
}

/** Stands for the error of a full disk where the system returned only a short count. */
class DiskFullError extends Error {
  readonly code = "ENOSPC";

  constructor() {
    super("ENOSPC: short write");
  }
}

/** Returns the JSON object in a cache. A cache that cannot be read is as if it were not there. */
export function readCache(fs: FileSystem, path: string): Record<string, unknown> | undefined {
  try {
    return readSmallJson(fs, path);
  } catch {
    return undefined;
  }
}

/** Removes a file. Ignores a failure. */
export function unlinkQuietly(fs: FileSystem, path: string): void {
  try {
    fs.unlink(path);
  } catch {
    // The file is in nobody's way.
  }
}
