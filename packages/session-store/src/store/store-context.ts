import type { SessionMeta } from "@mini-openclaw/protocol";
import type { SessionIndex } from "../listing/session-index.ts";
import type { UnsavedSessions } from "../listing/unsaved-sessions.ts";
import { StoreError } from "../model/errors.ts";
import { archived } from "../model/session-errors.ts";
import type { SessionFiles } from "../transcript/session-files.ts";
import type { Folder } from "../writer/open-writer.ts";
import type { SessionWriter } from "../writer/session-writer.ts";
import type { WriterPool } from "../writer/writer-pool.ts";

/** Called with the error of a session that a call skips. */
export type ReportFailure = (error: unknown, during: string) => void;

/**
 * Returns a function that calls the app's `onFailure` and ignores its failures, of an async
 * function too: they must not stop the work on the other sessions.
 */
export function heard(onFailure: (error: unknown, during: string) => unknown): ReportFailure {
  return (error, during) => {
    (async () => onFailure(error, during))().catch(() => {});
  };
}

/** The parts of a JSONL store. */
export interface StoreContext {
  readonly folder: Folder;
  readonly files: SessionFiles;
  readonly writers: WriterPool;
  readonly index: SessionIndex;
  readonly unsaved: UnsavedSessions;
  readonly onFailure: ReportFailure;
}

/** Calls `use` with the writer of a session that is not archived. */
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

/** Appends the line of a session before `act` moves its transcript to the folder, or opens it. */
export async function announced<T>(
  { index }: StoreContext,
  meta: SessionMeta,
  act: () => T | Promise<T>,
): Promise<T> {
  index.announce(meta);
  try {
    return await act();
  } catch (error) {
    index.withdraw(meta.sessionId);
    throw error;
  }
}

/**
 * Returns true for an error of one session. The others go on without it. A lack of descriptors or
 * memory and a closed store are errors of the whole process.
 */
export function isOfOneSession(error: unknown): boolean {
  if (!StoreError.is(error) || error.code === "STORE_CLOSED") return false;
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return !["EMFILE", "ENFILE", "ENOMEM"].includes(String(code));
}
