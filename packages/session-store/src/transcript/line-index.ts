import { scanForward } from "../files/line-scan.ts";
import { parseTranscriptLine } from "../format/transcript-line.ts";
import { checkOf } from "./checkpoint.ts";
import type { OpenTranscript } from "./transcript-reader.ts";

// 64 KiB: a page is found in one or two blocks, and 1 GB has 16,000 of them.
const BLOCK_BYTES = 65_536;
// 1 MiB: a page so near the end is scanned for, unless the file is indexed already.
const NEAR_BYTES = 1_048_576;
// Each has 40 bytes for 64 KiB of its transcript.
const MAX_INDEXES = 64;

/** Some lines of a transcript that follow each other. */
interface Block {
  readonly start: number;
  end: number;
  /** The smallest and the greatest number in the block. */
  min: number;
  max: number;
}

/** The numbers in each block of a transcript. Numbers may have any order. */
interface LineIndex {
  readonly ino: number;
  readonly blocks: Block[];
  /** False for a file with lines of the legacy format, which have no numbers. */
  isNumbered: boolean;
  /** The end of the lines when the index grew last, with the checksum of the bytes before it. */
  seen: { end: number; check: number };
  /** The index grows one step at a time. */
  growing: Promise<void>;
}

/**
 * Finds lines by their numbers, without a scan of the whole transcript each time. In memory only.
 */
export class LineIndexes {
  readonly #indexes = new Map<string, LineIndex>();

  /** Returns how many bytes at the end of a transcript are scanned before its index is read. */
  nearBytes(path: string): number {
    return this.#indexes.has(path) ? 0 : NEAR_BYTES;
  }

  /**
   * Returns the end of the last block with a smaller number than `seq`; `undefined` without
   * numbers.
   */
  async endBefore(path: string, transcript: OpenTranscript, seq: number): Promise<number | undefined> {
    const index = await this.#read(path, transcript);
    return index && (index.blocks.findLast(({ min }) => min < seq)?.end ?? 0);
  }

  /**
   * Returns the start of the first block with a greater number than `seq`; `undefined` without
   * numbers.
   */
  async startAfter(path: string, transcript: OpenTranscript, seq: number): Promise<number | undefined> {
    const index = await this.#read(path, transcript);
    return index && (index.blocks.find(({ max }) => max > seq)?.start ?? transcript.size);
  }

  async #read(path: string, transcript: OpenTranscript): Promise<LineIndex | undefined> {
    const { ino } = transcript.fs.fileStat(transcript.fd);
    let index = this.#indexes.get(path);
    if (index?.ino !== ino || !isSameText(index, transcript)) {
      const seen = { end: 0, check: 0 };
      index = { ino, blocks: [], isNumbered: true, seen, growing: Promise.resolve() };
    }
    // The newest is last. The oldest is dropped.
    this.#indexes.delete(path);
    this.#indexes.set(path, index);
    const [oldest] = this.#indexes.keys();
    if (this.#indexes.size > MAX_INDEXES && oldest !== undefined) this.#indexes.delete(oldest);
    const grown = index;
    grown.growing = grown.growing.catch(() => {}).then(() => growTo(grown, transcript));
    await grown.growing;
    return grown.isNumbered ? grown : undefined;
  }
}

/** Returns false for a file that was cut, or that another program wrote anew. */
function isSameText({ seen: { end, check } }: LineIndex, transcript: OpenTranscript): boolean {
  return end <= transcript.size && checkOf(transcript, end) === check;
}

async function growTo(index: LineIndex, transcript: OpenTranscript): Promise<void> {
  await grow(index, transcript);
  const end = index.blocks.at(-1)?.end ?? 0;
  index.seen = { end, check: checkOf(transcript, end) };
}

/** Adds the lines that were appended since. */
async function grow(index: LineIndex, { fs, fd, size }: OpenTranscript): Promise<void> {
  const { blocks } = index;
  const start = blocks.at(-1)?.end ?? 0;
  for await (const lines of scanForward(fs, fd, { start, end: size })) {
    for (const { offset, end, bytes, terminated } of lines) {
      if (!terminated) return;
      let block = blocks.at(-1);
      if (!block || end - block.start > BLOCK_BYTES) {
        block = { start: offset, end, min: Number.POSITIVE_INFINITY, max: 0 };
        blocks.push(block);
      }
      block.end = end;
      const seq = numberOf(bytes);
      if (seq === "legacy") index.isNumbered = false;
      if (typeof seq !== "number") continue;
      block.min = Math.min(block.min, seq);
      block.max = Math.max(block.max, seq);
    }
  }
}

const HEAD = Buffer.from('{"seq":');
const ZERO = 0x30;
const COMMA = 0x2c;
const MAX_DIGITS = 15;

/**
 * Returns the number of a line. Reads it without JSON where the number comes first, as in written
 * lines.
 */
function numberOf(bytes: Buffer): number | "legacy" | undefined {
  if (HEAD.every((byte, index) => bytes[index] === byte)) {
    let seq = 0;
    for (let index = HEAD.length; index < HEAD.length + MAX_DIGITS; index += 1) {
      const byte = bytes[index] ?? 0;
      if (byte === COMMA) return seq;
      const digit = byte - ZERO;
      if (digit < 0 || digit > 9) break;
      seq = seq * 10 + digit;
    }
  }
  const line = parseTranscriptLine(bytes);
  if (line.kind === "legacy") return "legacy";
  return line.kind === "entry" ? line.entry.seq : undefined;
}
