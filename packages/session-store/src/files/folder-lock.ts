import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { reason, StoreError } from "../model/errors.ts";
import { nodeFileSystem } from "./file-system.ts";
import { WriterLocks } from "./writer-lock.ts";

/** The lock of a folder. */
export interface FolderLock {
  /** Releases the folder. Idempotent. A process that dies releases its folders. */
  release(): void;
}

/**
 * Locks a folder, such as an app's data directory, for this process alone. Creates it if it does
 * not exist.
 *
 * A store needs no such lock, because it locks each session that it writes. The lock is for apps of
 * which only one may use a folder. A dead owner is replaced at once, by the same evidence as with
 * sessions.
 *
 * @throws StoreError `FOLDER_LOCKED`, with the owner's pid, while another process holds it;
 * `WRITE_FAILED`
 */
export function lockFolder(folder: string): FolderLock {
  const path = resolve(folder);
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StoreError("WRITE_FAILED", `Cannot create the folder ${path}: ${reason(cause)}.`, { cause });
  }
  const lock = new WriterLocks(nodeFileSystem).acquire(join(path, "owner.lock"), {
    code: "FOLDER_LOCKED",
    what: `The folder ${path} is in use`,
  });
  return { release: () => lock.release() };
}
