import type { FileSystem } from "../files/file-system.ts";
import { readIndex, type SessionLine } from "./index-file.ts";

/** The progress of reading an index file. */
interface IndexProgress {
  readonly ino: number;
  offset: number;
  lines: number;
  /** The stamp of the last line, if that is one. */
  stamp?: string | undefined;
  /** The text of the last mark. */
  mark?: string | undefined;
  /** True after lines that cannot be understood. */
  isDamaged?: boolean;
}

/**
 * Reads an index file from where its last read ended. Another file under its name is read whole.
 */
export class IndexReader {
  readonly #fs: FileSystem;
  readonly #path: string;
  #read: IndexProgress = { ino: 0, offset: 0, lines: 0 };

  constructor(fs: FileSystem, path: string) {
    this.#fs = fs;
    this.#path = path;
  }

  /** The progress so far. */
  get progress(): Readonly<IndexProgress> {
    return this.#read;
  }

  /** Returns true if the file has bytes that were not read. */
  hasMore(): boolean {
    const stat = this.#fs.pathStat(this.#path);
    return stat !== undefined && (stat.ino !== this.#read.ino || stat.size > this.#read.offset);
  }

  /** Calls `use` with each new line of a session. */
  async readOn(use: (line: SessionLine) => void): Promise<void> {
    const ino = this.#fs.pathStat(this.#path)?.ino ?? 0;
    if (ino !== this.#read.ino) this.#read = { ino, offset: 0, lines: 0 };
    const read = this.#read;
    for await (const { lines, end, isWhole } of readIndex(this.#fs, this.#path, read.offset)) {
      read.offset = end;
      read.lines += lines.length;
      read.isDamaged ||= !isWhole;
      for (const line of lines) {
        read.stamp = "folders" in line ? line.folders : undefined;
        if ("complete" in line) read.mark = line.complete;
        else if ("sessionId" in line) use(line);
      }
    }
  }

  /** Makes the next read begin at the start, after the file was replaced. */
  restart(): void {
    this.#read = { ino: this.#fs.pathStat(this.#path)?.ino ?? 0, offset: 0, lines: 0 };
  }
}
