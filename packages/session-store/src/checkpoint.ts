import { crc32 } from "node:zlib";
import type { SessionMeta } from "@mini-openclaw/protocol";
import { createId } from "./names.ts";
import type { SessionPaths } from "./session-paths.ts";
import { createSmallFile, readSmallJson } from "./small-file.ts";
import { beginSummary, type Summary } from "./summary.ts";
import type { OpenTranscript } from "./transcript-reader.ts";

/** What the first `bytes` of a transcript add up to; taken only while no run is open. */
export interface Checkpoint {
  readonly summary: Summary;
  readonly bytes: number;
}

// Chosen: more than any line's end has in common with another's.
const CHECKED_BYTES = 64;

/** The checkpoint in `.meta.json`, if it fits the transcript; else the start, with what the tutorial's code wrote there. */
export function readCheckpoint(
  sessionId: string,
  paths: SessionPaths,
  transcript: OpenTranscript,
): Checkpoint {
  const value = readSmallJson(transcript.fs, paths.meta);
  return (
    (value && fitting(value, transcript)) ?? { summary: beginSummary(sessionId, bookMeta(value)), bytes: 0 }
  );
}

/** Writes the cache. A failure costs the next reader some time, nothing else. */
export function writeCheckpoint(
  paths: SessionPaths,
  transcript: OpenTranscript,
  { summary, bytes }: Checkpoint,
): void {
  const { meta, ...counters } = summary;
  const text = JSON.stringify({ ...meta, ...counters, bytes, check: checkOf(transcript, bytes) });
  try {
    const temporary = `${paths.meta}.${createId()}.tmp`;
    createSmallFile(transcript.fs, paths.meta, `${text}\n`, { temporary, replace: true });
  } catch {
    // It is a cache.
  }
}

function fitting(value: Record<string, unknown>, transcript: OpenTranscript): Checkpoint | undefined {
  const { bytes, check, lastSeq, epoch, numbered, renamed, ...meta } = value;
  if (!Number.isSafeInteger(bytes) || !Number.isSafeInteger(lastSeq) || typeof epoch !== "string")
    return undefined;
  const size = bytes as number;
  if (size > transcript.size || check !== checkOf(transcript, size)) return undefined;
  const counters = {
    lastSeq: lastSeq as number,
    epoch,
    numbered: numbered === true,
    renamed: renamed === true,
  };
  return { summary: { meta: meta as unknown as SessionMeta, ...counters }, bytes: size };
}

/** Tells whether the bytes before an offset are the ones that the checkpoint was taken of. */
function checkOf({ fs, fd }: OpenTranscript, bytes: number): number {
  const buffer = Buffer.alloc(Math.min(bytes, CHECKED_BYTES));
  return crc32(buffer.subarray(0, fs.readNow(fd, buffer, bytes - buffer.length)));
}

/** The key and the times that `.meta.json` of the tutorial's code holds. */
function bookMeta(value: Record<string, unknown> = {}): Partial<SessionMeta> {
  const { channel, key, createdAt, updatedAt } = value;
  return {
    ...(typeof channel === "string" && { key: channel }),
    ...(typeof key === "string" && { key }),
    ...(typeof createdAt === "number" && { createdAt }),
    ...(typeof updatedAt === "number" && { updatedAt }),
  };
}
