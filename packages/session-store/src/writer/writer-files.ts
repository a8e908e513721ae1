import { dirname } from "node:path";
import type { MessageEntry, SessionHeader } from "@mini-openclaw/protocol";
import { isMessageEntry } from "@mini-openclaw/protocol";
import { AppendFile } from "../files/append-file.ts";
import { writeCheckpoint } from "../transcript/checkpoint.ts";
import { reason, StoreError } from "../model/errors.ts";
import type { FileSystem } from "../files/file-system.ts";
import { type KeyedAppend, RememberedKeys } from "../recent/remembered-keys.ts";
import type { Segment } from "../format/session-lines.ts";
import type { SessionPaths } from "../files/session-paths.ts";
import { SharedRuns } from "./shared-runs.ts";
import { unlinkQuietly } from "../files/small-file.ts";
import type { Summary } from "../format/summary.ts";
import { formatLine } from "../format/transcript-line.ts";
import { readEntries, readKeys } from "../transcript/transcript-reader.ts";
import type { WriterLock } from "../locks/writer-lock.ts";

/** A session's files as its opening found them. */
export interface OpenedFiles {
  readonly fs: FileSystem;
  readonly paths: SessionPaths;
  /** Absent until the first entry of a new session. */
  readonly lock?: WriterLock;
  readonly transcript?: AppendFile;
  readonly journal?: AppendFile;
  /** Takes the lock of a session that is not on disk yet. */
  acquireLock: () => WriterLock;
}

// I7 of the README: how long a writer may trust that its files are still its own.
const CHECK_EVERY_MS = 50;

/** The files of the session's one writer: transcript, live journal and lock. */
export class WriterFiles {
  readonly #opened: OpenedFiles;
  readonly #syncs = new SharedRuns(() => this.#syncNow());
  #lock: WriterLock | undefined;
  #transcript: AppendFile | undefined;
  #journal: AppendFile | undefined;
  #isLive: boolean;
  /** What this writer's last checkpoint covers. */
  #checkpointSize: number | undefined;
  #isNameSynced: boolean;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #keys: Promise<RememberedKeys> | undefined;

  constructor(opened: OpenedFiles) {
    this.#opened = opened;
    this.#lock = opened.lock;
    this.#transcript = opened.transcript;
    this.#journal = opened.journal;
    this.#isLive = opened.journal !== undefined;
    this.#isNameSynced = opened.transcript !== undefined;
  }

  get fs(): FileSystem {
    return this.#opened.fs;
  }

  get transcript(): AppendFile | undefined {
    return this.#transcript;
  }

  /** Whether the live journal was begun and not ended. */
  get isLive(): boolean {
    return this.#isLive;
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

  /** Whether lock and transcript are still this writer's. Takes the lock before the first entry. */
  isOwn(): boolean {
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_EVERY_MS) return true;
    this.#lock ??= this.#opened.acquireLock();
    try {
      if (!this.#lock.isHeld() || this.#transcript?.isIntact() === false) return false;
    } catch (cause) {
      const { lock } = this.#opened.paths;
      throw new StoreError("WRITE_FAILED", `cannot look at ${lock}: ${reason(cause)}`, { cause });
    }
    this.#checkedAt = now;
    return true;
  }

  /** Begins the live journal; from here on a file says that the session may be busy. */
  beginLive(): void {
    if (this.#isLive) return;
    // The file of the run before, unless somebody has tidied it up meanwhile.
    if (this.#journal?.isIntact() === false) this.#closeJournal();
    this.#journal ??= this.#create(this.#opened.paths.journal);
    this.#isLive = true;
  }

  /** Ends the live journal. Its file stays for the next run: to make one costs more than all else that a run writes. */
  endLive(): void {
    this.#isLive = false;
    // What cannot be cut off is read at the next opening, and found to be over.
    this.#journal?.truncate(0);
  }

  /**
   * Writes segments in order, a header before the first kept line if there is one. A failure takes back all of them;
   * `undone` says whether that worked.
   */
  append(segments: readonly Segment[], header: SessionHeader | undefined): AppendFailure | undefined {
    const transcriptSize = this.#transcript?.size ?? 0;
    const journalSize = this.#journal?.size ?? 0;
    let head = header ? formatLine(header) : "";
    let lines = "";
    try {
      for (const [index, segment] of segments.entries()) {
        lines += segment.lines;
        // Neighbours that go to the same file are one write.
        if (segments[index + 1]?.file === segment.file) continue;
        if (segment.file === "journal") {
          this.#journal?.append(lines);
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
      const undone = [this.#transcript?.truncate(transcriptSize), this.#journal?.truncate(journalSize)];
      return { error, undone: !undone.includes(false) };
    }
  }

  /** Resolves when the bytes written so far, and the names that lead to them, survive a power failure. */
  sync(): Promise<void> {
    return this.#syncs.run();
  }

  /** Writes the cache of what the transcript adds up to, if it has grown since. */
  saveCheckpoint(summary: Summary): void {
    const { fs, paths } = this.#opened;
    if (!this.#transcript || this.#transcript.size === this.#checkpointSize) return;
    const { fd, size } = this.#transcript;
    // A file that takes the name of another is written out first, on ext4: for milliseconds nothing else goes on. What was
    // there when the session was opened may be the only place of its key; what this writer made is a cache.
    if (this.#checkpointSize !== undefined) unlinkQuietly(fs, paths.meta);
    writeCheckpoint(paths, { fs, fd, size }, { summary, bytes: size });
    this.#checkpointSize = size;
  }

  /** Gives up the files and the lock; `beforeRelease` comes between the two. */
  close(beforeRelease: () => void): void {
    try {
      const { fs, paths } = this.#opened;
      if (this.#journal && !this.#isLive && this.#lock?.isHeld()) unlinkQuietly(fs, paths.journal);
      this.#closeJournal();
      this.#transcript?.close();
      beforeRelease();
    } finally {
      this.#lock?.release();
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
    const { fs, paths } = this.#opened;
    try {
      await fs.syncDirectory(paths.folder);
      await fs.syncDirectory(dirname(paths.folder));
      this.#isNameSynced = true;
    } catch (cause) {
      throw new StoreError("WRITE_FAILED", `cannot sync ${paths.folder}: ${reason(cause)}`, { cause });
    }
  }

  #closeJournal(): void {
    this.#journal?.close();
    this.#journal = undefined;
  }

  #create(path: string): AppendFile {
    const { fs } = this.#opened;
    try {
      // The folder of live journals may be deleted at any time.
      fs.makeDirectory(dirname(path));
      return new AppendFile(fs, path, { create: true });
    } catch (cause) {
      if (StoreError.is(cause)) throw cause;
      throw new StoreError("WRITE_FAILED", `cannot create ${path}: ${reason(cause)}`, { cause });
    }
  }
}

/** Why an append failed, and whether nothing of it is left. */
export interface AppendFailure {
  readonly error: Error;
  readonly undone: boolean;
}
