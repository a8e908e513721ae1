import { mkdir } from "node:fs/promises";
import type { TextEncoding } from "./encoding/detect-encoding.ts";
import { encodeText, utf8 } from "./encoding/text-encoding.ts";
import { commonLineEnd, type LineEnd, withLineEnds } from "./line-ends.ts";
import { toPathError } from "./path-error.ts";
import { isMissing, readDecoded } from "./read-text.ts";
import { openFile, openToAppend, type Workspace } from "./workspace-file.ts";

/**
 * Adds a line to a text file below a folder, in the file's own encoding and with its line ends.
 * Makes what is missing.
 *
 * The line is added in one write, so that lines of other processes stay whole. A write that fails
 * leaves the file as it was.
 *
 * @throws PathError if the file is no text, leads outside or there is no room
 */
export async function appendLine(workspace: Workspace, path: string, line: string): Promise<void> {
  await mkdir(workspace.dir, { recursive: true });
  const { encoding, lineEnd, isEnded } = await readFormat(workspace, path);
  const text = withLineEnds(`${isEnded ? "" : "\n"}${line}\n`, lineEnd);
  const bytes = await encodeText(text, { ...encoding, hasMark: false }, path);
  const opened = await openToAppend(workspace, path);
  const { size } = opened.stats;
  try {
    const { bytesWritten } = await opened.file.write(bytes);
    // On a full disk a part of the line is left. The next write gets the system's reason.
    if (bytesWritten < bytes.length) await opened.file.write(bytes, bytesWritten);
    await opened.file.datasync();
  } catch (error) {
    await opened.file.truncate(size).catch(() => {});
    throw toPathError(error, path);
  } finally {
    await opened.close();
  }
}

interface LineFormat {
  encoding: TextEncoding;
  lineEnd: LineEnd;
  /** True if the last line is ended, or there is none. */
  isEnded: boolean;
}

async function readFormat(workspace: Workspace, path: string): Promise<LineFormat> {
  const opened = await openFile(workspace, path).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!opened) return { encoding: utf8, lineEnd: "\n", isEnded: true };
  try {
    const { text, encoding } = await readDecoded(opened, path);
    const lineEnd = commonLineEnd(text);
    const isEnded = text === "" || text.endsWith(lineEnd === "\r" ? "\r" : "\n");
    return { encoding, lineEnd, isEnded };
  } finally {
    await opened.close();
  }
}
