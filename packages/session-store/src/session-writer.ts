import type {
  Entry,
  Message,
  MessageEntry,
  Numbered,
  SessionEvent,
  SessionHeader,
} from "@mini-openclaw/protocol";
import { TRANSCRIPT_VERSION, toEntry } from "@mini-openclaw/protocol";
import { AppendFile } from "./append-file.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { reason, StoreError } from "./errors.ts";
import type { FileSystem } from "./file-system.ts";
import { toMessageEntry } from "./message-entry.ts";
import { numberEvent, RecentEvents } from "./recent-events.ts";
import type { SessionPaths } from "./session-paths.ts";
import { nextSummary, type Summary } from "./summary.ts";
import { formatLine } from "./transcript-line.ts";
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
}

// I7 of the README: how long a writer may trust that its files are still its own.
const CHECK_EVERY_MS = 50;

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
  #unsynced = 0;
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

  get isClosed(): boolean {
    return this.#gone !== undefined;
  }

  record(events: readonly SessionEvent[]): Numbered[] | Promise<Numbered[]> {
    this.#assertOwner();
    const numbered = events.map((event, index) =>
      numberEvent(event, this.sessionId, this.#lastSeq + 1 + index),
    );
    const entries = numbered.map(({ event }) => toEntry(event));
    const inRun = events.some((event) => "runId" in event);
    // The next start looks at sessions with a journal only: it is there before the first line of a run.
    if (inRun) this.#journal ??= this.#openJournal();
    this.#append(toSegments(numbered, entries), entries, this.#lastSeq + numbered.length);
    this.#busy ||= inRun;
    if (this.#unsynced > 0 || (this.#start.durability === "disk" && entries.some(Boolean))) {
      return this.#synced(() => this.#show(numbered));
    }
    return this.#show(numbered);
  }

  /** Appends messages outside a run, in one write. */
  append(messages: readonly Message[]): MessageEntry[] | Promise<MessageEntry[]> {
    this.#assertOwner();
    const entries = messages.map((message, index) => toMessageEntry(message, this.#lastSeq + 1 + index));
    const lines = entries.map(formatLine).join("");
    this.#append([{ kept: true, lines }], entries, this.#lastSeq + entries.length);
    const show = () => {
      this.#shownSeq = Math.max(this.#shownSeq, entries.at(-1)?.seq ?? 0);
      return entries;
    };
    return this.#start.durability === "disk" ? this.#synced(show) : show();
  }

  /** Drops the live events, unless one of them holds the newest number. */
  settle(): void {
    this.#assertOwner();
    this.#busy = false;
    if (!this.#journal || this.#summary.lastSeq < this.#lastSeq) return;
    const { fs, paths } = this.#start;
    this.#journal.close();
    this.#journal = undefined;
    unlinkIfThere(fs, paths.journal);
    this.#saveCheckpoint();
  }

  /** Waits for what is under way, then gives up the files and the lock. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#gone ??= new StoreError("LOG_CLOSED", `session ${this.sessionId}: the log is closed`);
    this.recent.wake();
    if (this.#unsynced > 0) await this.#transcript?.sync().catch(() => {}); // those who wait hear of it
    if (!this.#journal && this.#gone.code === "LOG_CLOSED") this.#saveCheckpoint();
    this.#journal?.close();
    this.#transcript?.close();
    this.#lock?.release();
  }

  #show(numbered: Numbered[]): Numbered[] {
    this.#shownSeq = Math.max(this.#shownSeq, numbered.at(-1)?.event.seq ?? 0);
    this.recent.push(numbered);
    return numbered;
  }

  async #synced<T>(show: () => T): Promise<T> {
    this.#unsynced += 1;
    try {
      await this.#transcript?.sync();
      return show();
    } finally {
      this.#unsynced -= 1;
    }
  }

  /** Writes whole batches in order; a failure takes back all of it. */
  #append(segments: readonly Segment[], entries: readonly (Entry | undefined)[], lastSeq: number): void {
    const before = { transcript: this.#transcript?.size ?? 0, journal: this.#journal?.size ?? 0 };
    const summary = this.#summary;
    try {
      for (const { kept, lines } of segments) {
        if (kept) this.#appendKept(lines);
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
    this.#transcript ??= this.#createTranscript();
    this.#transcript.append(formatLine(header) + lines);
    this.#summary = nextSummary(this.#summary, { kind: "header", header });
  }

  #createTranscript(): AppendFile {
    const { fs, paths } = this.#start;
    return opened(() => new AppendFile(fs, paths.transcript, { create: true }), paths.transcript);
  }

  #openJournal(): AppendFile {
    const { fs, paths } = this.#start;
    return opened(() => new AppendFile(fs, paths.journal, { create: true }), paths.journal);
  }

  #assertOwner(): void {
    if (this.#gone) throw this.#gone;
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

  #saveCheckpoint(): void {
    const { fs, paths } = this.#start;
    if (!this.#transcript) return;
    const { fd, size } = this.#transcript;
    writeCheckpoint(paths, { fs, fd, size }, { summary: this.#summary, bytes: size });
  }
}

/** The header of a transcript: its first line, or the line by which a file of the tutorial's code is adopted. */
export function toHeader({ meta, lastSeq, epoch }: Summary): SessionHeader {
  const { sessionId, key, createdAt, owner, forkedFrom } = meta;
  return {
    type: "session",
    v: TRANSCRIPT_VERSION,
    sessionId,
    key,
    createdAt,
    ...(owner !== undefined && { owner }),
    ...(forkedFrom !== undefined && { forkedFrom }),
    ...(epoch !== "0" && { epoch }),
    ...(lastSeq > 0 && { lastSeq }),
  };
}

interface Segment {
  readonly kept: boolean;
  readonly lines: string;
}

/** Neighbours that go to the same file are one write; the order between the files is that of the numbers. */
function toSegments(numbered: readonly Numbered[], entries: readonly (Entry | undefined)[]): Segment[] {
  const segments: { kept: boolean; lines: string }[] = [];
  for (const [index, { json }] of numbered.entries()) {
    const entry = entries[index];
    const line = entry ? formatLine(entry) : `${json}\n`;
    const last = segments.at(-1);
    if (last && last.kept === Boolean(entry)) last.lines += line;
    else segments.push({ kept: Boolean(entry), lines: line });
  }
  return segments;
}

function opened(open: () => AppendFile, path: string): AppendFile {
  try {
    return open();
  } catch (cause) {
    if (StoreError.is(cause)) throw cause;
    throw new StoreError("WRITE_FAILED", `cannot create ${path}: ${reason(cause)}`, { cause });
  }
}

function unlinkIfThere(fs: FileSystem, path: string): void {
  try {
    fs.unlink(path);
  } catch {
    // What stays is read at the next opening, and found to be over.
  }
}
