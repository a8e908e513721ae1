import type { Entry, ForkSessionOptions, SessionMeta } from "@mini-openclaw/protocol";
import { AppendFile } from "../files/append-file.ts";
import { sessionPaths } from "../files/session-paths.ts";
import { unlinkQuietly } from "../files/small-file.ts";
import { temporaryName } from "../files/temporary-file.ts";
import { createSummary, nextCreation } from "../format/new-session.ts";
import { headerLine } from "../format/session-lines.ts";
import { nextSummary, type Summary } from "../format/summary.ts";
import { formatLine } from "../format/transcript-line.ts";
import { blobsOf } from "../model/blobs-of.ts";
import { assertOwner } from "../model/check-options.ts";
import { forkedEntries } from "../model/forked-entries.ts";
import { assertKey } from "../model/names.ts";
import { notFound } from "../model/session-errors.ts";
import { BlobFolder } from "../transcript/blob-folder.ts";
import type { SessionFiles } from "../transcript/session-files.ts";
import { lockSession } from "../writer/open-writer.ts";
import { latestDeleted } from "./key-sessions.ts";
import { announced, type StoreContext } from "./store-context.ts";

// 64 KiB: few writes, little memory.
const CHUNK_CHARS = 65_536;

/** Creates a session that begins with the entries of another one. */
export async function forkSession(
  context: StoreContext,
  sessionId: string,
  options: ForkSessionOptions,
): Promise<SessionMeta> {
  const { folder, files, index } = context;
  const other = await files.summary(sessionId);
  if (!other) throw notFound(sessionId);
  const { key = other.meta.key, owner = other.meta.owner } = options;
  assertKey(key);
  assertOwner(owner);
  const { at = await newestEntry(files, sessionId) } = options;
  const forkedFrom = { sessionId, seq: at };
  const deleted = await latestDeleted(context, key);
  const createdAt = nextCreation(Math.max((await index.sessions()).latestCreation(key), deleted));
  const created = createSummary(key, { forkedFrom, createdAt, ...(owner !== undefined && { owner }) });
  const entries = forkedEntries(files.entries(sessionId, { after: 0 }), { sessionId, at });
  const origin = new BlobFolder(folder.fs, folder.path, sessionId);
  const { meta } = folder.fs.pathStat(origin.path)
    ? await writeWithBlobs(context, created, { entries, origin })
    : await writeTranscript(context, created, entries);
  index.save(meta);
  return meta;
}

/** Writes a transcript. The blobs of each entry are in the fork before its line is. */
async function writeWithBlobs(
  context: StoreContext,
  created: Summary,
  { entries, origin }: { entries: AsyncIterable<Entry>; origin: BlobFolder },
): Promise<Summary> {
  const { folder } = context;
  const { fs, path, durability } = folder;
  const { sessionId } = created.meta;
  const fork = new BlobFolder(fs, path, sessionId);
  async function* linking() {
    for await (const entry of entries) {
      for (const id of blobsOf(entry)) fork.link(origin, id);
      yield entry;
    }
    if (durability === "disk") await fork.sync();
  }
  // The lock keeps others from removing the blobs before the transcript names them.
  const lock = lockSession(folder, sessionPaths(path, sessionId));
  try {
    return await writeTranscript(context, created, linking());
  } catch (error) {
    await fork.discard().catch(() => {});
    throw error;
  } finally {
    lock.release();
  }
}

/**
 * Returns the number of the newest entry that can be read. The lines after it may have greater
 * numbers.
 */
async function newestEntry(files: SessionFiles, sessionId: string): Promise<number> {
  return (await files.lastEntry(sessionId))?.seq ?? 0;
}

/**
 * Writes a whole new transcript, and returns its summary. Readers get it only when it is complete.
 */
async function writeTranscript(
  context: StoreContext,
  created: Summary,
  entries: AsyncIterable<Entry>,
): Promise<Summary> {
  const { fs, path, durability } = context.folder;
  fs.makeDirectory(path);
  const { transcript } = sessionPaths(path, created.meta.sessionId);
  const file = new AppendFile(fs, temporaryName(transcript), { create: true });
  try {
    const header = headerLine(created);
    let summary = nextSummary(created, { kind: "header", header });
    let lines = formatLine(header);
    for await (const entry of entries) {
      lines += formatLine(entry);
      summary = nextSummary(summary, { kind: "entry", entry, marks: {} });
      if (lines.length < CHUNK_CHARS) continue;
      file.append(lines);
      lines = "";
    }
    file.append(lines);
    if (durability === "disk") await file.sync();
    await announced(context, summary.meta, () => fs.rename(file.path, transcript));
    if (durability === "disk") await fs.syncDirectory(path);
    return summary;
  } catch (error) {
    unlinkQuietly(fs, file.path);
    throw error;
  } finally {
    file.close();
  }
}
