import { scanForward } from "../files/line-scan.ts";
import type { Summary } from "../format/summary.ts";
import { parseTranscriptLine, type TranscriptLine } from "../format/transcript-line.ts";
import { StoreError } from "../model/errors.ts";
import { programOf, unknownProgram } from "./foreign-programs.ts";
import { assertReadable, type OpenTranscript } from "./transcript-reader.ts";

// The first lines of a session are enough to recognize its program.
const MAX_SAMPLE_BYTES = 65_536;
const decoder = new TextDecoder();

/** Returns true for a line of a session of this store. A file without one is another program's. */
export function isOwnLine({ kind }: TranscriptLine): boolean {
  return kind === "header" || kind === "entry" || kind === "legacy";
}

/**
 * Returns the program whose file it is: a file with lines of which none is a session's. Returns
 * `undefined` for a file of this store. Reads up to its first line.
 */
export async function foreignProgram({ fs, fd, size }: OpenTranscript): Promise<string | undefined> {
  let sample = "";
  let others = 0;
  for await (const batch of scanForward(fs, fd, { start: 0, end: size })) {
    for (const { bytes, terminated } of batch) {
      const line = parseTranscriptLine(bytes);
      if (isOwnLine(line)) return undefined;
      if (line.kind !== "blank" && (terminated || !isTornObject(bytes))) others += 1;
      if (sample.length < MAX_SAMPLE_BYTES) {
        sample += `${decoder.decode(bytes.subarray(0, MAX_SAMPLE_BYTES))}\n`;
      }
    }
  }
  return others > 0 ? programOf(sample) : undefined;
}

/** Returns true for the beginning of an object. A writer that died in its first line leaves one. */
function isTornObject(bytes: Buffer): boolean {
  const text = bytes.toString();
  if (!text.startsWith("{")) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

/** @throws StoreError `FOREIGN_FILE` if the file has lines, and none is a session's */
export async function assertOwnLines(file: OpenTranscript, path: string): Promise<void> {
  const program = await foreignProgram(file);
  if (program !== undefined) throw foreignFile(path, program);
}

/** @throws StoreError `FOREIGN_FILE` if the summary is of a file of another program */
export async function assertOwnFile(
  file: OpenTranscript,
  { meta, numbered }: Summary,
  path: string,
): Promise<void> {
  // A message or a header makes it a session.
  if (meta.messageCount > 0 || (numbered && meta.createdAt > 0)) return;
  assertReadable(file);
  await assertOwnLines(file, path);
}

export function foreignFile(path: string, program: string): StoreError {
  return new StoreError("FOREIGN_FILE", `${path} ${describeForeign(program)}. It is left as it is.`);
}

/** Returns the fact about a file that is not the store's, as the end of a sentence. */
export function describeForeign(program: string): string {
  return program === unknownProgram
    ? "is no session file: none of its lines is of a session"
    : `is a session file of ${program}, not of this store`;
}
