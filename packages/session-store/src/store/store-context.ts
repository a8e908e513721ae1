import { StoreError } from "../model/errors.ts";
import type { Folder } from "../writer/open-writer.ts";
import type { SessionFiles } from "../transcript/session-files.ts";
import type { SessionIndex } from "../index/session-index.ts";
import type { SessionWriter } from "../writer/session-writer.ts";
import type { UnsavedSessions } from "./unsaved-sessions.ts";
import type { WriterPool } from "../writer/writer-pool.ts";

/** Called with what goes on without a session that cannot be read or written. */
export type ReportFailure = (error: unknown, during: string) => void;

/** The parts of a JSONL store. */
export interface StoreContext {
  readonly folder: Folder;
  readonly files: SessionFiles;
  readonly writers: WriterPool;
  readonly index: SessionIndex;
  readonly unsaved: UnsavedSessions;
  readonly onFailure: ReportFailure;
}

/** Leases the writer of a session that is not archived to `use`. */
export function writeSession<T>(
  { writers }: StoreContext,
  sessionId: string,
  use: (writer: SessionWriter) => Promise<T>,
): Promise<T> {
  return writers.use(sessionId, (writer) => {
    if (writer.isArchived) throw archived(sessionId);
    return use(writer);
  });
}

export function notFound(sessionId: string): StoreError {
  return new StoreError("SESSION_NOT_FOUND", `there is no session ${sessionId}`);
}

export function archived(sessionId: string): StoreError {
  return new StoreError("SESSION_ARCHIVED", `session ${sessionId} is archived`);
}

/**
 * Reports an error that belongs to one session: the others go on without it. Lacking descriptors or memory, and a
 * closed store, are errors of the whole process.
 */
export function isOfOneSession(error: unknown): boolean {
  if (!StoreError.is(error) || error.code === "STORE_CLOSED") return false;
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return !["EMFILE", "ENFILE", "ENOMEM"].includes(String(code));
}
