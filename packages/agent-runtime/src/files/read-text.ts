import type { FileHandle } from "node:fs/promises";
import { type DecodedText, decodeText } from "./encoding/text-encoding.ts";
import { PathError } from "./path-error.ts";
import { readAll } from "./replace-file.ts";
import { openFile } from "./workspace-file.ts";

/** A larger file is not read whole. 10 MiB are held in memory some times over. */
export const MAX_TEXT_BYTES = 10_485_760;

/**
 * Returns a whole text file below a folder, decoded, without its byte order mark. Returns
 * `undefined` if there is no such file.
 *
 * A link out of the folder is not followed: a repository may come with a link to its user's keys
 * under a name that goes into every prompt.
 *
 * @throws PathError if it leads outside, is no regular file, no text or too large, else the
 * system's error
 */
export async function readTextBeneath(root: string, path: string): Promise<string | undefined> {
  const opened = await openFile({ dir: root }, path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!opened) return undefined;
  try {
    return (await readDecoded(opened.file, path)).text;
  } finally {
    await opened.close();
  }
}

/**
 * Reads and decodes an open file.
 *
 * @throws PathError if it is not a regular file, no text or too large
 */
export async function readDecoded(file: FileHandle, path: string): Promise<DecodedText> {
  return await decodeText(await readBytes(file, path), path);
}

/**
 * Reads an open file.
 *
 * @throws PathError if it is not a regular file or too large
 */
export async function readBytes(file: FileHandle, path: string): Promise<Buffer> {
  const stats = await file.stat();
  if (!stats.isFile()) throw new PathError(`${path} is not a regular file.`);
  if (stats.size > MAX_TEXT_BYTES)
    throw new PathError(`${path} is larger than ${MAX_TEXT_BYTES} bytes; use \`bash\` for a part of it.`);
  return await readAll(file, stats.size);
}

/** Returns whether an error, or the one it wraps, means that there is no such file. */
export function isMissing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = (error.cause ?? error) as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
