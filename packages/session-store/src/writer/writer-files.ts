import { dirname } from "node:path";
import type { MessageEntry, SessionHeader } from "@mini-openclaw/protocol";
import { isMessageEntry } from "@mini-openclaw/protocol";
import { AppendFile } from "../files/append-file.ts";
import type { FileSystem } from "../files/file-system.ts";
import type { SessionPaths } from "../files/session-paths.ts";
import { unlinkQuietly } from "../files/small-file.ts";
import type { WriterLock } from "../files/writer-lock.ts";
import type { Segment } from "../format/session-lines.ts";
import type { Summary } from "../format/summary.ts";
import { formatLine } from "../format/transcript-line.ts";
import { reason, StoreError } from "../model/errors.ts";
import { type KeyedAppend, RememberedKeys } from "../recent/remembered-keys.ts";
import { BlobFolder } from "../transcript/blob-folder.ts";
import { writeCheckpoint } from "../transcript/checkpoint.ts";
import { readEntries, readKeys } from "../transcript/transcript-reader.ts";
import { LiveJournal } from "./live-journal.ts";
import { Ownership } from "./ownership.ts";
import { SharedRuns } from "./syncs.ts";

/** The files of a session when its writer is opened. */
export interface OpenedFiles {
  readonly fs: FileSystem;
  readonly paths: SessionPaths;
  /** Absent until the first entry of a new session. */
  readonly lock?: WriterLock;
  readonly transcript?: AppendFile;
  readonly journal?: AppendFile;
  /** Acquires the lock of a session that has no file yet. */
  acquireLock: () => WriterLock;
  /** Resolves when the names in the folder survive a power failure. Writers share its syncs. */
  syncNames: () => Promise<void>;
}

/** The files of the session's one writer: transcript, live journal and lock. */
export class WriterFiles {
  readonly #opened: OpenedFiles;
  readonly #syncs = new SharedRuns(() => this.#syncNow());
  readonly #ownership: Ownership;
  readonly #journal: LiveJournal;
  #transcript: AppendFile | undefined;
  /** The size of the transcript at the last checkpoint of this writer. */
  #checkpointSize = 0;
  /** False for a transcript that is there too. Its writer may not have synced its name. */
  #isNameSynced = false;
  #keys: Promise<RememberedKeys> | undefined;

  constructor(opened: OpenedFiles) {
    this.#opened = opened;
    this.#ownership = new Ownership(opened.acquireLock, opened.lock);
    this.#journal = new LiveJournal(() => this.#create(opened.paths.journal), opened.journal);
    this.#transcript = opened.transcript;
  }

  get fs(): FileSystem {
    return this.#opened.fs;
  }

  get transcript(): AppendFile | undefined {
    return this.#transcript;
  }

  /** True while the live journal is in use. */
  get isLive(): boolean {
    return this.#journal.isLive;
  }

