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
  copyMeta,
  digestMessages,
  formatLine,
  logClosed,
  numberEvent,
  RecentEvents,
  RecentMessages,
  type Summary,
  toGroup,
  toMessageEntry,
  withEntries,
} from "@mini-openclaw/session-store/kit";
import type { Change, NumberedLine, SessionState } from "./group.ts";
import type { GroupWriter } from "./group-writer.ts";
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

/** The state of a session with all that was recorded, written or not. */
interface Recorded {
  readonly summary: Summary;
  readonly lastSeq: number;
  readonly runAfter: number | undefined;
}

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
    const entries: Entry[] = [];
    const lines: { entries: NumberedLine[]; live: NumberedLine[] } = { entries: [], live: [] };
    for (const { event, json } of numbered) {
      const entry = toEntry(event);
      if (entry) entries.push(entry);
      if (entry) lines.entries.push({ seq: event.seq, line: formatLine(entry).slice(0, -1) });
      else lines.live.push({ seq: event.seq, line: json });
    }
    const { lastSeq, runAfter } = this.#recorded;
    const inRun = events.some((event) => "runId" in event);
    await this.#write(
      {
        summary: withEntries(this.#recorded.summary, entries),
        lastSeq: lastSeq + numbered.length,
        runAfter: runAfter ?? (inRun ? lastSeq : undefined),
      },
      lines,
    );
    this.recent.push(numbered);
    this.messages.add(entries);
    return numbered;
  }

  /** Appends messages outside a run, all or none. */
  async append(messages: readonly Message[], options: AppendOptions): Promise<MessageEntry[]> {
    this.assertOpen();
    const { idempotencyKey: key, expect } = options;
    if (key === undefined) return this.#append(messages, options);
    const { keys } = this.#options;
    const digest = digestMessages(messages);
    await keys.load();
    this.assertOpen();
    const before = keys.find(key, digest);
    if (before) return (await before) ?? this.append(messages, options);
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
    await this.#write(settled, { entries: [], live: [] }, { ...(isDropped && { settledSeq: lastSeq }) });
  }

  /** Writes the mark of a deletion, and releases the session. */
  async delete(now: number): Promise<void> {
    this.assertOpen();
    const change = { state: { ...toState(this.#recorded), deleted: now, isReleased: true } };
    this.#closedBy = logClosed(this.sessionId);
    this.recent.wake();
    await this.#send(change);
  }

  /** Releases the session after all that was recorded is written. */
  async close(): Promise<void> {
    if (this.#closedBy) return;
    this.#closedBy = logClosed(this.sessionId);
    this.recent.wake();
    // A fenced node has nothing to give away.
    await this.#send({ state: { ...toState(this.#recorded), isReleased: true } }).catch(() => {});
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
    assertExpected(expect, this.lastSeq);
    if (messages.length === 0) return [];
    const { createId } = this.#options;
    const { lastSeq, summary, runAfter } = this.#recorded;
    const entries = messages.map((message, index) =>
      toMessageEntry(message, lastSeq + 1 + index, createId()),
    );
    const lines = toGroup(entries, idempotencyKey).lines.split("\n");
    const numbered = entries.map(({ seq }, index) => ({ seq, line: lines[index] ?? "" }));
    const recorded = {
      summary: withEntries(summary, entries),
      lastSeq: lastSeq + entries.length,
      runAfter,
    };
    await this.#write(recorded, { entries: numbered, live: [] }, { ...(durability && { durability }) });
    this.messages.add(entries);
    return entries;
  }

  /** Writes lines with the state after them. Restores the state if the database refuses them. */
  async #write(
    recorded: Recorded,
    lines: { entries: readonly NumberedLine[]; live: readonly NumberedLine[] },
    { durability, settledSeq }: { durability?: "os" | "disk"; settledSeq?: number } = {},
  ): Promise<void> {
    const before = this.#recorded;
    this.#recorded = recorded;
    const hasState = recorded.summary !== before.summary || recorded.runAfter !== before.runAfter;
    const chars = [...lines.entries, ...lines.live].reduce((sum, { line }) => sum + line.length, 0);
    this.#pendingChars += chars;
    try {
      await this.#send(
        {
          ...lines,
          ...(hasState && { state: toState(recorded) }),
          ...(settledSeq !== undefined && { settledSeq }),
        },
        durability,
      );
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

  #send(change: Partial<Change>, durability = this.#options.durability): Promise<void> {
    const { sid, node, groups } = this.#options;
    const hasLines = [change.entries, change.live].some((lines) => lines !== undefined && lines.length > 0);
    // Live events too: the node survives a crash of the database, and would continue after a gap.
    const isDurable = durability === "disk" && hasLines;
    return groups.write(node, { entries: [], live: [], ...change, sid }, { isDurable });
  }
}

function toState({ summary, runAfter }: Recorded): SessionState {
  const { meta } = summary;
  return {
    summary: JSON.stringify(summary),
    lastSeq: meta.lastSeq,
    updated: meta.updatedAt,
    archived: meta.archived ?? false,
    runAfter,
  };
}
