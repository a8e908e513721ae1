import { scanForward } from "../files/line-scan.ts";
import type { Summary } from "../format/summary.ts";
import { parseTranscriptLine, type TranscriptLine } from "../format/transcript-line.ts";
import { StoreError } from "../model/errors.ts";
import { assertReadable, type OpenTranscript } from "./transcript-reader.ts";

/**
 * Returns true for a line of a session of this store. A file without such a line is another
 * program's.
 */
export function isOwnLine({ kind }: TranscriptLine): boolean {
  return kind === "header" || kind === "entry" || kind === "legacy";
}

/**
 * Returns true for a file with whole lines of which none is a session's. Reads up to the first that
 * is.
 */
export async function isForeign({ fs, fd, size }: OpenTranscript): Promise<boolean> {
  let others = 0;
  for await (const batch of scanForward(fs, fd, { start: 0, end: size })) {
    for (const { bytes, terminated } of batch) {
      const line = parseTranscriptLine(bytes);
      if (isOwnLine(line)) return false;
      if (terminated && line.kind !== "blank") others += 1;
    }
  }
  return others > 0;
}

/** @throws StoreError `FOREIGN_FILE` if the summary is of a file of another program */
export async function assertOwnFile(file: OpenTranscript, { meta, numbered }: Summary, path: string) {
  // With a message or a number of its own it is a session.
  if (meta.messageCount > 0 || meta.lastSeq === 0 || (numbered && meta.createdAt > 0)) return;
  await assertReadable(file);
  if (await isForeign(file)) throw foreignFile(path);
}

export function foreignFile(path: string): StoreError {
  return new StoreError(
    "FOREIGN_FILE",
    `${path} is no session of this store: none of its lines is. It is left as it is.`,
  );
}
