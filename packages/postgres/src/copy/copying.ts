import type { SessionMeta, SessionStore } from "@mini-openclaw/protocol";
import { StoreError } from "@mini-openclaw/session-store";
import type { TranscriptFolder } from "@mini-openclaw/session-store/kit";
import type { Pool } from "pg";
import type { Database } from "../store/database.ts";

/** The two sides of a copy. */
export interface Copying {
  readonly files: SessionStore;
  readonly transcripts: TranscriptFolder;
  readonly store: SessionStore;
  readonly database: Database;
  readonly pool: Pool;
}

/**
 * Returns true if the other side has the same session already.
 *
 * @throws StoreError `SESSION_EXISTS` if it has another one of the same id
 */
export async function isCopied(other: SessionStore, meta: SessionMeta): Promise<boolean> {
  const { sessionId, lastSeq, updatedAt, messageCount } = meta;
  const found = await other.getSession(sessionId);
  if (!found) return false;
  if (found.lastSeq === lastSeq && found.updatedAt === updatedAt && found.messageCount === messageCount)
    return true;
  throw exists(sessionId);
}

export function deleted(sessionId: string): StoreError {
  const text = `Session ${sessionId} was deleted in the database. Undelete it there, then copy again.`;
  return new StoreError("SESSION_EXISTS", text);
}

export function exists(sessionId: string): StoreError {
  const text = `Session ${sessionId} is there already, with other entries. It stays as it is.`;
  return new StoreError("SESSION_EXISTS", text);
}
