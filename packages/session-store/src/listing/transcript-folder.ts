import { join } from "node:path";
import { nodeFileSystem as fs, openFlags } from "../files/file-system.ts";
import { moveFile } from "../files/move-file.ts";
import { sessionPaths } from "../files/session-paths.ts";
import { unlinkQuietly, writeAll } from "../files/small-file.ts";
import { temporaryName } from "../files/temporary-file.ts";
import type { TranscriptLine } from "../format/transcript-line.ts";
import { isSystemError, StoreError, toReadError, toStoreError } from "../model/errors.ts";
import { notFound } from "../model/session-errors.ts";
import { BlobFolder } from "../transcript/blob-folder.ts";
import { SessionFiles } from "../transcript/session-files.ts";
import { type TranscriptProblem, verifyLines } from "../transcript/verify.ts";
import { discardIndex, INDEX_NAME } from "./index-file.ts";

/** A line with its text, byte for byte. */
export interface CopiedLine {
  readonly text: string;
  readonly line: TranscriptLine;
}

/** The transcripts of a folder, for copies to another store and back. */
export class TranscriptFolder {
  readonly #folder: string;
  readonly #files: SessionFiles;

  constructor(folder: string) {
    this.#folder = folder;
    this.#files = new SessionFiles(fs, folder);
  }

  /** Returns the ids of all transcripts, readable or not. */
  async list(): Promise<string[]> {
    const { open, archived } = await this.#files.list();
    return [...open, ...archived];
  }

  /**
   * Yields the lines of a transcript.
   *
   * @throws StoreError `READ_FAILED` for a line with a problem
   */
  async *lines(sessionId: string): AsyncGenerator<CopiedLine, void, undefined> {
    const location = await this.#files.locate(sessionId);
    if (!location) throw notFound(sessionId);
    try {
      for await (const { bytes, line, problems } of verifyLines(fs, location.transcript)) {
        const problem = problems.find(({ isNote }) => !isNote);
        if (problem) throw toError(sessionId, problem);
        if (line.kind !== "blank") yield { text: withoutPadding(Buffer.from(bytes).toString()), line };
      }
    } catch (error) {
      throw toReadError(error, location.transcript);
    }
  }

  /**
   * Adds a transcript. It has its name when it is complete.
   *
   * @throws StoreError `SESSION_EXISTS` rather than replace a file
   */
  async add(
    sessionId: string,
    lines: AsyncIterable<string>,
    { isArchived }: { isArchived: boolean },
  ): Promise<void> {
    const paths = sessionPaths(this.#folder, sessionId);
    const temporary = temporaryName(paths.transcript);
    try {
      const fd = fs.open(temporary, openFlags.create);
      try {
        for await (const line of lines) writeAll(fs, fd, Buffer.from(line));
        await fs.sync(fd);
      } finally {
        fs.close(fd);
      }
      // The next start lists the folder.
      discardIndex(fs, join(this.#folder, INDEX_NAME));
      if (isArchived) this.#files.archive.moveIn(sessionId, { ...paths, transcript: temporary });
      else moveFile(fs, temporary, paths.transcript);
      await fs.syncDirectory(isArchived ? this.#files.archive.path : this.#folder);
    } catch (error) {
      unlinkQuietly(fs, temporary);
      if (!isSystemError(error, "EEXIST")) throw toStoreError(error, "WRITE_FAILED");
      const text = `${paths.transcript} is in the way. Move it elsewhere, then copy again.`;
      throw new StoreError("SESSION_EXISTS", text, { cause: error });
    }
  }

  /** Adds a blob to a session. */
  async addBlob(sessionId: string, bytes: Uint8Array): Promise<void> {
    await new BlobFolder(fs, this.#folder, sessionId).save(bytes, { isDurable: true });
  }
}

/** Removes the NULs that a power failure leaves, and white space such as a byte order mark. */
function withoutPadding(text: string): string {
  return text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1);
}

function toError(sessionId: string, { line, problem, cut }: TranscriptProblem): StoreError {
  const remedy = cut ? 'Run "session-store repair"' : "Correct the file";
  const text = `Line ${line} of session ${sessionId}: ${problem}. ${remedy}, then copy again.`;
  return new StoreError("READ_FAILED", text);
}
