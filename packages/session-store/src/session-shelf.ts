import { join } from "node:path";
import { isSystemError } from "./errors.ts";
import type { FileSystem } from "./file-system.ts";
import { isSessionId } from "./names.ts";
import type { Located } from "./session-paths.ts";

/** Folders for sessions that are out of the way; their files are called `<sessionId>.<ms>.jsonl` there. */
export type Shelf = "archive" | "deleted";

/** A session's files on a shelf. */
export interface Shelved extends Located {
  readonly sessionId: string;
  /** When it was put there, in milliseconds since 1970. */
  readonly at: number;
}

/** All sessions on a shelf, the newest first. */
export async function listShelf(fs: FileSystem, folder: string, shelf: Shelf): Promise<Shelved[]> {
  const shelved: Shelved[] = [];
  for (const name of await fs.list(join(folder, shelf))) {
    const [, sessionId = "", at = ""] = /^(.+)\.(\d{1,16})\.jsonl$/.exec(name) ?? [];
    if (isSessionId(sessionId)) shelved.push(toShelved(folder, shelf, sessionId, Number(at)));
  }
  return shelved.sort((left, right) => right.at - left.at);
}

export async function findShelved(
  fs: FileSystem,
  folder: string,
  shelf: Shelf,
  sessionId: string,
): Promise<Shelved | undefined> {
  const shelved = await listShelf(fs, folder, shelf);
  return shelved.find((one) => one.sessionId === sessionId);
}

/** Moves a session's files to a shelf; from its place or from another shelf. */
export function shelve(
  fs: FileSystem,
  from: Located,
  { folder, shelf, sessionId }: { folder: string; shelf: Shelf; sessionId: string },
): void {
  fs.makeDirectory(join(folder, shelf));
  const to = toShelved(folder, shelf, sessionId, Date.now());
  fs.rename(from.transcript, to.transcript);
  // The cache may be missing.
  renameIfThere(fs, from.meta, to.meta);
}

/** Moves a session's files back to their place, if nobody else has meanwhile. */
export function unshelve(fs: FileSystem, from: Shelved, to: Located): void {
  renameIfThere(fs, from.transcript, to.transcript);
  renameIfThere(fs, from.meta, to.meta);
}

/** Removes for good. */
export function discard(fs: FileSystem, { transcript, meta }: Shelved): void {
  for (const path of [transcript, meta]) {
    try {
      fs.unlink(path);
    } catch (error) {
      // Somebody else was faster.
      if (!isSystemError(error, "ENOENT")) throw error;
    }
  }
}

function toShelved(folder: string, shelf: Shelf, sessionId: string, at: number): Shelved {
  const base = join(folder, shelf, `${sessionId}.${at}`);
  return { sessionId, at, transcript: `${base}.jsonl`, meta: `${base}.meta.json` };
}

function renameIfThere(fs: FileSystem, from: string, to: string): void {
  try {
    fs.rename(from, to);
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}
