import {
  type AppendOptions,
  type Entry,
  type Message,
  type MessageEntry,
  type RecordedEvent,
  type SessionEvent,
  type SessionMeta,
  toEntry,
} from "@mini-openclaw/protocol";
import { StoreError } from "@mini-openclaw/session-store";
import {
  assertExpected,
  copyJson,
  copyMeta,
  digestMessages,
  groupLines,
  lineText,
  logClosed,
  numberEvent,
  RecentEvents,
  RecentMessages,
  type Summary,
  toMessageEntry,
  withEntries,
} from "@mini-openclaw/session-store/kit";
import type { Change, NumberedLine } from "./group.ts";
import type { GroupWriter } from "./group-writer.ts";
import { countChars, type Recorded, toState, toTexts } from "./session-change.ts";
import type { SessionKeys } from "./session-keys.ts";

export interface WriterOptions {
  readonly sid: number;
  /** The id under which this process owns the session. */
  readonly node: number;
  readonly groups: GroupWriter;
  readonly summary: Summary;
  readonly lastSeq: number;
  readonly runAfter: number | undefined;
  readonly keys: SessionKeys;
  readonly durability: "os" | "disk";
  readonly createId: () => string;
}

/** The lines of a change, and the entries of the lines that have some. */
interface Lines extends Pick<Change, "live" | "settledSeq"> {
  readonly entries: readonly NumberedLine[];
  readonly of: readonly Entry[];
}

const noLines: Lines = { entries: [], live: [], of: [] };

// As much as the store on files allows.
const MAX_PENDING_CHARS = 16_777_216;

/** The one writer of a session. It assigns the numbers, and notifies the readers. */
export class SessionWriter {
  readonly recent: RecentEvents;
  readonly messages = new RecentMessages();
  readonly #options: WriterOptions;
  #recorded: Recorded;
  #visibleSeq: number;
  #pendingChars = 0;
  #closedBy: StoreError | undefined;

  constructor(options: WriterOptions) {
    const { summary, lastSeq, runAfter } = options;
    this.#options = options;
    this.#recorded = { summary, lastSeq, runAfter };
    this.#visibleSeq = lastSeq;
    this.recent = new RecentEvents(lastSeq);
  }

  get sid(): number {
    return this.#options.sid;
  }

  get node(): number {
    return this.#options.node;
  }

  get sessionId(): string {
    return this.#recorded.summary.meta.sessionId;
  }

  /** A copy of the session's meta, live events included. */
  get meta(): SessionMeta {
    const { summary, lastSeq } = this.#recorded;
    return { ...copyMeta(summary.meta), lastSeq };
  }

  get lastSeq(): number {
    return this.#recorded.lastSeq;
  }

  /** The newest number that is written. */
  get visibleSeq(): number {
    return this.#visibleSeq;
  }

  get isArchived(): boolean {
    return this.#recorded.summary.meta.archived === true;
  }

  /** True while something runs or waits in the session. */
  get isBusy(): boolean {
    return this.#recorded.runAfter !== undefined;
  }

  get isClosed(): boolean {
    return this.#closedBy !== undefined;
  }

  /** Numbers and writes events, all or none. May throw before it returns a promise. */
  async record(events: readonly SessionEvent[]): Promise<RecordedEvent[]> {
    const numbered = this.#number(events);
    const of: Entry[] = [];
    const entries: NumberedLine[] = [];
    const live: NumberedLine[] = [];
    for (const { event, json } of numbered) {
      const entry = toEntry(event);
      if (entry) of.push(entry);
      if (entry) entries.push({ seq: event.seq, line: lineText(entry) });
      else live.push({ seq: event.seq, line: json });
    }
    const { lastSeq, runAfter } = this.#recorded;
    const inRun = events.some((event) => "runId" in event);
    await this.#write(
      {
        summary: withEntries(this.#recorded.summary, of),
        lastSeq: lastSeq + numbered.length,
        runAfter: runAfter ?? (inRun ? lastSeq : undefined),
      },
      { entries, live, of },
    );
    this.recent.push(numbered);
    this.messages.add(of);
    return numbered;
  }

  /** Appends messages outside a run, all or none. The caller gets entries of its own. */
  append(messages: readonly Message[], options: AppendOptions): Promise<MessageEntry[]> {
    const { idempotencyKey } = options;
    if (idempotencyKey === undefined) return this.#append(messages, options);
    // Callers with the same key get the same entries.
    return this.#appendOnce(messages, { ...options, idempotencyKey }).then(copyJson);
  }

