import { join } from "node:path";
import { AppendFile } from "./append-file.ts";
import { readCheckpoint } from "./checkpoint.ts";
import { reason, StoreError, toReadError } from "./errors.ts";
import { readEventFiles } from "./event-files.ts";
import { type FileSystem, openFlags } from "./file-system.ts";
import { assertOwnFile } from "./foreign-file.ts";
import { scanBackward } from "./line-scan.ts";
import { createId } from "./names.ts";
import { OpenRuns } from "./open-runs.ts";
import type { SessionFiles } from "./session-files.ts";
import { toHeader } from "./session-lines.ts";
import { DAMAGED_FOLDER, LIVE_FOLDER, type SessionPaths, sessionPaths } from "./session-paths.ts";
import { SessionWriter } from "./session-writer.ts";
import { summarize } from "./summarize.ts";
import type { Summary } from "./summary.ts";
import { formatLine } from "./transcript-line.ts";
import { WriterFiles } from "./writer-files.ts";
import type { WriterLock, WriterLocks } from "./writer-lock.ts";
import type { Durability } from "./writer-options.ts";

/** Where a store keeps its sessions, and how. */
export interface Folder {
  readonly fs: FileSystem;
  readonly path: string;
  readonly durability: Durability;
  readonly locks: WriterLocks;
  readonly files: SessionFiles;
  createId: () => string;
  /** Hears of every entry that was kept. */
  readonly onKept: (summary: Summary) => void;
  /** Hears of the last one before a writer gives up its place. */
  readonly onClose: (summary: Summary) => void;
}

/**
 * Becomes the writer of a session: takes the lock, sets torn ends aside, closes what a dead writer left running.
 *
 * `created` is what is known of a session that has no entry yet; it takes its lock with the first.
 *
 * @throws StoreError `SESSION_NOT_FOUND`, `SESSION_ARCHIVED`, `SESSION_LOCKED`, `UNSUPPORTED_VERSION`, `NOT_A_FILE`,
 * `READ_FAILED`
 */
export async function openWriter(
  folder: Folder,
  sessionId: string,
  created: Summary | undefined,
): Promise<SessionWriter> {
  const { fs } = folder;
  const paths = sessionPaths(folder.path, sessionId);
  const acquireLock = () => lockSession(folder, paths);
  if (!fs.pathStat(paths.transcript)) {
    if (!created) throw await missing(folder, sessionId);
    const files = new WriterFiles({ fs, paths, acquireLock });
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
    const files = new WriterFiles({ fs, paths, acquireLock, lock, transcript, ...(journal && { journal }) });
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
  return (await files.archive.find(sessionId))
    ? new StoreError("SESSION_ARCHIVED", `session ${sessionId} is archived`)
    : new StoreError("SESSION_NOT_FOUND", `there is no session ${sessionId}`);
}

function lockSession({ fs, locks }: Folder, paths: SessionPaths): WriterLock {
  const live = join(paths.folder, LIVE_FOLDER);
  try {
    fs.makeDirectory(live);
  } catch (cause) {
    throw new StoreError("WRITE_FAILED", `cannot make ${live}: ${reason(cause)}`, { cause });
  }
  return locks.acquire(paths.lock);
}

async function openLocked(
  { fs, durability }: Folder,
  sessionId: string,
  { paths, lock, files }: { paths: SessionPaths; lock: WriterLock; files: AppendFile[] },
) {
  const transcript = new AppendFile(fs, paths.transcript, { create: false });
  files.push(transcript);
  const view = { fs, fd: transcript.fd, size: transcript.size };
  const checkpoint = readCheckpoint(sessionId, paths, view);
  const { summary, end, terminated } = await summarize(view, checkpoint);
  await assertOwnFile(view, summary, paths.transcript);
  if (end < transcript.size) await cutAside(fs, paths, transcript, end);
  if (!terminated) transcript.startNewLine();
  const journal = fs.pathStat(paths.journal) ? await openJournal(fs, paths, files) : undefined;
  // The machine may have forgotten numbers that were shown.
  const renewed = lock.takeover === "machine died" ? withEpoch(summary, createId()) : summary;
  if (renewed !== summary) transcript.append(formatLine(toHeader(renewed)));
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

function withEpoch(summary: Summary, epoch: string): Summary {
  return { ...summary, numbered: true, meta: { ...summary.meta, epoch } };
}

async function openJournal(fs: FileSystem, paths: SessionPaths, files: AppendFile[]): Promise<AppendFile> {
  const journal = new AppendFile(fs, paths.journal, { create: false });
  files.push(journal);
  for await (const { offset, terminated } of scanBackward(fs, journal.fd, { end: journal.size })) {
    if (!terminated) await cutAside(fs, paths, journal, offset);
    break;
  }
  return journal;
}

/** Copies the end of a file to `damaged/`, then cuts it. */
async function cutAside(
  fs: FileSystem,
  paths: SessionPaths,
  file: AppendFile,
  offset: number,
): Promise<void> {
  const folder = join(paths.folder, DAMAGED_FOLDER);
  fs.makeDirectory(folder);
  const name = file.path.slice(paths.folder.length + 1).replaceAll(/[/\\]/g, ".");
  const copy = fs.open(join(folder, `${name}.${offset}.${createId()}`), openFlags.create);
  try {
    const buffer = Buffer.alloc(65_536);
    for (let position = offset; position < file.size; ) {
      const count = await fs.read(file.fd, buffer, position);
      if (count === 0) break;
      for (let written = 0; written < count; ) written += fs.write(copy, buffer.subarray(written, count));
      position += count;
    }
    await fs.sync(copy);
  } finally {
    fs.close(copy);
  }
  if (!file.truncate(offset)) file.startNewLine();
}

async function closeRuns(writer: SessionWriter, runs: OpenRuns): Promise<void> {
  const closing = runs.closing({ timestamp: Date.now(), createId });
  if (closing.length > 0) await writer.record(closing);
  writer.settle();
}
