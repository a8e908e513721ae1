import { AppendFile } from "./append-file.ts";
import type { FileSystem } from "./file-system.ts";
import { scanForward } from "./line-scan.ts";
import { createId, isSessionId } from "./names.ts";
import { withFileLines } from "./regular-file.ts";
import type { Listed } from "./sessions-page.ts";

/** What is kept in memory of every session: about 250 bytes. */
export interface CatalogueEntry extends Listed {
  readonly createdAt: number;
}

/** A line of the index: a session, or that it is gone. The latest of a session counts. */
export type IndexLine = CatalogueEntry | { readonly sessionId: string; readonly gone: true };

// 64 KiB: few writes, little memory.
const CHUNK_CHARS = 65_536;

/** The lines of the index from an offset on, as many at a time as one read brings. */
export async function* readIndex(
  fs: FileSystem,
  path: string,
  start: number,
): AsyncGenerator<{ lines: IndexLine[]; end: number }, void, undefined> {
  yield* withFileLines(fs, path, async function* (file) {
    for await (const batch of scanForward(fs, file.fd, { start, end: file.size })) {
      const whole = batch.filter(({ terminated }) => terminated);
      const lines = whole.map(({ bytes }) => parseIndexLine(bytes)).filter((line) => line !== undefined);
      yield { lines, end: whole.at(-1)?.end ?? start };
    }
  });
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

/** Replaces the index. It is a cache: a failure is not the caller's. */
export async function writeIndex(
  fs: FileSystem,
  path: string,
  entries: Iterable<CatalogueEntry>,
): Promise<void> {
  const temporary = `${path}.${createId()}.tmp`;
  try {
    const file = new AppendFile(fs, temporary, { create: true });
    try {
      let lines = "";
      for (const entry of entries) {
        lines += `${JSON.stringify(entry)}\n`;
        if (lines.length < CHUNK_CHARS) continue;
        file.append(lines);
        lines = "";
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (lines !== "") file.append(lines);
    } finally {
      file.close();
    }
    fs.rename(temporary, path);
  } catch {
    // The next start reads the folder instead.
  }
}

function parseIndexLine(bytes: Uint8Array): IndexLine | undefined {
  try {
    const line = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as unknown;
    return isIndexLine(line) ? line : undefined;
  } catch {
    return undefined; // the folder says what is missing
  }
}

function isIndexLine(value: unknown): value is IndexLine {
  if (typeof value !== "object" || value === null) return false;
  const { sessionId, gone, key, createdAt, updatedAt } = value as Record<string, unknown>;
  if (typeof sessionId !== "string" || !isSessionId(sessionId)) return false;
  const isSession = typeof key === "string" && typeof createdAt === "number" && typeof updatedAt === "number";
  return gone === true || isSession;
}
