import { crc32 } from "node:zlib";
import type { SessionMeta } from "@mini-openclaw/protocol";
import type { FileSystem } from "../files/file-system.ts";
import type { SessionLocation } from "../files/session-paths.ts";
import { createSmallFile, readCache } from "../files/small-file.ts";
import { temporaryName } from "../files/temporary-file.ts";
import { beginSummary, nextSummary, type Summary } from "../format/summary.ts";
import { MAX_SEQ } from "../format/transcript-line.ts";
import { assertVersion, type OpenTranscript, readLines } from "./transcript-reader.ts";

/** The summary of the first `bytes` of a transcript. Saved only while no run is open. */
export interface Checkpoint {
  readonly summary: Summary;
  readonly bytes: number;
}

// More than the ends of two lines have in common.
const CHECKED_BYTES = 64;

/**
 * Returns the checkpoint in `.meta.json` if it fits the transcript, and else the start of the
 * transcript.
 */
export function readCheckpoint(
  sessionId: string,
  paths: SessionLocation,
  transcript: OpenTranscript,
): Checkpoint {
  const value = readCache(transcript.fs, paths.meta);
  return (
    (value && fitting(sessionId, value, transcript)) ?? {
      summary: beginSummary(sessionId, legacyMeta(value)),
      bytes: 0,
    }
  );
}

/** Adds the lines after a checkpoint to its summary. `end` is the end of the last whole line. */
export async function summarize(
  transcript: OpenTranscript,
  { summary, bytes }: Checkpoint,
): Promise<{ summary: Summary; end: number; terminated: boolean }> {
  let end = bytes;
  let terminated = true;
  for await (const lines of readLines(transcript, { start: bytes })) {
    for (const { raw, line } of lines) {
      if (line.kind === "header") assertVersion(line.header.v);
      summary = nextSummary(summary, line);
      ({ end, terminated } = raw);
    }
  }
  return { summary, end, terminated };
}

/** Returns the meta in `.meta.json`, if it covers all of a transcript of that size. */
export function readCachedMeta(
  fs: FileSystem,
  sessionId: string,
  { paths, size }: { paths: SessionLocation; size: number },
): SessionMeta | undefined {
  const value = readCache(fs, paths.meta);
  return value?.["bytes"] === size ? toCheckpoint(sessionId, value)?.summary.meta : undefined;
}

/** Saves the cache. A failure costs the next reader some time, nothing else. */
export function writeCheckpoint(
  paths: SessionLocation,
  transcript: OpenTranscript,
  { summary, bytes }: Checkpoint,
): void {
  const { meta, ...flags } = summary;
  try {
    const text = JSON.stringify({ ...meta, ...flags, bytes, check: checkOf(transcript, bytes) });
    const temporary = temporaryName(paths.meta);
    createSmallFile(transcript.fs, paths.meta, `${text}\n`, { temporary, replace: true });
  } catch {
    // It is a cache.
  }
}

function fitting(
  sessionId: string,
  value: Record<string, unknown>,
  transcript: OpenTranscript,
): Checkpoint | undefined {
  const checkpoint = toCheckpoint(sessionId, value);
  if (!checkpoint || checkpoint.bytes > transcript.size) return undefined;
  return value["check"] === checkOf(transcript, checkpoint.bytes) ? checkpoint : undefined;
}

/** Returns `undefined` for a checkpoint of another session, as beside a copied transcript. */
function toCheckpoint(sessionId: string, value: Record<string, unknown>): Checkpoint | undefined {
  const { bytes, check: _, numbered, renamed, ...meta } = value;
  if (!isCount(bytes) || !isMeta(meta) || meta.sessionId !== sessionId) return undefined;
  return { summary: { meta, numbered: numbered === true, renamed: renamed === true }, bytes };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isMeta(value: object): value is SessionMeta {
  const { sessionId, key, channel, title, epoch, ...rest } = value as Partial<SessionMeta>;
  const texts = [sessionId, key, channel, title, epoch].every((field) => typeof field === "string");
  const numbers = [rest.createdAt, rest.updatedAt].every((field) => typeof field === "number");
  const counts = [rest.messageCount, rest.lastSeq].every(isCount) && (rest.lastSeq ?? 0) <= MAX_SEQ;
  return texts && numbers && counts && isUsage(rest.usage) && isCost(rest.costUsd);
}

function isUsage(value: SessionMeta["usage"]): boolean {
  if (value === undefined) return true;
  return [value.inputTokens, value.outputTokens, value.cacheReadTokens, value.cacheWriteTokens].every(
    isCount,
  );
}

function isCost(value: SessionMeta["costUsd"]): boolean {
  return value === undefined || typeof value === "number";
}

/** Returns a checksum of the last bytes before an offset. It differs between transcripts. */
export function checkOf({ fs, fd }: OpenTranscript, bytes: number): number {
  const buffer = Buffer.alloc(Math.min(bytes, CHECKED_BYTES));
  return crc32(buffer.subarray(0, fs.readNow(fd, buffer, bytes - buffer.length)));
}

/** Returns the key and the times in the `.meta.json` of the legacy format. */
function legacyMeta(value: Record<string, unknown> = {}): Partial<SessionMeta> {
  const { channel, key, createdAt, updatedAt } = value;
  return {
    ...(typeof channel === "string" && { key: channel }),
    ...(typeof key === "string" && { key }),
    ...(typeof createdAt === "number" && { createdAt }),
    ...(typeof updatedAt === "number" && { updatedAt }),
  };
}
