import { join } from "node:path";
import { AppendFile } from "../files/append-file.ts";
import { identifyFolder, stampFolder } from "../files/archive-folder.ts";
import { type FileSystem, openFlags } from "../files/file-system.ts";
import { currentBoot } from "../files/lock-owner.ts";
import { type OpenFile, openIfThere, withFileLines } from "../files/regular-file.ts";
import { unlinkQuietly } from "../files/small-file.ts";
import { temporaryName } from "../files/temporary-file.ts";
import { isSessionId } from "../model/names.ts";
import type { Listed } from "../model/sessions-page.ts";

/** The part of a session that stays in memory: about 250 bytes. */
export interface IndexEntry extends Listed {
  readonly createdAt: number;
}

/** Returns the part of a meta that the index has. */
export function toIndexEntry({ sessionId, key, createdAt, updatedAt, archived }: IndexEntry): IndexEntry {
  const entry = { sessionId, key, createdAt, updatedAt };
  return archived ? { ...entry, archived } : entry;
}

/** A session, with a mark if its transcript is not in the folder yet. */
export type SessionLine = (IndexEntry & { readonly pending?: true }) | GoneLine;

interface GoneLine {
  readonly sessionId: string;
  readonly gone: true;
}

/**
 * A line of the index: a session, a session that is gone, a stamp, or a mark. The latest line of a
 * session counts.
 *
 * If the last line is a stamp, and the folders still have it, then the lines above name every
 * session. A mark has the same meaning for the moment at which it was written. Later sessions have
 * lines that were written before their transcripts.
 */
export type IndexLine = SessionLine | { readonly folders: string } | { readonly complete: string };

/** The lines of one read. `isWhole` is false if some of them cannot be understood. */
export interface IndexLines {
  readonly lines: IndexLine[];
  readonly end: number;
  readonly isWhole: boolean;
}

// 64 KiB: few reads and writes, little memory, half a millisecond to parse.
const CHUNK_BYTES = 65_536;
const LINE_FEED = 0x0a;
export const INDEX_NAME = "sessions.index";

/**
 * Yields the lines of the index from an offset on, as many at a time as one read brings. Never
 * throws.
 */
export async function* readIndex(
  fs: FileSystem,
  path: string,
  start: number,
): AsyncGenerator<IndexLines, void, undefined> {
  let offset = start;
  try {
    for await (const { text, end } of readText(fs, path, start)) {
      offset = end;
      yield { ...parseIndexLines(text), end };
    }
  } catch {
    // It is a cache. The folder has all sessions.
    yield { lines: [], end: offset, isWhole: false };
  }
}

/** Returns the ids of the sessions in the index of a folder. Never throws. */
export async function readIndexedIds(fs: FileSystem, folder: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { lines } of readIndex(fs, join(folder, INDEX_NAME), 0)) {
    for (const line of lines) {
      if (!("sessionId" in line)) continue;
      if ("gone" in line) ids.delete(line.sessionId);
      // The process may have died before it wrote the transcript.
      else if (!line.pending) ids.add(line.sessionId);
    }
  }
  return ids;
}

/** Yields whole lines of the index. */
async function* readText(
  fs: FileSystem,
  path: string,
  start: number,
): AsyncGenerator<{ text: string; end: number }, void, undefined> {
  yield* withFileLines(fs, path, async function* ({ fd }) {
    yield* readOpen(fs, fd, start);
  });
}

async function* readOpen(fs: FileSystem, fd: number, start: number) {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let offset = start; ; ) {
    const read = buffer.subarray(0, await fs.read(fd, buffer, offset));
    // A line without its end is skipped. The folder has its session.
    const length = read.lastIndexOf(LINE_FEED) + 1;
    if (length === 0) return;
    offset += length;
    yield { text: read.toString("utf8", 0, length - 1), end: offset };
  }
}

/** Identifies the state of a folder of sessions and of its archive. */
export function stampFolders(fs: FileSystem, folder: string): string {
  return [folder, join(folder, "archive")].map((path) => stampFolder(fs, path)).join(" ");
}

