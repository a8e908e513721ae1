import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { reason, StoreError } from "../model/errors.ts";
import { nodeFileSystem } from "../files/file-system.ts";
import { WriterLocks } from "./writer-lock.ts";

/** A folder that is this process's own. */
export interface FolderLock {
  /** Gives the folder up. May be called again; happens by itself when the process dies. */
  release(): void;
}

/**
 * Takes a folder, such as an app's data directory, for this process alone. Makes it if it is not there.
 *
 * A store needs no such lock: it locks each session that it writes. It is for apps of which two on one folder would be a
 * mistake. A dead owner is replaced at once, told as with sessions: by evidence, never by a clock.
 *
 * @throws StoreError `FOLDER_LOCKED`, with the owner's pid, while another process holds it; `WRITE_FAILED`
 */
export function lockFolder(folder: string): FolderLock {
  const path = resolve(folder);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StoreError("WRITE_FAILED", `cannot make the folder ${path}: ${reason(cause)}`, { cause });
  }
  const lock = new WriterLocks(nodeFileSystem).acquire(join(path, "owner.lock"), {
    code: "FOLDER_LOCKED",
    what: `the folder ${path} is in use`,
  });
  return { release: () => lock.release() };
}
