import type {
  AppendOptions,
  Entry,
  Message,
  MessageEntry,
  RecordedEvent,
  SessionEvent,
  SessionMeta,
} from "@mini-openclaw/protocol";
import { toEntry } from "@mini-openclaw/protocol";
import { type AppendBatch, type BatchItem, beginBatch } from "./append-batch.ts";
import { StoreError } from "./errors.ts";
import { assertExpected, toMessageEntry } from "./message-entry.ts";
import { numberEvent, RecentEvents } from "./recent-events.ts";
import { RecentMessages } from "./recent-messages.ts";
import type { RememberedKeys } from "./remembered-keys.ts";
import type { AppendFailure, SessionDisk } from "./session-disk.ts";
import { type Segment, toGroup, toHeader, toSegment } from "./session-lines.ts";
import { nextSummary, type Summary } from "./summary.ts";
import { readKeys } from "./transcript-reader.ts";
import type { WriterStart } from "./writer-start.ts";

// 16 MiB. Chosen: a thousand large messages; beyond it the disk is not keeping up.
const MAX_WAITING_CHARS = 16_777_216;

/** The one writer of a session: gives the numbers, keeps the lines, and tells the readers. */
export class SessionWriter {
  readonly sessionId: string;
  readonly recent: RecentEvents;
  readonly messages = new RecentMessages();
  readonly #start: WriterStart;
  readonly #disk: SessionDisk;
  #summary: Summary;
  #lastSeq: number;
  #shownSeq: number;
  /** The newest number that stands in a file. */
  #writtenSeq: number;
  #batch: AppendBatch | undefined;
  #keys: RememberedKeys | undefined;
  #syncing = 0;
  #waitingChars = 0;
  #busy = false;
  #closed = false;
  #gone: StoreError | undefined;

  constructor(start: WriterStart) {
    this.#start = start;
    this.#disk = start.disk;
    this.sessionId = start.summary.meta.sessionId;
    this.#summary = start.summary;
    this.#lastSeq = start.lastSeq;
    this.#shownSeq = start.lastSeq;
    this.#writtenSeq = start.lastSeq;
    this.recent = new RecentEvents(start.lastSeq);
  }

