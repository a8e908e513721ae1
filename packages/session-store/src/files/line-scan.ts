import type { FileSystem } from "./file-system.ts";

/** One line of a file, without its line feed. */
export interface RawLine {
  readonly offset: number;
  /** The offset of the next line. */
  readonly end: number;
  readonly bytes: Buffer;
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
  let parts: Buffer[] = [];
  let offset = start;
  let position = start;
  while (position < end) {
    const chunk = await fill(fs, fd, position, Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - position)));
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
 * Yields the lines before an offset, last to first, as many at a time as one read brings. The first
 * read has `firstBytes`, at most 64 KiB. Holds one line and one chunk at a time.
 *
 * The bytes of a line are valid until the next batch, or until the scan is left.
 */
export async function* scanBackward(
  fs: FileSystem,
  fd: number,
  { end, firstBytes = CHUNK_BYTES }: { end: number; firstBytes?: number },
): AsyncGenerator<readonly RawLine[], void, undefined> {
  const open: OpenLine = { parts: [], end, terminated: false };
  const spare = spares.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  try {
    for (let position = end; position > 0; ) {
      const isFirst = position === end;
      const start = Math.max(0, position - (isFirst ? firstBytes : CHUNK_BYTES));
      const length = position - start;
      // The end of a file is mostly in memory. A thread costs more than such a read.
      const isNearEnd = end - position < CHUNK_BYTES;
      const buffer = isFirst ? spare.subarray(0, length) : Buffer.allocUnsafe(length);
      const chunk = isNearEnd ? fillNow(fs, fd, start, buffer) : await fill(fs, fd, start, buffer);
      yield linesBackward(chunk, start, open);
      position = start;
    }
    const { parts, terminated } = open;
    if (open.end > 0) yield [{ offset: 0, end: open.end, bytes: joined(parts.reverse()), terminated }];
  } finally {
    if (spares.length < MAX_SPARES) spares.push(spare);
  }
}

/**
 * Buffers for first reads. A new one for each page of messages costs as much as the read, because
 * the engine collects garbage for the memory outside its heap.
 */
const spares: Buffer[] = [];
const MAX_SPARES = 4;

/** The line whose beginning is before the chunks that were read. */
interface OpenLine {
  /** The bytes that were read, last to first. */
  parts: Buffer[];
  end: number;
  terminated: boolean;
}

function linesBackward(chunk: Buffer, start: number, open: OpenLine): RawLine[] {
  const lines: RawLine[] = [];
  let to = chunk.length;
  for (
    let at = chunk.lastIndexOf(LINE_FEED);
    at !== -1;
    at = to === 0 ? -1 : chunk.lastIndexOf(LINE_FEED, to - 1)
  ) {
    const offset = start + at + 1;
    const { end, terminated } = open;
    const bytes = withFirstPart(open, chunk.subarray(at + 1, to));
    open.end = offset;
    open.terminated = true;
    to = at;
    if (offset < end) lines.push({ offset, end, bytes, terminated });
  }
  if (to > 0) open.parts.push(chunk.subarray(0, to));
  return lines;
}

/** Fills a buffer at once. Returns the part that was read. */
function fillNow(fs: FileSystem, fd: number, position: number, buffer: Buffer): Buffer {
  let filled = 0;
  while (filled < buffer.length) {
    const count = fs.readNow(fd, buffer.subarray(filled), position + filled);
    if (count === 0) break; // its writer cut the file meanwhile
    filled += count;
  }
  return buffer.subarray(0, filled);
}

async function fill(fs: FileSystem, fd: number, position: number, buffer: Buffer): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    const count = await fs.read(fd, buffer.subarray(filled), position + filled);
    if (count === 0) break; // its writer cut the file meanwhile
    filled += count;
  }
  return buffer.subarray(0, filled);
}

/** Joins the first part of a line with those that were read before. Mostly there are none. */
function withFirstPart(open: OpenLine, first: Buffer): Buffer {
  if (open.parts.length === 0) return first;
  const bytes = Buffer.concat([first, ...open.parts.reverse()]);
  open.parts = [];
  return bytes;
}

/** Joins the parts of a line. */
function joined(parts: Buffer[], last?: Buffer): Buffer {
  if (last && parts.length === 0) return last;
  const all = last ? [...parts, last] : parts;
  return all.length === 1 && all[0] ? all[0] : Buffer.concat(all);
}
