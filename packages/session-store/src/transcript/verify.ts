import { isUtf8 } from "node:buffer";
import type { FileSystem } from "../files/file-system.ts";
import { scanForward } from "../files/line-scan.ts";
import { withFile, withFileLines } from "../files/regular-file.ts";
import { parseTranscriptLine, type TranscriptLine } from "../format/transcript-line.ts";
import { blobsOf } from "../model/blobs-of.ts";
import { reason, StoreError, toReadError } from "../model/errors.ts";
import type { BlobFolder } from "./blob-folder.ts";
import { describeForeign, foreignProgram } from "./foreign-file.ts";
import { assertReadable } from "./transcript-reader.ts";

/** A problem of one line of a transcript. */
export interface TranscriptProblem {
  /** The number of the line, from 1. */
  line: number;
  /** The offset of the line, in bytes. */
  offset: number;
  /** The problem in words. */
  problem: string;
  /** True if `repair` cuts the line. Readers accept the others. */
  cut: boolean;
  /** True for what only a newer version knows. It is no damage. */
  isNote?: boolean;
}

/** A line with its problems. */
export interface VerifiedLine {
  /** Without its line feed. */
  readonly bytes: Uint8Array;
  readonly number: number;
  readonly offset: number;
  readonly line: TranscriptLine;
  readonly problems: readonly TranscriptProblem[];
}

/**
 * Yields the lines of a transcript with their problems. Holds one chunk, one group and all ids.
 *
 * A group at the end that lacks lines was never appended: all its lines have a problem.
 */
export async function* verifyLines(
  fs: FileSystem,
  path: string,
): AsyncGenerator<VerifiedLine, void, undefined> {
  let group: VerifiedLine[] = [];
  for await (const verified of verifyEachLine(fs, path)) {
    const { line, isTorn } = verified;
    const isOpen = line.kind === "entry" && (line.marks.groupRest ?? 0) > 0;
    if (isOpen) {
      group.push(verified);
      continue;
    }
    yield* isTorn ? withoutEnd(group) : group;
    group = [];
    yield verified;
  }
  yield* withoutEnd(group);
}

function withoutEnd(group: readonly VerifiedLine[]): VerifiedLine[] {
  return group.map(({ problems, ...verified }) => {
    const { number: line, offset } = verified;
    const problem = "is of a group whose end is missing";
    return { ...verified, problems: [...problems, { line, offset, problem, cut: true }] };
  });
}

async function* verifyEachLine(
  fs: FileSystem,
  path: string,
): AsyncGenerator<VerifiedLine & { isTorn: boolean }, void, undefined> {
  yield* withFileLines(fs, path, async function* (file) {
    const ids = new Set<string>();
    let lastSeq = 0;
    let number = 0;
    let openGroup = 0;
    for await (const batch of scanForward(fs, file.fd, { start: 0, end: file.size })) {
      for (const { offset, bytes, terminated } of batch) {
        number += 1;
        const line = parseTranscriptLine(bytes);
        const found = [
          ...damageProblems(line, terminated),
          ...orderProblems(line, { ids, lastSeq, openGroup }),
        ];
        if (!isUtf8(bytes))
          found.push({ problem: "is not UTF-8; what is not is read as \uFFFD", cut: false });
        if (line.kind === "entry") {
          lastSeq = Math.max(lastSeq, line.entry.seq);
          openGroup = line.marks.groupRest ?? 0;
          if ("id" in line.entry) ids.add(line.entry.id);
        }
        yield {
          bytes,
          number,
          offset,
          line,
          isTorn: !terminated && (line.kind === "damaged" || line.kind === "blank"),
          problems: found.map((one) => ({ line: number, offset, ...one })),
        };
      }
    }
  });
}

/** A problem of a line, or of the whole file. */
export type Finding = TranscriptProblem | { problem: string; cut: false };

/** Yields the problems of a transcript. A file that is no transcript is one finding. */
export async function* verifyTranscript(
  fs: FileSystem,
  path: string,
  blobs?: BlobFolder,
): AsyncGenerator<Finding, void, undefined> {
  const problem = await problemOfFile(fs, path);
  if (problem !== undefined) {
    yield { problem, cut: false };
    return;
  }
  const checked = new Map<string, string | undefined>();
  let isBlank = true;
  for await (const { problems, line, number, offset } of verifyLines(fs, path)) {
    yield* problems;
    isBlank &&= line.kind === "blank";
    if (line.kind !== "entry" || !blobs) continue;
    for (const id of blobsOf(line.entry)) {
      if (!checked.has(id)) checked.set(id, await problemOfBlob(blobs, id));
      const which = checked.get(id);
      if (which === undefined) continue;
      yield { line: number, offset, problem: `names blob ${id}, which ${which}`, cut: false };
    }
  }
  if (isBlank) yield { problem: "is blank: it has no line", cut: false };
}

async function problemOfBlob(blobs: BlobFolder, id: string): Promise<string | undefined> {
  try {
    return (await blobs.load(id)) ? undefined : "is missing or damaged";
  } catch (error) {
    return `cannot be read: ${reason(error)}`;
  }
}

async function problemOfFile(fs: FileSystem, path: string): Promise<string | undefined> {
  try {
    return await withFile(fs, path, async (file) => {
      if (file.size === 0) return "is empty";
      assertReadable(file);
      const program = await foreignProgram(file);
      return program && describeForeign(program);
    });
  } catch (error) {
    const failure = toReadError(error, path);
    if (StoreError.is(failure)) return failure.message;
    throw failure;
  }
}

type LineFinding = Pick<TranscriptProblem, "problem" | "cut" | "isNote">;

function damageProblems(line: TranscriptLine, terminated: boolean): LineFinding[] {
  if (line.kind === "damaged" && !terminated) return [{ problem: "is torn: its end is missing", cut: true }];
  if (line.kind === "damaged") return [{ problem: line.problem, cut: true }];
  if (line.kind === "unknown")
    return [{ problem: "has a type that this version does not know", cut: false, isNote: true }];
  if (line.kind === "entry" && line.marks.hasUnknownBlocks) {
    return [{ problem: "has a block of a type that this version does not know", cut: false, isNote: true }];
  }
  return [];
}

function orderProblems(
  line: TranscriptLine,
  { ids, lastSeq, openGroup }: { ids: ReadonlySet<string>; lastSeq: number; openGroup: number },
): LineFinding[] {
  if (line.kind !== "entry") return [];
  const { entry, marks } = line;
  const found: LineFinding[] = [];
  if ("id" in entry && ids.has(entry.id))
    found.push({ problem: `repeats the entry of id ${entry.id}`, cut: true });
  else if (entry.seq <= lastSeq)
    found.push({ problem: `has number ${entry.seq} after ${lastSeq}`, cut: false });
  if (openGroup > 0 && (marks.groupRest ?? 0) !== openGroup - 1) {
    found.push({ problem: "follows a group that is not complete", cut: false });
  }
  return found;
}