  /** What is known of the session, live events included. */
  get meta(): SessionMeta {
    return { ...this.#summary.meta, lastSeq: this.#lastSeq };
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The newest number that readers may be shown. */
  get shownSeq(): number {
    return this.#shownSeq;
  }

  get isArchived(): boolean {
    return this.#summary.meta.archived === true;
  }

  /** Whether something runs or waits. */
  get isBusy(): boolean {
    return this.#busy;
  }

  /** Whether it gave up its place, or lost it. */
  get isClosed(): boolean {
    return this.#gone !== undefined;
  }

  record(events: readonly SessionEvent[]): RecordedEvent[] | Promise<RecordedEvent[]> {
    this.#assertReady();
    this.#flush();
    const numbered: RecordedEvent[] = [];
    const entries: (Entry | undefined)[] = [];
    const segments: Segment[] = [];
    let inRun = false;
    for (const event of events) {
      const one = numberEvent(event, this.sessionId, this.#lastSeq + 1 + numbered.length);
      const entry = toEntry(one.event);
      numbered.push(one);
      entries.push(entry);
      segments.push(toSegment(one, entry));
      inRun ||= "runId" in event;
    }
    // The next start looks at sessions with a journal only: it is there before the first line of a run.
    if (inRun) this.#disk.beginLive();
    const failure = this.#keep(segments, entries);
    // Numbers that may stand in a file are not given again.
    if (!failure || !failure.undone) this.#lastSeq += numbered.length;
    this.#writtenSeq = this.#lastSeq;
    if (failure) throw failure.error;
    this.#busy ||= inRun;
    // A live event is not shown before the entries that it follows.
    const waits = this.#syncing > 0 || (this.#start.durability === "disk" && entries.some(Boolean));
    return waits ? this.#synced(segments).then(() => this.#show(numbered)) : this.#show(numbered);
  }

  /** Appends messages outside a run, in one piece. */
  async append(messages: readonly Message[], options: AppendOptions): Promise<MessageEntry[]> {
    const { idempotencyKey, expect, durability = this.#start.durability } = options;
    if (idempotencyKey !== undefined) await this.#loadKeys();
    this.#assertReady();
    // From here to `remember` nothing else comes between.
    if (idempotencyKey !== undefined && this.#keys?.find(idempotencyKey, messages)) {
      return this.#appendedBefore(idempotencyKey, messages, options);
    }
    assertExpected(expect, this.#lastSeq);
    if (messages.length === 0) return [];
    const { createId } = this.#start;
    const next = this.#lastSeq + 1;
    const entries = messages.map((message, index) => toMessageEntry(message, next + index, createId()));
    const item: BatchItem = { entries, segment: toGroup(entries, idempotencyKey) };
    this.#lastSeq += entries.length;
    const batch = (this.#batch ??= beginBatch(() => this.#flush()));
    batch.items.push(item);
    if (idempotencyKey !== undefined) this.#keys?.remember(idempotencyKey, entries);
    await batch.written;
    if (item.failure && idempotencyKey !== undefined) this.#keys?.forget(idempotencyKey);
    if (item.failure) throw item.failure.error;
    if (durability === "disk") {
      await (batch.synced ??= this.#synced(batch.items.map(({ segment }) => segment)));
    }
    this.#shownSeq = Math.max(this.#shownSeq, entries.at(-1)?.seq ?? 0);
    return entries;
  }

  /** Drops the live events, unless one of them holds the newest number. */
  settle(): void {
    this.#busy = false;
    if (!this.#disk.isLive) return;
    this.#assertReady();
    this.#flush();
    if (this.#summary.meta.lastSeq < this.#lastSeq) return;
    this.#disk.endLive();
    // Not now: the last words of a run are on their way to whoever waits for them.
    setImmediate(() => {
      if (!this.#gone) this.#saveCheckpoint();
    });
  }

  /** Waits for what is under way, then gives up the files and the lock; `beforeRelease` comes between the two. */
  async close(beforeRelease?: () => void): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#flush();
    this.#gone ??= new StoreError("LOG_CLOSED", `session ${this.sessionId}: the log is closed`);
    this.recent.wake();
    if (this.#syncing > 0) await this.#disk.sync().catch(() => {}); // those who wait hear of it
    const isOwn = this.#gone.code === "LOG_CLOSED";
    if (isOwn) this.#saveCheckpoint();
    this.#disk.close(() => {
      if (isOwn && this.#disk.transcript) this.#start.onClose(this.#summary);
      beforeRelease?.();
    });
  }

  /** Writes the cache of what the transcript adds up to, unless a run goes on. */
  #saveCheckpoint(): void {
    if (!this.#disk.isLive) this.#disk.saveCheckpoint(this.#summary);
  }

  #show(numbered: RecordedEvent[]): RecordedEvent[] {
    this.#shownSeq = Math.max(this.#shownSeq, numbered.at(-1)?.event.seq ?? 0);
    this.recent.push(numbered);
    return numbered;
  }

  /** Writes the appends that have come together: in one write, or one by one if that fails. */
  #flush(): void {
    const batch = this.#batch;
    if (!batch) return;
    this.#batch = undefined;
    const failure = this.#keep(
      batch.items.map((item) => item.segment),
      batch.items.flatMap((item) => item.entries),
    );
    if (!failure) return;
    let undone = failure.undone;
    for (const item of batch.items) {
      const alone: AppendFailure | undefined =
        batch.items.length === 1 ? failure : this.#keep([item.segment], item.entries);
      if (alone) item.failure = alone;
      undone &&= alone?.undone ?? true;
    }
    // Numbers at the end that nobody got are free again; those that may stand in a file are not.
    if (undone) this.#lastSeq = this.#writtenSeq;
    else this.#writtenSeq = this.#lastSeq;
  }

  #keep(segments: readonly Segment[], entries: readonly (Entry | undefined)[]): AppendFailure | undefined {
    const isNew = !this.#summary.numbered && segments.some(({ file }) => file === "transcript");
    const header = isNew ? toHeader(this.#summary) : undefined;
    const failure = this.#disk.append(segments, header);
    if (failure) return failure;
    this.#writtenSeq = Math.max(this.#writtenSeq, entries.at(-1)?.seq ?? 0);
    let summary = header ? nextSummary(this.#summary, { kind: "header", header }) : this.#summary;
    for (const entry of entries) {
      if (entry) summary = nextSummary(summary, { kind: "entry", entry, marks: {} });
    }
    if (summary === this.#summary) return undefined;
    this.#summary = summary;
    this.messages.add(entries);
    this.#start.onKept(summary);
    return undefined;
  }

  async #synced(segments: readonly Segment[]): Promise<void> {
    const chars = segments.reduce((sum, { lines }) => sum + lines.length, 0);
    this.#syncing += 1;
    this.#waitingChars += chars;
    try {
      await this.#disk.sync();
    } finally {
      this.#syncing -= 1;
      this.#waitingChars -= chars;
    }
  }

  /** @throws StoreError `LOG_CLOSED`, `SESSION_STOLEN`, `QUEUE_FULL`; `SESSION_LOCKED` before the first entry */
  #assertReady(): void {
    if (this.#gone) throw this.#gone;
    if (this.#waitingChars > MAX_WAITING_CHARS) {
      throw new StoreError("QUEUE_FULL", `session ${this.sessionId}: more than 16 MiB wait for the disk`);
    }
    if (this.#disk.isOwn()) return;
    this.#gone = new StoreError(
      "SESSION_STOLEN",
      `session ${this.sessionId}: its lock or its file was replaced or changed by somebody else`,
    );
    this.recent.wake();
    throw this.#gone;
  }

  async #loadKeys(): Promise<void> {
    if (this.#keys) return;
    const keys = await readKeys(this.#disk.fs, this.#disk.transcript);
    this.#keys ??= keys;
  }

  /** What was appended under a key, once it is kept; if it could not be written, it is tried again. */
  async #appendedBefore(key: string, messages: readonly Message[], options: AppendOptions) {
    await this.#batch?.written;
    const before = this.#keys?.find(key, messages);
    if (!before) return this.append(messages, options);
    if ((options.durability ?? this.#start.durability) === "disk") await this.#synced([]);
    return before;
  }
}
