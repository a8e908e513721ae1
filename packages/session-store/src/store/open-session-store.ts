import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { SessionStore } from "@mini-openclaw/protocol";
import { mustBe } from "@mini-openclaw/protocol/shared";
import { nodeFileSystem } from "../files/file-system.ts";
import { assertDurability, check } from "../model/check-options.ts";
import { isSystemError, StoreError } from "../model/errors.ts";
import type { Durability } from "../writer/writer-options.ts";
import { JsonlStore } from "./jsonl-store.ts";
import { heard } from "./store-context.ts";

export interface SessionStoreOptions {
  /**
   * The moment at which an append is acknowledged. With `os` it survives the end of the process.
   * With `disk` it survives a power failure.
   *
   * @default "os"
   */
  durability?: Durability;
  /**
   * The time to wait for a session that another process writes, in milliseconds, before
   * `SESSION_LOCKED`.
   *
   * @default 0
   */
  lockWaitMs?: number;
  /**
   * Called with the error of a session that cannot be read or recovered. The others go on without
   * it.
   *
   * @default nothing is reported
   */
  onFailure?: (error: unknown, during: string) => void;
}

/**
 * Opens the sessions in a folder. Reads nothing yet. The first entry makes the folder.
 *
 * @throws StoreError `INVALID_OPTION`
 */
export async function openSessionStore(
  folder: string,
  options: SessionStoreOptions = {},
): Promise<SessionStore> {
  check.text("folder", folder);
  if (folder.includes("\0")) {
    throw new StoreError("INVALID_OPTION", mustBe("folder", "a path without NUL characters", folder));
  }
  check.known("openSessionStore", options, { durability: true, lockWaitMs: true, onFailure: true });
  const { durability = "os", lockWaitMs = 0, onFailure } = options;
  assertDurability(durability);
  check.number("lockWaitMs", lockWaitMs, { max: Number.MAX_SAFE_INTEGER });
  if (onFailure !== undefined && typeof onFailure !== "function") {
    throw new StoreError("INVALID_OPTION", mustBe("onFailure", "a function", onFailure));
  }
  const path = resolve(folder);
  await assertNoFile(path);
  return new JsonlStore({
    fs: nodeFileSystem,
    path,
    durability,
    lockWaitMs,
    onFailure: onFailure && heard(onFailure),
  });
}

/** Accepts a folder that does not exist yet. Later calls report one that cannot be read. */
async function assertNoFile(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    (error: unknown) => !isSystemError(error, "ENOTDIR"),
  );
  if (isFolder) return;
  throw new StoreError(
    "INVALID_OPTION",
    `\`folder\` must be a folder, got ${path}, which is a file or below one.`,
  );
}