  async #appendOnce(
    messages: readonly Message[],
    options: AppendOptions & { idempotencyKey: string },
  ): Promise<MessageEntry[]> {
    this.assertOpen();
    const { idempotencyKey: key, expect } = options;
    const { keys } = this.#options;
    const digest = digestMessages(messages);
    await keys.load();
    this.assertOpen();
    const before = keys.find(key, digest);
    if (before) return (await before) ?? this.#appendOnce(messages, options);
    assertExpected(expect, this.lastSeq);
    const firstSeq = this.lastSeq + 1;
    const appending = this.#append(messages, options);
    if (messages.length > 0) keys.add(key, { digest, firstSeq, lastSeq: this.lastSeq }, appending);
    return appending;
  }

  /** Reports that nothing runs or waits. Drops the live events, unless one of them is newest. */
  async settle(): Promise<void> {
    const { summary, lastSeq, runAfter } = this.#recorded;
    if (runAfter === undefined) return;
    this.assertOpen();
    const isDropped = summary.meta.lastSeq >= lastSeq;
    const settled = { summary, lastSeq, runAfter: undefined };
    await this.#write(settled, isDropped ? { ...noLines, settledSeq: lastSeq } : noLines);
  }

  /** Writes the mark of a deletion, and releases the session. */
  async delete(now: number): Promise<void> {
    this.assertOpen();
    const state = { ...toState(this.#recorded), deleted: now, isReleased: true };
    this.#closedBy = logClosed(this.sessionId);
    this.recent.wake();
    await this.#send({ entries: [], live: [], state });
  }

  /** Releases the session after all that was recorded is written. */
  async close(): Promise<void> {
    if (this.#closedBy) return;
    this.#closedBy = logClosed(this.sessionId);
    this.recent.wake();
    // A fenced node has nothing to give away.
    const state = { ...toState(this.#recorded), isReleased: true };
    await this.#send({ entries: [], live: [], state }).catch(() => {});
  }

  /** Ends the writer of a fenced node. */
  lose(error: StoreError): void {
    this.#closedBy ??= error;
    this.recent.wake();
  }

  /** @throws StoreError `LOG_CLOSED`, `SESSION_STOLEN`, `QUEUE_FULL` */
  assertOpen(): void {
    if (this.#closedBy) throw this.#closedBy;
    if (this.#pendingChars < MAX_PENDING_CHARS) return;
    throw new StoreError(
      "QUEUE_FULL",
      `${this.#pendingChars} characters of session ${this.sessionId} wait for the database. Retry later.`,
    );
  }

  #number(events: readonly SessionEvent[]): RecordedEvent[] {
    this.assertOpen();
    return events.map((event, index) => numberEvent(event, this.sessionId, this.lastSeq + 1 + index));
  }

  async #append(
    messages: readonly Message[],
    { expect, durability, idempotencyKey }: AppendOptions,
  ): Promise<MessageEntry[]> {
    this.assertOpen();
    assertExpected(expect, this.lastSeq);
    if (messages.length === 0) return [];
    const { createId } = this.#options;
    const { lastSeq, summary, runAfter } = this.#recorded;
    const entries = messages.map((message, index) =>
      toMessageEntry(message, lastSeq + 1 + index, createId()),
    );
    const lines = groupLines(entries, idempotencyKey).map((line, index) => ({
      seq: lastSeq + 1 + index,
      line,
    }));
    const recorded = {
      summary: withEntries(summary, entries),
      lastSeq: lastSeq + entries.length,
      runAfter,
    };
    await this.#write(recorded, { entries: lines, live: [], of: entries }, durability);
    this.messages.add(entries);
    return entries;
  }

  /** Writes lines with the state after them. Restores the state if the database refuses them. */
  async #write(
    recorded: Recorded,
    { entries, live, of, settledSeq }: Lines,
    durability?: "os" | "disk",
  ): Promise<void> {
    const before = this.#recorded;
    this.#recorded = recorded;
    const hasState = recorded.summary !== before.summary || recorded.runAfter !== before.runAfter;
    const state = hasState ? toState(recorded) : undefined;
    const texts = of.length > 0 ? toTexts(before.summary, recorded.summary, of) : undefined;
    const chars = countChars(entries) + countChars(live);
    this.#pendingChars += chars;
    try {
      await this.#send({ entries, live, state, settledSeq, texts }, durability);
      this.#visibleSeq = Math.max(this.#visibleSeq, recorded.lastSeq);
    } catch (error) {
      // Whatever was recorded after it failed too. The earliest failure restores the state.
      if (before.lastSeq <= this.#recorded.lastSeq) this.#recorded = before;
      if (StoreError.is(error) && error.code === "SESSION_STOLEN") this.lose(error);
      throw error;
    } finally {
      this.#pendingChars -= chars;
    }
  }

  #send(change: Omit<Change, "sid">, durability = this.#options.durability): Promise<void> {
    const { sid, node, groups } = this.#options;
    const { entries, live, state, settledSeq, texts } = change;
    // Live events too: the node survives a crash of the database, and would continue after a gap.
    const isKept = entries.length + live.length > 0 || state?.deleted !== undefined;
    const isDurable = durability === "disk" && isKept;
    return groups.write(node, { sid, entries, live, state, settledSeq, texts }, { isDurable });
  }
}
