import type { AppendFile } from "../files/append-file.ts";
import type { FileSystem } from "../files/file-system.ts";
import { unlinkQuietly } from "../files/small-file.ts";

/**
 * The file of a session's live events. It exists while a run is open, and is emptied when the
 * session settles.
 */
export class LiveJournal {
  readonly #create: () => AppendFile;
  #file: AppendFile | undefined;
  #isLive: boolean;

  constructor(create: () => AppendFile, file: AppendFile | undefined) {
    this.#create = create;
    this.#file = file;
    this.#isLive = file !== undefined;
  }

  /** True while the journal is in use. */
  get isLive(): boolean {
    return this.#isLive;
  }

  get size(): number {
    return this.#file?.size ?? 0;
  }

  /** Begins the journal. The file marks the session as busy for the next process. */
  begin(): void {
    if (this.#isLive) return;
    // The file of the last run, unless somebody removed it.
    if (this.#file?.isIntact() === false) this.close();
    this.#file ??= this.#create();
    this.#isLive = true;
  }

  append(lines: string): void {
    this.#file?.append(lines);
  }

  /** Cuts the file. Returns false if that failed. */
  truncate(size: number): boolean {
    return this.#file?.truncate(size) ?? true;
  }

  /**
   * Ends the journal. Its file stays for the next run, because creating one costs more than all
   * writes of a run.
   */
  end(): void {
    this.#isLive = false;
    // If the cut fails, the next opening reads the events, and finds no open run.
    this.#file?.truncate(0);
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** Removes the file, unless it is in use. */
  remove(fs: FileSystem): void {
    if (this.#file && !this.#isLive) unlinkQuietly(fs, this.#file.path);
  }
}