  /** The idempotency keys of the newest entries. Read once, on first use. */
  keys(): Promise<RememberedKeys> {
    this.#keys ??= this.#readKeys().catch((error) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  /** Returns the messages of an append that is in the transcript. */
  async readMessages({ firstSeq, lastSeq }: KeyedAppend): Promise<MessageEntry[]> {
    const messages: MessageEntry[] = [];
    if (!this.#transcript) return messages;
    const { fd, size } = this.#transcript;
    for await (const entry of readEntries({ fs: this.fs, fd, size }, { after: firstSeq - 1 })) {
      if (entry.seq > lastSeq) break;
      if (isMessageEntry(entry)) messages.push(entry);
    }
    return messages;
  }

  /**
   * Returns true while lock and transcript are this writer's. Acquires the lock before the first
   * entry.
   */
  isOwn(what: "kept" | "live"): boolean {
    return this.#ownership.isOwn(this.#transcript, what);
  }

  /**
   * Saves a blob. The journal marks the session, so that the next opening collects the blob if its
   * line is missing.
   */
  saveBlob(bytes: Uint8Array, options: { isDurable: boolean }): Promise<string> {
    this.beginLive();
    const { fs, paths } = this.#opened;
    return new BlobFolder(fs, paths.folder, paths.sessionId).save(bytes, options);
  }

  /** Begins the live journal. */
  beginLive(): void {
    this.#journal.begin();
  }

  /** Ends the live journal. */
  endLive(): void {
    this.#journal.end();
  }

  /**
   * Writes segments in order, after the header if there is one. Undoes all of them if one fails.
   * `undone` is true if that worked.
   */
  append(segments: readonly Segment[], header: SessionHeader | undefined): AppendFailure | undefined {
    const transcriptSize = this.#transcript?.size ?? 0;
    const journalSize = this.#journal.size;
    let head = header ? formatLine(header) : "";
    let lines = "";
    try {
      // No iterator, because pieces of text are many.
      for (let index = 0; index < segments.length; index += 1) {
        const segment = segments[index] as Segment;
        lines += segment.lines;
        // Neighbours that go to the same file are one write.
        if (segments[index + 1]?.file === segment.file) continue;
        if (segment.file === "journal") {
          this.#journal.append(lines);
        } else {
          this.#transcript ??= this.#create(this.#opened.paths.transcript);
          this.#transcript.append(head + lines);
          head = "";
        }
        lines = "";
      }
      return undefined;
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      const undone = [this.#transcript?.truncate(transcriptSize), this.#journal.truncate(journalSize)];
      return { error, undone: !undone.includes(false) };
    }
  }

  /**
   * Resolves when the bytes written so far, and the names that lead to them, survive a power
   * failure.
   */
  sync(): Promise<void> {
    return this.#syncs.run();
  }

  /** Saves the cache of the summary, if the transcript has grown by so many bytes since. */
  saveCheckpoint(summary: Summary, minGrowth = 1): void {
    const { fs, paths } = this.#opened;
    if (!this.#transcript || this.#transcript.size - this.#checkpointSize < minGrowth) return;
    const { fd, size } = this.#transcript;
    // On ext4, a rename over a file waits for the disk, which blocks for milliseconds. So the old
    // cache is removed first, unless it is the only file with the key, as in the legacy format.
    if (summary.numbered) unlinkQuietly(fs, paths.meta);
    writeCheckpoint(paths, { fs, fd, size }, { summary, bytes: size });
    this.#checkpointSize = size;
  }

  /** Closes the files and releases the lock. `beforeRelease` runs between the two. */
  close(beforeRelease: () => void): void {
    try {
      if (this.#ownership.isHeld()) this.#journal.remove(this.fs);
      this.#journal.close();
      this.#transcript?.close();
      beforeRelease();
    } finally {
      this.#ownership.release();
    }
  }

  async #readKeys(): Promise<RememberedKeys> {
    const { transcript, fs } = this;
    if (!transcript) return new RememberedKeys();
    return readKeys({ fs, fd: transcript.fd, size: transcript.size });
  }

  async #syncNow(): Promise<void> {
    const transcript = this.#transcript;
    if (!transcript) return;
    await transcript.sync();
    if (this.#isNameSynced) return;
    const { syncNames, paths } = this.#opened;
    try {
      await syncNames();
      this.#isNameSynced = true;
    } catch (cause) {
      throw new StoreError("WRITE_FAILED", `Cannot sync ${paths.folder}: ${reason(cause)}.`, { cause });
    }
  }

  #create(path: string): AppendFile {
    const { fs } = this.#opened;
    try {
      // The folder of live journals may be deleted at any time.
      fs.makeDirectory(dirname(path));
      return new AppendFile(fs, path, { create: true });
    } catch (cause) {
      if (StoreError.is(cause)) throw cause;
      throw new StoreError("WRITE_FAILED", `Cannot create ${path}: ${reason(cause)}.`, { cause });
    }
  }
}

/** The error of an append. `undone` is true if nothing of it is left. */
export interface AppendFailure {
  readonly error: Error;
  readonly undone: boolean;
}
