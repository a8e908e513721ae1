import type { Catalogue } from "./catalogue.ts";
import type { CreatedSessions } from "./created-sessions.ts";
import { StoreError } from "./errors.ts";
import type { OpenWriters } from "./open-writers.ts";
import type { SessionFiles } from "./session-files.ts";
import type { Folder } from "./session-opening.ts";
import type { SessionWriter } from "./session-writer.ts";

/** What a JSONL store is made of. */
export interface StoreParts {
  readonly folder: Folder;
  readonly files: SessionFiles;
  readonly writers: OpenWriters;
  readonly catalogue: Catalogue;
  readonly created: CreatedSessions;
}

/** Gives the writer of a session that is not archived to `use`. */
export function writeSession<T>(
  { writers }: StoreParts,
  sessionId: string,
  use: (writer: SessionWriter) => Promise<T>,
): Promise<T> {
  return writers.use(sessionId, (writer) => {
    if (writer.meta.archived) throw archived(sessionId);
    return use(writer);
  });
}

export function notFound(sessionId: string): StoreError {
  return new StoreError("SESSION_NOT_FOUND", `there is no session ${sessionId}`);
}

export function archived(sessionId: string): StoreError {
  return new StoreError("SESSION_ARCHIVED", `session ${sessionId} is archived`);
}
