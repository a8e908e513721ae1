import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { openFile } from "./workspace-file.ts";

/**
 * The first `maxBytes` of a text file, without a byte-order mark; `undefined` if there is no such file.
 *
 * Reads nothing but regular files: a FIFO or a device would never end. Rejects with the system's error.
 */
export function readTextFile(path: string, maxBytes: number): Promise<string | undefined> {
  // Non-blocking, so that a FIFO without a writer does not hold us.
  return readText(() => open(path, constants.O_RDONLY | constants.O_NONBLOCK), maxBytes);
}

/**
 * As {@link readTextFile}, of a file that must lie below a folder: a repository may come with a link to its user's keys
 * under a name that goes into every prompt.
 */
export function readTextBeneath(root: string, path: string, maxBytes: number): Promise<string | undefined> {
  return readText(() => openFile(root, path, "read"), maxBytes);
}

async function readText(openIt: () => Promise<FileHandle>, maxBytes: number): Promise<string | undefined> {
  const file = await openIt().catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error("it is not a regular file");
    const bytes = Buffer.alloc(Math.min(stats.size, maxBytes));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return new TextDecoder().decode(bytes.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** Whether an error says that there is no such file; also one that wraps the system's. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
