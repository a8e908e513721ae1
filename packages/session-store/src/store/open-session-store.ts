import { resolve } from "node:path";
import type { SessionStore } from "@mini-openclaw/protocol";
import { StoreError } from "../model/errors.ts";
import { nodeFileSystem } from "../files/file-system.ts";
import { JsonlStore } from "./jsonl-store.ts";
import { assertDurability } from "../model/message-entry.ts";
import type { Durability } from "../writer/writer-options.ts";

export interface SessionStoreOptions {
  /**
   * When an append is acknowledged. `os`: it survives the end of the process. `disk`: it survives a power failure.
   * @default "os"
   */
  durability?: Durability;
  /**
   * How long to wait for a session that another process writes, in milliseconds, before `SESSION_LOCKED`.
   * @default 0
   */
  lockWaitMs?: number;
  /**
   * Called with the error of a session that cannot be read or recovered. The others go on without it.
   * @default nothing is reported
   */
  onFailure?: (error: unknown, during: string) => void;
}

/**
 * Opens the sessions in a folder; it is made when the first entry is kept. Reads nothing yet.
 *
 * @throws StoreError `INVALID_OPTION`
 */
export async function openSessionStore(
  folder: string,
  { durability = "os", lockWaitMs = 0, onFailure }: SessionStoreOptions = {},
): Promise<SessionStore> {
  assertDurability(durability);
  if (!(Number.isFinite(lockWaitMs) && lockWaitMs >= 0)) {
    throw new StoreError("INVALID_OPTION", `lockWaitMs: ${String(lockWaitMs)} is not a number from 0`);
  }
  return new JsonlStore({ fs: nodeFileSystem, path: resolve(folder), durability, lockWaitMs, onFailure });
}
