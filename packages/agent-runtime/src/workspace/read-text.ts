import { constants, type Stats } from "node:fs";
import { open } from "node:fs/promises";

/**
 * The first `maxBytes` of a text file, without a byte-order mark; `undefined` if there is no such file.
 *
 * Reads nothing but regular files: a FIFO or a device would never end. Rejects with the system's error.
 */
export async function readTextFile(path: string, maxBytes: number): Promise<string | undefined> {
  const file = await openIfThere(path);
  if (!file) return undefined;
  try {
    const stats: Stats = await file.stat();
    if (!stats.isFile()) throw new Error("it is not a regular file");
    const bytes = Buffer.alloc(Math.min(stats.size, maxBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return new TextDecoder().decode(bytes.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string) {
  try {
    // Non-blocking, so that a FIFO without a writer does not hold us.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isSystemError(error, "ENOENT") || isSystemError(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

export function isSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
