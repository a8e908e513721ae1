import type {
  AppendOptions,
  Entry,
  Message,
  MessageEntry,
  RecordedEvent,
  SessionEvent,
  SessionMeta,
} from "@mini-openclaw/protocol";
import { headerLine, type Segment, toGroup } from "../format/session-lines.ts";
import { copyMeta, nextSummary, type Summary, withEntries } from "../format/summary.ts";
import { assertExpected } from "../model/check-options.ts";
import { StoreError } from "../model/errors.ts";
import { toMessageEntry } from "../model/message-entry.ts";
import { logClosed } from "../model/session-errors.ts";
import { RecentEvents } from "../recent/recent-events.ts";
import { RecentMessages } from "../recent/recent-messages.ts";
import { toRecords } from "../recent/records.ts";
import { digestMessages, type RememberedKeys } from "../recent/remembered-keys.ts";
import { type AppendBatch, acknowledge, type BatchItem, beginBatch, entriesOf } from "./append-batch.ts";

import { assign, beginSequence, failed, type Sequence, shown, wrote } from "./sequence.ts";
import { UnsyncedText } from "./syncs.ts";
import type { AppendFailure } from "./writer-files.ts";
import type { Durability, WriterOptions } from "./writer-options.ts";

/**
 * After a run, a checkpoint is saved once there is so much to read behind the last one. That takes
 * the next opening a millisecond at most, if the writer dies before it is closed.
 */
const CHECKPOINT_BYTES = 65_536;

/** `lost`: the lock or the file belongs to somebody else. */
type WriterStatus = { is: "open" } | { is: "lost"; error: StoreError } | { is: "closed"; error: StoreError };

/**
 * The one writer of a session. It assigns the numbers, writes the lines, and notifies the readers.
 */
