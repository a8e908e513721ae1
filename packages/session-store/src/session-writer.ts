import { dirname } from "node:path";
import type {
  AppendOptions,
  Entry,
  Message,
  MessageEntry,
  Numbered,
  SessionEvent,
} from "@mini-openclaw/protocol";
import { toEntry } from "@mini-openclaw/protocol";
import { AppendFile } from "./append-file.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { reason, StoreError } from "./errors.ts";
import type { FileSystem } from "./file-system.ts";
import { assertExpected, toMessageEntry } from "./message-entry.ts";
import { numberEvent, RecentEvents } from "./recent-events.ts";
import type { RememberedKeys } from "./remembered-keys.ts";
import { type Segment, toGroup, toHeader, toSegments } from "./session-lines.ts";
import type { SessionPaths } from "./session-paths.ts";
import { nextSummary, type Summary } from "./summary.ts";
import { formatLine } from "./transcript-line.ts";
import { readKeys } from "./transcript-reader.ts";
import type { WriterLock } from "./writer-lock.ts";

/** When an append is acknowledged: handed to the operating system, or on the disk. */
export type Durability = "os" | "disk";

/** What a writer begins with; `session-opening.ts` finds it out. */
export interface WriterStart {
  readonly fs: FileSystem;
  readonly paths: SessionPaths;
  readonly durability: Durability;
  readonly summary: Summary;
  /** The newest number given, in the transcript or in the journal. */
  readonly lastSeq: number;
  /** Absent until the first entry of a new session. */
  readonly lock?: WriterLock;
  readonly transcript?: AppendFile;
  readonly journal?: AppendFile;
  /** Takes the lock of a session that is not on disk yet. */
  acquireLock: () => WriterLock;
  /** Hears of every entry that was kept. */
  onKept: (summary: Summary) => void;
  /** Hears of the last one before the writer gives up its place. */
  onClose: (summary: Summary) => void;
}

// I7 of the README: how long a writer may trust that its files are still its own.
const CHECK_EVERY_MS = 50;
// 16 MiB. Chosen: a thousand large messages; beyond it the disk is not keeping up.
const MAX_WAITING_CHARS = 16_777_216;

/** The one writer of a session: gives the numbers, keeps the lines, and tells the readers. */
export class SessionWriter {
  readonly sessionId: string;
  readonly recent: RecentEvents;
  readonly #start: WriterStart;
  #lock: WriterLock | undefined;
  #transcript: AppendFile | undefined;
  #journal: AppendFile | undefined;
  #summary: Summary;
  #lastSeq: number;
  #shownSeq: number;
  #keys: Promise<RememberedKeys> | undefined;
  #waiting = 0;
  #waitingChars = 0;
  #isNameSynced: boolean;
  #busy = false;
  #closed = false;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #gone: StoreError | undefined;

  constructor(start: WriterStart) {
    this.#start = start;
    this.sessionId = start.summary.meta.sessionId;
    this.#lock = start.lock;
    this.#transcript = start.transcript;
    this.#journal = start.journal;
    this.#isNameSynced = start.transcript !== undefined;
    this.#summary = start.summary;
    this.#lastSeq = start.lastSeq;
    this.#shownSeq = start.lastSeq;
    this.recent = new RecentEvents(start.lastSeq);
  }

