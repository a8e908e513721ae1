import type { FileSystem } from "./file-system.ts";

/** One line of a file, without its line feed. */
export interface RawLine {
  readonly offset: number;
  /** The offset of the next line. */
  readonly end: number;
  readonly bytes: Uint8Array;
  /** True if a line feed ends the line. Only the last line of a file may lack one. */
  readonly terminated: boolean;
}

// 64 KiB: measured best for the last 50 of 100 MB. A page of messages mostly fits into one read.
const CHUNK_BYTES = 65_536;
const LINE_FEED = 0x0a;

/** Yields the lines between two offsets, first to last, as many at a time as one read brings. */
export async function* scanForward(
  fs: FileSystem,
  fd: number,
  { start, end }: { start: number; end: number },
): AsyncGenerator<RawLine[], void, undefined> {
  let parts: Uint8Array[] = [];
  let offset = start;
  let position = start;
  while (position < end) {
    const chunk = await readChunk(fs, fd, position, Math.min(CHUNK_BYTES, end - position));
    if (chunk.length === 0) break;
    const lines: RawLine[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LINE_FEED); at !== -1; at = chunk.indexOf(LINE_FEED, from)) {
      const bytes = joined(parts, chunk.subarray(from, at));
      const next = position + at + 1;
      lines.push({ offset, end: next, bytes, terminated: true });
      parts = [];
      offset = next;
      from = at + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
    position += chunk.length;
    if (lines.length > 0) yield lines;
  }
  if (parts.length > 0) yield [{ offset, end: position, bytes: joined(parts), terminated: false }];
}

/**
 * Yields the lines before an offset, last to first, as many at a time as one read brings. Read each
 * batch to its end before the next one, or stop. Holds one line and one chunk at a time.
 */
export async function* scanBackward(
  fs: FileSystem,
  fd: number,
  { end }: { end: number },
): AsyncGenerator<Iterable<RawLine>, void, undefined> {
  const open: OpenLine = { parts: [], end, terminated: false };
  for (let position = end; position > 0; ) {
    const start = Math.max(0, position - CHUNK_BYTES);
    const length = position - start;
    // The end of a file is mostly in memory. A thread costs more than such a read.
    const isEnd = position === end;
    yield linesBackward(
      isEnd ? readChunkNow(fs, fd, start, length) : await readChunk(fs, fd, start, length),
      start,
      open,
    );
    position = start;
  }
  const { parts, terminated } = open;
  if (open.end > 0) yield [{ offset: 0, end: open.end, bytes: joined(parts.reverse()), terminated }];
}

/** The line whose beginning is before the chunks that were read. */
interface OpenLine {
  /** The bytes that were read, last to first. */
  parts: Uint8Array[];
  end: number;
  terminated: boolean;
}

function* linesBackward(chunk: Buffer, start: number, open: OpenLine): Generator<RawLine> {
  let to = chunk.length;
  for (
    let at = chunk.lastIndexOf(LINE_FEED);
    at !== -1;
    at = to === 0 ? -1 : chunk.lastIndexOf(LINE_FEED, to - 1)
  ) {
    const offset = start + at + 1;
    const { end, terminated } = open;
    const bytes = joined(open.parts.reverse(), chunk.subarray(at + 1, to), "first");
    open.parts = [];
    open.end = offset;
    open.terminated = true;
    to = at;
    if (offset < end) yield { offset, end, bytes, terminated };
  }
  if (to > 0) open.parts.push(chunk.subarray(0, to));
}

/** Reads a chunk at once. */
function readChunkNow(fs: FileSystem, fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = fs.readNow(fd, buffer.subarray(filled), position + filled);
    if (count === 0) break; // its writer cut the file meanwhile
    filled += count;
  }
  return buffer.subarray(0, filled);
}

async function readChunk(fs: FileSystem, fd: number, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = await fs.read(fd, buffer.subarray(filled), position + filled);
    if (count === 0) break; // its writer cut the file meanwhile
    filled += count;
  }
  return buffer.subarray(0, filled);
}

/** Joins the parts of a line with its `first` or last part. */
function joined(parts: Uint8Array[], part?: Uint8Array, side: "first" | "last" = "last"): Uint8Array {
  if (part) {
    if (parts.length === 0) return part;
    return Buffer.concat(side === "first" ? [part, ...parts] : [...parts, part]);
  }
  return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
}