export class SessionWriter {
  readonly sessionId: string;
  readonly recent: RecentEvents;
  readonly messages = new RecentMessages();
  readonly #options: WriterOptions;
  readonly #unsynced: UnsyncedText;
  #summary: Summary;
  #sequence: Sequence;
  #batch: AppendBatch | undefined;
  #status: WriterStatus = { is: "open" };
  #isBusy = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#unsynced = new UnsyncedText(options.files, () => {
      this.#sequence = shown(this.#sequence, this.#sequence.written);
    });
    this.sessionId = options.summary.meta.sessionId;
    this.#summary = options.summary;
    this.#sequence = beginSequence(options.lastSeq);
    this.recent = new RecentEvents(options.lastSeq);
  }

  /** A copy of the session's meta, live events included. */
  get meta(): SessionMeta {
    const meta = copyMeta(this.#summary.meta);
    meta.lastSeq = this.#sequence.assigned;
    return meta;
  }

  get lastSeq(): number {
    return this.#sequence.assigned;
  }

  /** The newest number that readers may get. */
  get shownSeq(): number {
    return this.#sequence.visible;
  }

  get isArchived(): boolean {
    return this.#summary.meta.archived === true;
  }

  /** True while something runs or waits in the session. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** True after the writer was closed, or lost its files. */
  get isClosed(): boolean {
    return this.#status.is !== "open";
  }

  record(events: readonly SessionEvent[]): RecordedEvent[] | Promise<RecordedEvent[]> {
    this.#assertReady("live");
    this.#flush();
    const { files, durability } = this.#options;
    const { numbered, entries, segments, inRun } = toRecords(events, this.sessionId, this.lastSeq + 1);
    if (entries.some(Boolean)) this.#assertReady();
    // The next start recovers sessions with a journal only, so it exists before the first line of a
    // run.
    if (inRun) files.beginLive();
    this.#sequence = assign(this.#sequence, numbered.length);
    const failure = this.#write(segments, entries);
    if (failure) {
      this.#sequence = failed(this.#sequence, failure);
      throw failure.error;
    }
    this.#sequence = wrote(this.#sequence, this.lastSeq);
    this.#isBusy ||= inRun;
    // A live event becomes visible after the entries that it follows.
    const waits = !this.#unsynced.isEmpty || (durability === "disk" && entries.some(Boolean));
    return waits ? this.#unsynced.sync(segments, () => this.#show(numbered)) : this.#show(numbered);
  }

  /** Saves a blob, before an event that names it is recorded. */
  async saveBlob(bytes: Uint8Array): Promise<string> {
    this.#assertReady();
    const { files, durability } = this.#options;
    return files.saveBlob(bytes, { isDurable: durability === "disk" });
  }

  /** Appends messages outside a run, all or none. May throw before it returns a promise. */
  append(messages: readonly Message[], options: AppendOptions): Promise<MessageEntry[]> {
    const { idempotencyKey: key, expect, durability = this.#options.durability } = options;
    if (key !== undefined) return this.#appendOnce(key, messages, options);
    this.#assertReady();
    assertExpected(expect, this.lastSeq);
    return this.#enqueue(messages, { durability });
  }

  /** Appends messages under a key, unless they were appended before. */
  async #appendOnce(
    key: string,
    messages: readonly Message[],
    options: AppendOptions,
  ): Promise<MessageEntry[]> {
    const { expect, durability = this.#options.durability } = options;
    const digest = digestMessages(messages);
    const keys = await this.#options.files.keys();
    this.#assertReady();
    // From here to `remember` nothing else runs.
    if (keys.find(key, digest)) return this.#appendedBefore(keys, { key, digest, messages, options });
    assertExpected(expect, this.lastSeq);
    const firstSeq = this.lastSeq + 1;
    const appended = this.#enqueue(messages, { durability, key, onFailure: () => keys.forget(key) });
    if (messages.length > 0) keys.remember(key, { digest, firstSeq, lastSeq: this.lastSeq });
    return appended;
  }

  /** Adds messages to the batch that is written next. */
  #enqueue(
    messages: readonly Message[],
    { durability, key, onFailure }: { durability: Durability; key?: string; onFailure?: () => void },
  ): Promise<MessageEntry[]> {
    if (messages.length === 0) return Promise.resolve([]);
    const { createId, hold } = this.#options;
    const next = this.lastSeq + 1;
    const entries = messages.map((message, index) => toMessageEntry(message, next + index, createId()));
    const segment = toGroup(entries, key);
    this.#sequence = assign(this.#sequence, entries.length);
    this.#batch ??= beginBatch(() => this.#flush(), hold(this.sessionId));
    const { items } = this.#batch;
    const waitsForDisk = durability === "disk";
    return new Promise((resolve, reject) => {
      items.push({ entries, segment, waitsForDisk, resolve, reject, onFailure });
    });
  }

  /** Drops the live events, unless one of them has the newest number. */
  settle(): void {
    this.#isBusy = false;
    const { files } = this.#options;
    if (!files.isLive) return;
    this.#assertReady();
    this.#flush();
    if (this.#summary.meta.lastSeq < this.lastSeq) return;
    files.endLive();
    // Later, because the last events of the run are on their way to its watchers.
    setImmediate(() => {
      if (!this.isClosed) this.#saveCheckpoint(CHECKPOINT_BYTES);
    });
  }

  /**
   * Closes the files and releases the lock. `beforeRelease` runs between the two. Nothing may be
   * under way.
   */
  async close(beforeRelease?: () => void): Promise<void> {
    if (this.#status.is === "closed") return;
    const isOwn = this.#status.is === "open";
    this.#flush();
    const error = logClosed(this.sessionId);
    this.#status = { is: "closed", error: this.#status.is === "lost" ? this.#status.error : error };
    this.recent.wake();
    if (!this.#unsynced.isEmpty) await this.#options.files.sync().catch(() => {});
    if (isOwn) this.#saveCheckpoint();
    this.#options.files.close(() => {
      if (isOwn && this.#options.files.transcript) this.#options.onClose(this.#summary);
      beforeRelease?.();
    });
  }

  /** Saves the cache of the transcript's summary, unless a run is open. */
  #saveCheckpoint(minGrowth?: number): void {
    const { files } = this.#options;
    if (!files.isLive) files.saveCheckpoint(this.#summary, minGrowth);
  }

  #show(numbered: RecordedEvent[]): RecordedEvent[] {
    this.#sequence = shown(this.#sequence, numbered.at(-1)?.event.seq ?? 0);
    this.recent.push(numbered);
    return numbered;
  }

  /** Writes the appends of the batch, and acknowledges them. */
  #flush(): void {
    const batch = this.#batch;
    if (!batch) return;
    this.#batch = undefined;
    this.#writeBatch(batch.items);
    acknowledge(batch, (segments) => this.#unsynced.sync(segments));
    // While something waits for the disk, the end of its sync makes these visible too, in their
    // order.
    if (!this.#unsynced.isEmpty) return;
    const last = batch.items.findLast(({ failure }) => !failure);
    this.#sequence = shown(this.#sequence, last?.entries.at(-1)?.seq ?? 0);
  }

  /** Writes appends in one write, or one by one if that fails. */
  #writeBatch(items: readonly BatchItem[]): void {
    const failure =
      this.#status.is === "open"
        ? this.#write(
            items.map((item) => item.segment),
            entriesOf(items),
          )
        : { error: this.#status.error, undone: true };
    if (!failure) return;
    // Bytes that may be in the file are not written a second time.
    const canRetry = failure.undone && items.length > 1 && this.#status.is === "open";
    let { undone } = failure;
    for (const item of items) {
      const alone = canRetry && undone ? this.#write([item.segment], item.entries) : failure;
      if (!alone) continue;
      item.failure = alone;
      undone &&= alone.undone;
    }
    this.#sequence = failed(this.#sequence, { undone });
  }

  #write(segments: readonly Segment[], entries: readonly (Entry | undefined)[]): AppendFailure | undefined {
    const isNew = !this.#summary.numbered && segments.some(({ file }) => file === "transcript");
    const header = isNew ? headerLine(this.#summary) : undefined;
    const isFirst = header !== undefined && this.#summary.meta.lastSeq === 0;
    if (isFirst) this.#options.onBegin(this.#summary);
    const failure = this.#options.files.append(segments, header);
    if (failure && isFirst) this.#options.onBeginFailed(this.#summary);
    if (failure) return failure;
    this.#sequence = wrote(this.#sequence, entries.at(-1)?.seq ?? 0);
    const begun = header ? nextSummary(this.#summary, { kind: "header", header }) : this.#summary;
    const summary = withEntries(begun, entries);
    if (summary === this.#summary) return undefined;
    this.#summary = summary;
    this.messages.add(entries);
    this.#options.onKept(summary);
    return undefined;
  }

  /**
   * @throws StoreError `LOG_CLOSED`, `SESSION_STOLEN`, `QUEUE_FULL`; `SESSION_LOCKED` before the
   * first entry
   */
  #assertReady(what: "kept" | "live" = "kept"): void {
    if (this.#status.is !== "open") throw this.#status.error;
    this.#unsynced.assertRoom(this.sessionId);
    if (this.#options.files.isOwn(what)) return;
    const error = new StoreError(
      "SESSION_STOLEN",
      `Another process replaced the lock or the file of session ${this.sessionId}. Open the session again.`,
    );
    this.#status = { is: "lost", error };
    this.recent.wake();
    throw error;
  }

  /** Returns the entries under a key when they are written. Appends them if that failed. */
  async #appendedBefore(
    keys: RememberedKeys,
    append: { key: string; digest: string; messages: readonly Message[]; options: AppendOptions },
  ): Promise<MessageEntry[]> {
    const { key, digest, messages, options } = append;
    await this.#batch?.written;
    const before = keys.find(key, digest);
    if (!before) return this.append(messages, options);
    if ((options.durability ?? this.#options.durability) === "disk") await this.#unsynced.sync([]);
    return this.#options.files.readMessages(before);
  }
}
