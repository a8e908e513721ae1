import { type DecodedText, decodeText } from "./encoding/text-encoding.ts";
import { PathError } from "./path-error.ts";
import { readAll } from "./replace-file.ts";
import { type OpenedFile, openFile, type Workspace } from "./workspace-file.ts";

/** A larger file is not read whole. 10 MiB are held in memory some times over. */
export const MAX_TEXT_BYTES = 10_485_760;

/**
 * Returns a whole text file below a folder, decoded, without its byte order mark. Returns
 * `undefined` if there is no such file.
 *
 * A link out of the folder, or to what is hidden in it, is not followed: a repository may come with
 * a link to its user's keys under a name that goes into every prompt.
 *
 * @throws PathError if it leads outside, is no regular file, no text or too large, else the
 * system's error
 */
export async function readTextBeneath(workspace: Workspace, path: string): Promise<string | undefined> {
  const opened = await openFile(workspace, path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!opened) return undefined;
  try {
    return (await readDecoded(opened, path)).text;
  } finally {
    await opened.close();
  }
}

/**
 * Reads and decodes an open file.
 *
 * @throws PathError if it is no text or too large
 */
export async function readDecoded(opened: OpenedFile, path: string): Promise<DecodedText> {
  return await decodeText(await readBytes(opened, path), path);
}

/**
 * Reads an open file.
 *
 * @throws PathError if it is too large
 */
export async function readBytes({ file, stats }: OpenedFile, path: string): Promise<Buffer> {
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
