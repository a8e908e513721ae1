import type { SessionStore } from "@mini-openclaw/protocol";
import { StoreError } from "@mini-openclaw/session-store";
import type { Database } from "../store/database.ts";

/** The two sides of a copy. */
export interface Copying {
  readonly folder: string;
  readonly files: SessionStore;
  readonly database: Database;
}

export function exists(sessionId: string): StoreError {
  return new StoreError("SESSION_EXISTS", `Session ${sessionId} is there already. It stays as it is.`);
}
