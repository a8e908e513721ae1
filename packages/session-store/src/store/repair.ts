import { constants, copyFileSync } from "node:fs";
import { join } from "node:path";
import { AppendFile } from "../files/append-file.ts";
import type { FileSystem } from "../files/file-system.ts";
import { NO_HARD_LINKS } from "../files/move-file.ts";
import { withFile } from "../files/regular-file.ts";
import { DAMAGED_FOLDER, sessionPaths } from "../files/session-paths.ts";
import { temporaryName } from "../files/temporary-file.ts";
import { WriterLocks } from "../files/writer-lock.ts";
import { headerLine } from "../format/session-lines.ts";
import { formatLine } from "../format/transcript-line.ts";
import { isSystemError, reason, StoreError } from "../model/errors.ts";
import { createId } from "../model/names.ts";
import { notFound } from "../model/session-errors.ts";
import { readCheckpoint, summarize } from "../transcript/checkpoint.ts";
import { foreignFile, foreignProgram, isOwnLine } from "../transcript/foreign-file.ts";
import { unknownProgram } from "../transcript/foreign-programs.ts";
import { SessionFiles } from "../transcript/session-files.ts";
import { type TranscriptProblem, verifyLines } from "../transcript/verify.ts";
import { lockSession } from "../writer/open-writer.ts";

const LINE_FEED = Buffer.from("\n");

export interface Repair {
  /** The lines that were cut. If there are none, nothing was written. */
  cut: TranscriptProblem[];
  /** The path of the copy of the old transcript. */
  backup?: string;
}

/**
 * Cuts the lines that cannot be read out of a transcript, after it copied the file. The other lines
 * stay byte for byte. The session gets a new epoch, because numbers that readers know are gone.
 *
 * @throws StoreError `SESSION_LOCKED` while somebody writes the session, `SESSION_NOT_FOUND`,
 * `WRITE_FAILED`
 */
export async function repairSession(fs: FileSystem, folder: string, sessionId: string): Promise<Repair> {
  const lock = lockSession({ fs, locks: new WriterLocks(fs) }, sessionPaths(folder, sessionId));
  try {
    const paths = await new SessionFiles(fs, folder).locate(sessionId);
    if (!paths) throw notFound(sessionId);
    const cut: TranscriptProblem[] = [];
    let own = 0;
    for await (const { problems, line } of verifyLines(fs, paths.transcript)) {
      for (const problem of problems) if (problem.cut) cut.push(problem);
      if (isOwnLine(line)) own += 1;
    }
    const program = own === 0 ? await withFile(fs, paths.transcript, foreignProgram) : undefined;
    const isForeign = program !== undefined || (own === 0 && cut.length > 0);
    if (isForeign) throw foreignFile(paths.transcript, program ?? unknownProgram);
    if (cut.length === 0) return { cut };
    const summary = await withFile(fs, paths.transcript, (file) =>
      summarize(file, readCheckpoint(sessionId, paths, file)),
    );
    if (!summary) throw notFound(sessionId);
    const { meta } = summary.summary;
    const header = formatLine(headerLine({ ...summary.summary, meta: { ...meta, epoch: createId() } }));
    const repaired = temporaryName(paths.transcript);
    await copyLines(fs, paths.transcript, { to: repaired, header });
    fs.makeDirectory(join(folder, DAMAGED_FOLDER));
    const backup = join(folder, DAMAGED_FOLDER, `${sessionId}.${Date.now()}.jsonl`);
    backUp(fs, paths.transcript, backup);
    fs.rename(repaired, paths.transcript);
    return { cut, backup };
  } catch (cause) {
    if (StoreError.is(cause)) throw cause;
    throw new StoreError("WRITE_FAILED", `Cannot repair session ${sessionId}: ${reason(cause)}.`, { cause });
  } finally {
    lock.release();
  }
}

/** Adds a second name for the file, or copies it on file systems without hard links. */
function backUp(fs: FileSystem, transcript: string, backup: string): void {
  try {
    fs.link(transcript, backup);
  } catch (error) {
    if (!isSystemError(error, ...NO_HARD_LINKS)) throw error;
    copyFileSync(transcript, backup, constants.COPYFILE_EXCL);
  }
}

/** Writes the lines that stay, and the header of the new epoch after them. */
async function copyLines(
  fs: FileSystem,
  path: string,
  { to, header }: { to: string; header: string },
): Promise<void> {
  const copy = new AppendFile(fs, to, { create: true });
  try {
    for await (const { bytes, line, problems } of verifyLines(fs, path)) {
      if (line.kind === "blank" || problems.some(({ cut }) => cut)) continue;
      copy.append(Buffer.concat([bytes, LINE_FEED]));
    }
    copy.append(header);
    await copy.sync();
  } catch (error) {
    fs.unlink(to);
    throw error;
  } finally {
    copy.close();
  }
}
