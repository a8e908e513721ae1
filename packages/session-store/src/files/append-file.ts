import { reason, StoreError } from "../model/errors.ts";
import { type FileSystem, openFlags } from "./file-system.ts";
import { openRegular } from "./regular-file.ts";

// 64 KiB: a failed sync is rare, and its memory should be small.
const REWRITE_BYTES = 65_536;
const NEWLINE = Buffer.from("\n");

/**
 * A file that only grows, kept open for its one writer.
 *
 * An append is whole or undone. If undoing fails too, the next append starts on a line of its own.
 * The bytes that are left then cost one damaged line and nothing else.
 */
export class AppendFile {
  readonly path: string;
  readonly #fs: FileSystem;
  readonly #fd: number;
  readonly #ino: number;
  #size: number;
  #needsNewline = false;
  /** The bytes that survive a power failure, because this writer synced them. */
  #syncedSize: number;
  #syncFailed = false;

  /** @throws StoreError `NOT_A_FILE`; system errors such as `ENOENT` unless `create` */
  constructor(fs: FileSystem, path: string, { create }: { create: boolean }) {
    this.path = path;
    this.#fs = fs;
    const { fd, ino, size } = openRegular(fs, path, create ? openFlags.appendOrCreate : openFlags.append);
    this.#fd = fd;
    this.#ino = ino;
    this.#size = size;
    this.#syncedSize = size;
  }

  get fd(): number {
    return this.#fd;
  }

  /** The size of the file, including bytes that a failed append could not undo. */
  get size(): number {
    return this.#size;
  }

  /** Appends whole lines in one write. @throws StoreError `WRITE_FAILED`, with nothing appended */
  append(lines: string | Uint8Array): void {
    try {
      this.#size += this.#writeAll(this.#needsNewline ? Buffer.concat([NEWLINE, toBytes(lines)]) : lines);
      this.#needsNewline = false;
    } catch (cause) {
      this.#undoTo(this.#size);
      throw new StoreError("WRITE_FAILED", `Cannot append to ${this.path}: ${reason(cause)}.`, { cause });
    }
  }

  /** Cuts the file. Returns true if that worked. */
  truncate(size: number): boolean {
    this.#undoTo(size);
    return this.#size === size;
  }

  /** Makes the next append begin on a line of its own. */
  startNewLine(): void {
    this.#needsNewline = true;
  }

  /** Returns true if the path still leads to this file, and nobody else appended to it. */
  isIntact(): boolean {
    const stat = this.#fs.pathStat(this.path);
    return stat !== undefined && stat.ino === this.#ino && stat.size === this.#size;
  }

  /** Resolves when all bytes that were appended before the call survive a power failure. */
  async sync(): Promise<void> {
    const size = this.#size;
    try {
      if (this.#syncFailed) await this.#rewrite(this.#syncedSize, size);
      await this.#fs.sync(this.#fd);
      this.#syncFailed = false;
      this.#syncedSize = size;
    } catch (cause) {
      this.#syncFailed = true;
      throw new StoreError("WRITE_FAILED", `Cannot sync ${this.path}: ${reason(cause)}.`, { cause });
    }
  }

  /** Closes the file. Call it once, when no other call is under way. */
  close(): void {
    this.#fs.close(this.#fd);
  }

  /**
   * Writes the bytes once more. After a failed sync the kernel marks the pages as written, although
   * they are not. A second sync would succeed and mean nothing
   * (https://wiki.postgresql.org/wiki/Fsync_Errors).
   */
  async #rewrite(start: number, end: number): Promise<void> {
    const { fd } = openRegular(this.#fs, this.path, openFlags.overwrite);
    try {
      const buffer = Buffer.alloc(REWRITE_BYTES);
      for (let position = start; position < end; ) {
        const count = await this.#fs.read(
          fd,
          buffer.subarray(0, Math.min(REWRITE_BYTES, end - position)),
          position,
        );
        if (count === 0) return;
        position += this.#fs.writeAt(fd, buffer.subarray(0, count), position);
      }
    } finally {
      this.#fs.close(fd);
    }
  }

  #writeAll(lines: string | Uint8Array): number {
    const length = Buffer.byteLength(lines);
    let written = this.#fs.write(this.#fd, lines);
    if (written === length) return length;
    // A short count has no error. A full disk returns one only at the next write.
    const bytes = toBytes(lines);
    while (written < length) {
      const count = this.#fs.write(this.#fd, bytes.subarray(written));
      if (count === 0) throw new Error("The disk is full.");
      written += count;
    }
    return length;
  }

  #undoTo(size: number): void {
    try {
      this.#fs.truncate(this.#fd, size);
      this.#size = size;
    } catch {
      // The caller throws the failed append. The next append begins on a line of its own.
      this.#needsNewline = true;
      this.#size = this.#currentSize();
    }
  }

  #currentSize(): number {
    try {
      return this.#fs.fileStat(this.#fd).size;
    } catch {
      return this.#size;
    }
  }
}

function toBytes(lines: string | Uint8Array): Uint8Array {
  return typeof lines === "string" ? Buffer.from(lines) : lines;
}
