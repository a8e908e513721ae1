import type { Entry, MessageEntry } from "@mini-openclaw/protocol";
import { isMessageEntry, TRANSCRIPT_VERSION } from "@mini-openclaw/protocol";
import type { FileSystem } from "../files/file-system.ts";
import { type RawLine, scanBackward, scanForward } from "../files/line-scan.ts";
import { nextNumber } from "../format/summary.ts";
import { parseTranscriptLine, type TranscriptLine, upgradeLegacyLine } from "../format/transcript-line.ts";
import { StoreError } from "../model/errors.ts";
import { collectKeys } from "../recent/collect-keys.ts";
import type { RememberedKeys } from "../recent/remembered-keys.ts";

// The version is at the very beginning of a file. One buffer for all, because it is read at once.
const head = Buffer.allocUnsafeSlow(64);
const VERSION = /^[^{]*\{"type":"session","v":(\d{1,9})\b/;

/** An open transcript, with its size at that time. */
export interface OpenTranscript {
  readonly fs: FileSystem;
  readonly fd: number;
  readonly size: number;
  /** Finds the lines of a number in a large file. Absent where every line is read anyway. */
  readonly index?: LineFinder;
}

/** Finds lines by their numbers. Both return `undefined` for lines without numbers. */
export interface LineFinder {
  /** As many bytes are scanned before it is asked. */
  readonly nearBytes: number;
  /** Returns an offset before which all smaller numbers are. */
  endBefore(seq: number): Promise<number | undefined>;
  /** Returns an offset after which all greater numbers are. */
  startAfter(seq: number): Promise<number | undefined>;
}

/** A line with its position in the file. */
export interface PlacedLine {
  readonly raw: RawLine;
  readonly line: TranscriptLine;
}

/** @throws StoreError `UNSUPPORTED_VERSION` if a newer version of this package wrote the file */
export function assertReadable({ fs, fd }: OpenTranscript): void {
  const count = fs.readNow(fd, head, 0);
  const [, version] = VERSION.exec(head.toString("latin1", 0, count)) ?? [];
  if (version !== undefined) assertVersion(Number(version));
}

/** @throws StoreError `UNSUPPORTED_VERSION` */
export function assertVersion(version: number): void {
  if (version <= TRANSCRIPT_VERSION) return;
  throw new StoreError(
    "UNSUPPORTED_VERSION",
    `The transcript has format version ${version}. This package reads versions up to ${TRANSCRIPT_VERSION}: update it.`,
  );
}

/**
 * Yields the lines that were appended whole, first to last, as many at a time as one read brings.
 * Skips a torn end and an incomplete group at the end. Both were never acknowledged.
 */
export async function* readLines(
  { fs, fd, size }: OpenTranscript,
  { start }: { start: number },
): AsyncGenerator<PlacedLine[], void, undefined> {
  let group: PlacedLine[] = [];
  for await (const batch of scanForward(fs, fd, { start, end: size })) {
    const whole: PlacedLine[] = [];
    for (const raw of batch) {
      const line = parseTranscriptLine(raw.bytes);
      if (!raw.terminated && isTorn(line)) break;
      group.push({ raw, line });
      if (isOpenGroup(line)) continue;
      whole.push(...group);
      group = [];
    }
    if (whole.length > 0) yield whole;
  }
}

/** Yields every entry with a greater number than `after`, in the order of the file. */
export async function* readEntries(
  transcript: OpenTranscript,
  { after = 0 }: { after?: number },
): AsyncGenerator<Entry, void, undefined> {
  const start = after === 0 ? 0 : await offsetAfter(transcript, after);
  let lastSeq = 0;
  let previousId: string | undefined;
  for await (const lines of readLines(transcript, { start })) {
    for (const { line } of lines) {
      lastSeq = nextNumber(lastSeq, line);
      const entry = line.kind === "legacy" ? upgradeLegacyLine(line.message, lastSeq) : entryOf(line);
      if (!entry || entry.seq <= after) continue;
      const id = "id" in entry ? entry.id : undefined;
      // A line written twice in a row is one entry.
      if (id === undefined || id !== previousId) yield entry;
      previousId = id;
    }
  }
}

// Most messages are shorter. A page of 50 fits into one read of 29 KiB, half the cost of 64 KiB.
const MESSAGE_BYTES = 512;
const MIN_FIRST_BYTES = 4_096;
const MAX_FIRST_BYTES = 65_536;

interface MessageRange {
  limit: number;
  /** @default all of them */
  before?: number | undefined;
  role?: MessageEntry["role"] | undefined;
}

/**
 * Returns the last `limit` messages before `before`, of one role or of all, oldest first. Reads
 * from the end.
 */
export async function readLastMessages(
  transcript: OpenTranscript,
  range: MessageRange,
): Promise<MessageEntry[]> {
  const { limit, role } = range;
  const messages: MessageEntry[] = [];
  if (limit === 0) return messages;
  let numberAbove: number | undefined;
  // Lines without the word are not parsed. Tool results may be most of a file.
  const mayMatter = role && ((bytes: Uint8Array) => asBuffer(bytes).includes(`"${role}"`));
  for await (const lines of readLinesBefore(transcript, range, mayMatter)) {
    for (const { line } of lines) {
      if (line.kind === "blank") continue;
      // Lines can be counted only if none is skipped.
      if (line.kind === "legacy" && (numberAbove === undefined || role)) {
        return readLastMessagesForward(transcript, range);
      }
      const entry =
        line.kind === "legacy" ? upgradeLegacyLine(line.message, numberAbove ?? 0) : entryOf(line);
      numberAbove = line.kind === "header" ? line.header.lastSeq : numberAbove && numberAbove - 1;
      if (!entry || !isWithin(range, entry) || entry.id === messages.at(-1)?.id) continue;
      messages.push(entry);
      if (messages.length === limit) return messages.reverse();
    }
  }
  return messages.reverse();
}

interface BackwardScan {
  /** @default all lines */
  mayMatter?: ((bytes: Uint8Array) => boolean) | undefined;
  /** @default the size of the file */
  end?: number;
  /** The size of the first read. */
  firstBytes?: number;
}

/**
 * Yields the lines that were appended whole, last to first, as many at a time as one read brings.
 * Skips lines for which `mayMatter` is false. Read each batch to its end before the next one, or
 * stop.
 */
export async function* readLinesBackward(
  { fs, fd, size }: OpenTranscript,
  { mayMatter, end = size, firstBytes }: BackwardScan = {},
): AsyncGenerator<WholeLines, void, undefined> {
  let isAtEnd = end === size;
  const scan = scanBackward(fs, fd, { end, ...(firstBytes !== undefined && { firstBytes }) });
  for await (const batch of scan) {
    const lines = new WholeLines(batch, { isAtEnd, mayMatter });
    yield lines;
    isAtEnd &&= lines.last === undefined;
  }
}

/** The whole lines of one read, last to first. A generator would cost a tenth of a page. */
class WholeLines implements IterableIterator<PlacedLine> {
  readonly #batch: readonly RawLine[];
  readonly #mayMatter: ((bytes: Uint8Array) => boolean) | undefined;
  #isAtEnd: boolean;
  #index = 0;
  #last: PlacedLine | undefined;

  /** `isAtEnd` is true until the first whole line of the file. */
  constructor(
    batch: readonly RawLine[],
    { isAtEnd, mayMatter }: { isAtEnd: boolean; mayMatter: ((bytes: Uint8Array) => boolean) | undefined },
  ) {
    this.#batch = batch;
    this.#isAtEnd = isAtEnd;
    this.#mayMatter = mayMatter;
  }

  /** The line that was read last. */
  get last(): PlacedLine | undefined {
    return this.#last;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<PlacedLine, undefined> {
    while (this.#index < this.#batch.length) {
      const raw = this.#batch[this.#index] as RawLine;
      this.#index += 1;
      if (!this.#isAtEnd && this.#mayMatter?.(raw.bytes) === false) continue;
      const line = parseTranscriptLine(raw.bytes);
      if (!raw.terminated && isTorn(line)) continue;
      if (this.#isAtEnd && isOpenGroup(line)) continue;
      this.#isAtEnd = false;
      this.#last = { raw, line };
      return { value: this.#last, done: false };
    }
    return { value: undefined, done: true };
  }
}

/** Yields lines backward. Jumps over lines with greater numbers than `before` if there are many. */
async function* readLinesBefore(
  transcript: OpenTranscript,
  { before, limit }: MessageRange,
  mayMatter: ((bytes: Uint8Array) => boolean) | undefined,
): AsyncGenerator<WholeLines, void, undefined> {
  const firstBytes = Math.min(MAX_FIRST_BYTES, MIN_FIRST_BYTES + limit * MESSAGE_BYTES);
  const { index, size } = transcript;
  for await (const lines of readLinesBackward(transcript, { mayMatter, firstBytes })) {
    yield lines;
    const { raw, line } = lines.last ?? {};
    if (before === undefined || !raw || !index || size - raw.offset <= index.nearBytes) continue;
    if (line?.kind !== "entry" || line.entry.seq < before) continue;
    const end = await index.endBefore(before);
    if (end === undefined || end >= raw.offset) continue;
    yield* readLinesBackward(transcript, { mayMatter, end });
    return;
  }
}

/**
 * Returns the offset of the lines with greater numbers; 0 if lines of the legacy format make that
 * uncertain.
 */
async function offsetAfter(transcript: OpenTranscript, after: number): Promise<number> {
  const { index, size } = transcript;
  for await (const lines of readLinesBackward(transcript)) {
    for (const { raw, line } of lines) {
      if (line.kind === "legacy") return 0;
      if (line.kind === "entry" && line.entry.seq <= after) return raw.end;
      if (!index || size - raw.offset <= index.nearBytes) continue;
      return (await index.startAfter(after)) ?? 0;
    }
  }
  return 0;
}

/** Reads a file of the legacy format. Its lines are counted from the start. */
async function readLastMessagesForward(
  transcript: OpenTranscript,
  range: MessageRange,
): Promise<MessageEntry[]> {
  const messages: MessageEntry[] = [];
  for await (const entry of readEntries(transcript, {})) {
    if (!isWithin(range, entry)) continue;
    messages.push(entry);
    if (messages.length > range.limit) messages.shift();
  }
  return messages;
}

function isWithin(
  { before = Number.POSITIVE_INFINITY, role }: MessageRange,
  entry: Entry,
): entry is MessageEntry {
  return isMessageEntry(entry) && entry.seq < before && (role === undefined || entry.role === role);
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function entryOf(line: TranscriptLine): Entry | undefined {
  return line.kind === "entry" ? line.entry : undefined;
}

function isOpenGroup(line: TranscriptLine): boolean {
  return line.kind === "entry" && (line.marks.groupRest ?? 0) > 0;
}

/** Returns true for a last line without line feed that is no whole line. */
function isTorn(line: TranscriptLine): boolean {
  return line.kind === "damaged" || line.kind === "blank";
}

/**
 * Reads the idempotency keys of the newest entries. Reads a group that begins before them whole,
 * because its digest is of all its messages.
 */
export function readKeys(transcript: OpenTranscript): Promise<RememberedKeys> {
  return collectKeys(newestLines(transcript));
}

async function* newestLines(transcript: OpenTranscript): AsyncGenerator<TranscriptLine> {
  for await (const lines of readLinesBackward(transcript)) for (const { line } of lines) yield line;
}
