import { join } from "node:path";
import { AppendFile } from "../files/append-file.ts";
import type { FileSystem } from "../files/file-system.ts";
import { scanBackward } from "../files/line-scan.ts";
import { openIfThere } from "../files/regular-file.ts";
import { LIVE_FOLDER, type SessionPaths, sessionPaths } from "../files/session-paths.ts";
import type { WriterLock, WriterLocks } from "../files/writer-lock.ts";
import { headerLine } from "../format/session-lines.ts";
import type { Summary } from "../format/summary.ts";
import { formatLine } from "../format/transcript-line.ts";
import { reason, StoreError, toReadError } from "../model/errors.ts";
import { createId } from "../model/names.ts";
import { OpenRuns } from "../model/open-runs.ts";
import { archived, notFound } from "../model/session-errors.ts";
import { BlobFolder } from "../transcript/blob-folder.ts";
import { readCheckpoint, summarize } from "../transcript/checkpoint.ts";
import { collectBlobs } from "../transcript/collect-blobs.ts";
import { readEventFiles } from "../transcript/event-files.ts";
import { assertOwnFile } from "../transcript/foreign-file.ts";
import type { SessionFiles } from "../transcript/session-files.ts";
import { quarantineTail } from "./quarantine-tail.ts";
import { SessionWriter } from "./session-writer.ts";
import { WriterFiles } from "./writer-files.ts";
import type { Durability } from "./writer-options.ts";

/** The folder of a store, with the settings of its writers. */
export interface Folder {
  readonly fs: FileSystem;
  readonly path: string;
  readonly durability: Durability;
  readonly locks: WriterLocks;
  readonly files: SessionFiles;
  /** Resolves when the names in the folder survive a power failure. */
  readonly syncNames: () => Promise<void>;
  createId: () => string;
  /** Keeps a session's writer open. Returns a function that ends that. */
  hold: (sessionId: string) => () => void;
  /** Called before the first entry of a session is written. */
  readonly onBegin: (summary: Summary) => void;
  /** Called if the first entry could not be written. */
  readonly onBeginFailed: (summary: Summary) => void;
  /** Called after entries were written. */
  readonly onKept: (summary: Summary) => void;
  /** Called before a writer releases its lock. */
  readonly onClose: (summary: Summary) => void;
}

/**
 * Opens the writer of a session. Acquires the lock, quarantines a torn end, and closes the runs
 * that a dead writer left.
 *
 * `created` is the summary of a session without an entry. Its writer acquires the lock with the
 * first entry.
 *
 * @throws StoreError `SESSION_NOT_FOUND`, `SESSION_ARCHIVED`, `SESSION_LOCKED`,
 * `UNSUPPORTED_VERSION`, `NOT_A_FILE`, `READ_FAILED`, `WRITE_FAILED`
 */
export async function openWriter(
  folder: Folder,
  sessionId: string,
  created: Summary | undefined,
): Promise<SessionWriter> {
  const { fs, syncNames } = folder;
  const paths = sessionPaths(folder.path, sessionId);
  const acquireLock = () => lockSession(folder, paths);
  if (!fs.pathStat(paths.transcript)) {
    if (!created) throw await missing(folder, sessionId);
    const files = new WriterFiles({ fs, paths, acquireLock, syncNames });
    return new SessionWriter({ ...folder, files, summary: created, lastSeq: 0 });
  }
  const lock = acquireLock();
  const opened: AppendFile[] = [];
  try {
    const { transcript, journal, runs, ...start } = await openLocked(folder, sessionId, {
      paths,
      lock,
      files: opened,
    });
    const opening = { fs, paths, acquireLock, syncNames, lock, transcript };
    const files = new WriterFiles({ ...opening, ...(journal && { journal }) });
    const writer = new SessionWriter({ ...folder, files, ...start });
    await closeRuns(writer, runs);
    return writer;
  } catch (error) {
    for (const file of opened) file.close();
    lock.release();
    throw toReadError(error, paths.transcript);
  }
}

async function missing({ files }: Folder, sessionId: string): Promise<StoreError> {
  return (await files.archive.find(sessionId)) ? archived(sessionId) : notFound(sessionId);
}

/** Acquires the lock of a session. */
export function lockSession({ fs, locks }: Pick<Folder, "fs" | "locks">, paths: SessionPaths): WriterLock {
  const live = join(paths.folder, LIVE_FOLDER);
  try {
    fs.makeDirectory(live);
  } catch (cause) {
    throw new StoreError("WRITE_FAILED", `Cannot create ${live}: ${reason(cause)}.`, { cause });
  }
  return locks.acquire(paths.lock);
}

async function openLocked(
  { fs, durability }: Folder,
  sessionId: string,
  { paths, lock, files }: { paths: SessionPaths; lock: WriterLock; files: AppendFile[] },
) {
  const transcript = openTranscript(fs, paths.transcript);
  files.push(transcript);
  const view = { fs, fd: transcript.fd, size: transcript.size };
  const checkpoint = readCheckpoint(sessionId, paths, view);
  const { summary, end, terminated } = await summarize(view, checkpoint);
  await assertOwnFile(view, summary, paths.transcript);
  if (end < transcript.size) await quarantineTail(fs, paths, transcript, end);
  if (!terminated) transcript.startNewLine();
  const journal = fs.pathStat(paths.journal) ? await openJournal(fs, paths, files) : undefined;
  const blobs = new BlobFolder(fs, paths.folder, sessionId);
  if (journal) await collectBlobs(fs, { paths, blobs });
  // The machine may have lost numbers that readers know.
  const renewed = lock.takeover === "machine died" ? withEpoch(summary, createId()) : summary;
  if (renewed !== summary) transcript.append(formatLine(headerLine(renewed)));
  if (renewed !== summary && durability === "disk") await transcript.sync();
  let { lastSeq } = summary.meta;
  const runs = new OpenRuns();
  if (journal) {
    for await (const { event } of readEventFiles(fs, paths, sessionId, checkpoint.summary.meta.lastSeq)) {
      lastSeq = Math.max(lastSeq, event.seq);
      runs.apply(event);
    }
  }
  return { summary: renewed, lastSeq, transcript, journal, runs };
}

/** @throws StoreError `WRITE_FAILED` for a file that can be read, but not written */
function openTranscript(fs: FileSystem, path: string): AppendFile {
  try {
    return new AppendFile(fs, path, { create: false });
  } catch (cause) {
    if (StoreError.is(cause) || !canRead(fs, path)) throw cause;
    throw new StoreError("WRITE_FAILED", `Cannot write ${path}: ${reason(cause)}.`, { cause });
  }
}

function canRead(fs: FileSystem, path: string): boolean {
  try {
    const file = openIfThere(fs, path);
    if (file) fs.close(file.fd);
    return file !== undefined;
  } catch {
    return false;
  }
}

function withEpoch(summary: Summary, epoch: string): Summary {
  return { ...summary, numbered: true, meta: { ...summary.meta, epoch } };
}

async function openJournal(fs: FileSystem, paths: SessionPaths, files: AppendFile[]): Promise<AppendFile> {
  const journal = new AppendFile(fs, paths.journal, { create: false });
  files.push(journal);
  for await (const [last] of scanBackward(fs, journal.fd, { end: journal.size })) {
    if (!last) continue;
    if (!last.terminated) await quarantineTail(fs, paths, journal, last.offset);
    break;
  }
  return journal;
}

async function closeRuns(writer: SessionWriter, runs: OpenRuns): Promise<void> {
  const closing = runs.closing({ timestamp: Date.now(), createId });
  if (closing.length > 0) await writer.record(closing);
  writer.settle();
}
