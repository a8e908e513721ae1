import { join } from "node:path";
import { AppendFile } from "./append-file.ts";
import type { FileSystem } from "./file-system.ts";
import { createId, isSessionId } from "./names.ts";
import { withFileLines } from "./regular-file.ts";
import type { Listed } from "./sessions-page.ts";
import { unlinkQuietly } from "./small-file.ts";

/** What is kept in memory of every session: about 250 bytes. */
export interface CatalogueEntry extends Listed {
  readonly createdAt: number;
}

/**
 * A line of the index: a session, or that it is gone, or a stamp. The latest of a session counts.
 *
 * A stamp as the last line says that the lines above name every session, as long as the folders are what it says.
 */
export type IndexLine =
  | CatalogueEntry
  | { readonly sessionId: string; readonly gone: true }
  | { readonly folders: string };

// 64 KiB: few reads and writes, little memory, and parsed in half a millisecond.
const CHUNK_BYTES = 65_536;
const LINE_FEED = 0x0a;

/** The lines of the index from an offset on, as many at a time as one read brings. */
export async function* readIndex(
  fs: FileSystem,
  path: string,
  start: number,
): AsyncGenerator<{ lines: IndexLine[]; end: number }, void, undefined> {
  yield* withFileLines(fs, path, async function* ({ fd }) {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (let offset = start; ; ) {
      const read = buffer.subarray(0, await fs.read(fd, buffer, offset));
      // A line that is still being written, or longer than any that we write, is left for the folder to tell.
      const length = read.lastIndexOf(LINE_FEED) + 1;
      if (length === 0) return;
      offset += length;
      yield { lines: parseIndexLines(read.toString("utf8", 0, length - 1)), end: offset };
    }
  });
}

/** What a folder of sessions and its archive look like now; changes whenever a file is made, moved or removed there. */
export function stampFolders(fs: FileSystem, folder: string): string {
  const paths = [folder, join(folder, "archive")];
  // With the dot, a link to a folder is followed.
  const stats = paths.map((path) => fs.pathStat(`${path}/.`));
  return stats.map((stat) => (stat ? `${stat.dev}:${stat.ino}:${stat.mtimeMs}` : "none")).join(" ");
}

/** Adds a line. It is a cache: a failure is not the caller's. */
export function appendToIndex(fs: FileSystem, path: string, line: IndexLine): void {
  try {
    const file = new AppendFile(fs, path, { create: true });
    try {
      file.append(`${JSON.stringify(line)}\n`);
    } finally {
      file.close();
    }
  } catch {
    // The next start finds the session by its file.
  }
}

/** Replaces the index, and says whether it worked. It is a cache: a failure is not the caller's. */
export async function writeIndex(
  fs: FileSystem,
  path: string,
  entries: Iterable<CatalogueEntry>,
): Promise<boolean> {
  const temporary = `${path}.${createId()}.tmp`;
  try {
    const file = new AppendFile(fs, temporary, { create: true });
    try {
      let lines = "";
      for (const entry of entries) {
        lines += `${JSON.stringify(entry)}\n`;
        if (lines.length < CHUNK_BYTES) continue;
        file.append(lines);
        lines = "";
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (lines !== "") file.append(lines);
    } finally {
      file.close();
    }
    fs.rename(temporary, path);
    return true;
  } catch {
    unlinkQuietly(fs, temporary);
    return false; // the next start reads the folder instead
  }
}

/** All at once: half the time of one by one. */
function parseIndexLines(text: string): IndexLine[] {
  const values = parseJson(`[${text.replaceAll("\n", ",")}]`);
  const whole = Array.isArray(values) ? values : text.split("\n").map(parseJson);
  return whole.filter(isIndexLine);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the folder says what is missing
  }
}

function isIndexLine(value: unknown): value is IndexLine {
  if (typeof value !== "object" || value === null) return false;
  const { sessionId, gone, key, createdAt, updatedAt, folders } = value as Record<string, unknown>;
  if (typeof folders === "string") return true;
  if (typeof sessionId !== "string" || !isSessionId(sessionId)) return false;
  const isSession = typeof key === "string" && typeof createdAt === "number" && typeof updatedAt === "number";
  return gone === true || isSession;
}