/**
 * Returns the text of a mark in the index of a folder, for this start of the machine. Returns
 * `undefined` where starts have no name. A machine that dies may lose lines, and a copied folder
 * may have files that are newer than its index.
 */
export function completeMark(fs: FileSystem, folder: string): string | undefined {
  const boot = currentBoot();
  const identity = identifyFolder(fs, folder);
  return boot === "" || identity === undefined ? undefined : `${boot} ${identity}`;
}

/**
 * Appends a line, and returns true. If the line cannot be written, removes the index and returns
 * false, because an index that lacks a line is wrong.
 */
export function appendToIndex(fs: FileSystem, path: string, line: IndexLine): boolean {
  try {
    // If another process replaces the index meanwhile, the line goes to the new one too.
    for (let attempt = 0; attempt < 3; attempt += 1) if (appendOnce(fs, path, line)) return true;
  } catch {
    // The index is removed below.
  }
  discardIndex(fs, path);
  return false;
}

/** Removes the index. One that cannot be removed gets a file beside it that forbids its use. */
export function discardIndex(fs: FileSystem, path: string): void {
  unlinkQuietly(fs, path);
  try {
    if (fs.pathStat(path)) fs.close(fs.open(wrongIndex(path), openFlags.appendOrCreate));
  } catch {
    // A folder that takes no file gets no session either.
  }
}

/** Returns true if an index lacks lines and could not be removed. */
export function isDiscarded(fs: FileSystem, path: string): boolean {
  return fs.pathStat(wrongIndex(path)) !== undefined;
}

function wrongIndex(path: string): string {
  return `${path}.wrong`;
}

/** Returns true if the index is still the file that the line was appended to. */
function appendOnce(fs: FileSystem, path: string, line: IndexLine): boolean {
  const file = new AppendFile(fs, path, { create: true });
  try {
    file.append(`${JSON.stringify(line)}\n`);
    return fs.pathStat(path)?.ino === fs.fileStat(file.fd).ino;
  } finally {
    file.close();
  }
}

/**
 * Replaces the index. Returns true if that worked. Copies the lines that others appended to the old
 * index meanwhile: those that `read` does not cover.
 */
export async function writeIndex(
  fs: FileSystem,
  path: string,
  { entries, read }: { entries: Iterable<IndexEntry>; read: { ino: number; offset: number } },
): Promise<boolean> {
  const temporary = temporaryName(path);
  let old: OpenFile | undefined;
  try {
    old = openIfThere(fs, path);
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
      fs.rename(temporary, path);
      unlinkQuietly(fs, wrongIndex(path));
      if (old) {
        // Another process may have replaced the index that was read.
        const start = old.ino === read.ino ? read.offset : 0;
        for await (const { text } of readOpen(fs, old.fd, start)) file.append(`${text}\n`);
      }
    } finally {
      file.close();
    }
    return true;
  } catch {
    unlinkQuietly(fs, temporary);
    return false; // the next start reads the folder instead
  } finally {
    if (old) fs.close(old.fd);
  }
}

/** Parses all lines at once, which costs half the time of one by one. */
function parseIndexLines(text: string): { lines: IndexLine[]; isWhole: boolean } {
  const values = parseJson(`[${text.replaceAll("\n", ",")}]`);
  const all = Array.isArray(values) ? values : text.split("\n").map(parseJson);
  const lines = all.filter(isIndexLine);
  return { lines, isWhole: lines.length === all.length };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the folder has all sessions
  }
}

function isIndexLine(value: unknown): value is IndexLine {
  if (typeof value !== "object" || value === null) return false;
  const { sessionId, gone, key, createdAt, updatedAt, folders, complete } = value as Record<string, unknown>;
  if (typeof folders === "string" || typeof complete === "string") return true;
  if (typeof sessionId !== "string" || !isSessionId(sessionId)) return false;
  const isSession = typeof key === "string" && typeof createdAt === "number" && typeof updatedAt === "number";
  return gone === true || isSession;
}