  get summary(): Summary {
    return this.#summary;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The newest number that readers may be shown. */
  get shownSeq(): number {
    return this.#shownSeq;
  }

  /** Whether something runs or waits. */
  get isBusy(): boolean {
    return this.#busy;
  }

  /** Whether it gave up its place, or lost it. */
  get isClosed(): boolean {
    return this.#gone !== undefined;
  }

  record(events: readonly SessionEvent[]): Numbered[] | Promise<Numbered[]> {
    this.#assertReady();
    const next = this.#lastSeq + 1;
    const numbered = events.map((event, index) => numberEvent(event, this.sessionId, next + index));
    const entries = numbered.map(({ event }) => toEntry(event));
    const segments = toSegments(numbered, entries);
    const inRun = events.some((event) => "runId" in event);
    // The next start looks at sessions with a journal only: it is there before the first line of a run.
    if (inRun) this.#journal ??= this.#create(this.#start.paths.journal);
    this.#append(segments, entries, this.#lastSeq + numbered.length);
    this.#busy ||= inRun;
    const show = () => {
      this.#shownSeq = Math.max(this.#shownSeq, numbered.at(-1)?.event.seq ?? 0);
      this.recent.push(numbered);
      return numbered;
    };
    // A live event is not shown before the entries that it follows.
    const waits = this.#waiting > 0 || (this.#start.durability === "disk" && entries.some(Boolean));
    return waits ? this.#whenSynced(segments, show) : show();
  }

  /** Appends messages outside a run, in one piece. */
  async append(messages: readonly Message[], options: AppendOptions): Promise<MessageEntry[]> {
    const { idempotencyKey, expect, durability = this.#start.durability } = options;
    const keys = idempotencyKey === undefined ? undefined : await this.#rememberedKeys();
    this.#assertReady();
    const before = idempotencyKey === undefined ? undefined : keys?.find(idempotencyKey, messages);
    if (before) return durability === "disk" ? this.#whenSynced([], () => before) : before;
    assertExpected(expect, this.#lastSeq);
    const next = this.#lastSeq + 1;
    const entries = messages.map((message, index) => toMessageEntry(message, next + index));
    const group = toGroup(entries, idempotencyKey);
    this.#append([group], entries, this.#lastSeq + entries.length);
    if (idempotencyKey !== undefined) keys?.remember(idempotencyKey, entries);
    const show = () => {
      this.#shownSeq = Math.max(this.#shownSeq, entries.at(-1)?.seq ?? 0);
      return entries;
    };
    return durability === "disk" ? this.#whenSynced([group], show) : show();
  }

  /** Drops the live events, unless one of them holds the newest number. */
  settle(): void {
    this.#busy = false;
    if (!this.#journal || this.#summary.lastSeq < this.#lastSeq) return;
    this.#assertReady();
    this.#journal.close();
    this.#journal = undefined;
    try {
      this.#start.fs.unlink(this.#start.paths.journal);
    } catch {
      // What stays is read at the next opening, and found to be over.
    }
    this.#saveCheckpoint();
  }

  /** Waits for what is under way, then gives up the files and the lock; `beforeRelease` comes between the two. */
  async close(beforeRelease?: () => void): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#gone ??= new StoreError("LOG_CLOSED", `session ${this.sessionId}: the log is closed`);
    this.recent.wake();
    if (this.#waiting > 0) await this.#transcript?.sync().catch(() => {}); // those who wait hear of it
    if (!this.#journal && this.#gone.code === "LOG_CLOSED") this.#saveCheckpoint();
    this.#journal?.close();
    this.#transcript?.close();
    try {
      if (this.#transcript) this.#start.onClose(this.#summary);
      beforeRelease?.();
    } finally {
      this.#lock?.release();
    }
  }

  async #whenSynced<T>(segments: readonly Segment[], show: () => T): Promise<T> {
    const chars = segments.reduce((sum, { lines }) => sum + lines.length, 0);
    this.#waiting += 1;
    this.#waitingChars += chars;
    try {
      await this.#transcript?.sync();
      if (!this.#isNameSynced) await this.#syncName();
      return show();
    } finally {
      this.#waiting -= 1;
      this.#waitingChars -= chars;
    }
  }

  /** A new file survives a power failure only with its name, and that with the name of its folder. */
  async #syncName(): Promise<void> {
    const { fs, paths } = this.#start;
    try {
      await fs.syncDirectory(paths.folder);
      await fs.syncDirectory(dirname(paths.folder));
      this.#isNameSynced = true;
    } catch (cause) {
      throw new StoreError("WRITE_FAILED", `cannot sync ${paths.folder}: ${reason(cause)}`, { cause });
    }
  }

  /** Writes segments in order; a failure takes back all of them. */
  #append(segments: readonly Segment[], entries: readonly (Entry | undefined)[], lastSeq: number): void {
    const before = { transcript: this.#transcript?.size ?? 0, journal: this.#journal?.size ?? 0 };
    const summary = this.#summary;
    try {
      for (const { file, lines } of segments) {
        if (file === "transcript") this.#appendKept(lines);
        else this.#journal?.append(lines);
      }
    } catch (error) {
      this.#summary = summary;
      const undone = [this.#transcript?.truncate(before.transcript), this.#journal?.truncate(before.journal)];
      // Numbers that may still stand in a file are not given again.
      if (undone.includes(false)) this.#lastSeq = lastSeq;
      throw error;
    }
    this.#lastSeq = lastSeq;
    for (const entry of entries) {
      if (entry) this.#summary = nextSummary(this.#summary, { kind: "entry", entry, marks: {} });
    }
    if (this.#summary !== summary) this.#start.onKept(this.#summary);
  }

  #appendKept(lines: string): void {
    if (this.#transcript && this.#summary.numbered) return this.#transcript.append(lines);
    const header = toHeader(this.#summary);
    this.#transcript ??= this.#create(this.#start.paths.transcript);
    this.#transcript.append(formatLine(header) + lines);
    this.#summary = nextSummary(this.#summary, { kind: "header", header });
  }

  #create(path: string): AppendFile {
    try {
      return new AppendFile(this.#start.fs, path, { create: true });
    } catch (cause) {
      if (StoreError.is(cause)) throw cause;
      throw new StoreError("WRITE_FAILED", `cannot create ${path}: ${reason(cause)}`, { cause });
    }
  }

  /** @throws StoreError `LOG_CLOSED`, `SESSION_STOLEN`, `QUEUE_FULL`; `SESSION_LOCKED` before the first entry */
  #assertReady(): void {
    if (this.#gone) throw this.#gone;
    if (this.#waitingChars > MAX_WAITING_CHARS) {
      throw new StoreError("QUEUE_FULL", `session ${this.sessionId}: more than 16 MiB wait for the disk`);
    }
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_EVERY_MS) return;
    this.#lock ??= this.#start.acquireLock();
    if (!this.#lock.isHeld() || this.#transcript?.isIntact() === false) {
      this.#gone = new StoreError(
        "SESSION_STOLEN",
        `session ${this.sessionId}: its lock or its file was replaced or changed by somebody else`,
      );
      this.recent.wake();
      throw this.#gone;
    }
    this.#checkedAt = now;
  }

  #rememberedKeys(): Promise<RememberedKeys> {
    this.#keys ??= readKeys(this.#start.fs, this.#transcript).catch((error) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  #saveCheckpoint(): void {
    const { fs, paths } = this.#start;
    if (!this.#transcript) return;
    const { fd, size } = this.#transcript;
    writeCheckpoint(paths, { fs, fd, size }, { summary: this.#summary, bytes: size });
  }
}
