import { createHash } from "node:crypto";
import type { Entry, RecordedEvent, SessionEvent, SessionLog } from "@mini-openclaw/protocol";
import { toEntry } from "@mini-openclaw/protocol";
import { nextSummary, type Summary, withLastSeq } from "../format/summary.ts";
import { blobsOf } from "../model/blobs-of.ts";
import { assertBytes, assertEvents, checkOptions } from "../model/check-options.ts";
import { copyJson } from "../model/json.ts";
import { createId } from "../model/names.ts";
import type { OpenRuns } from "../model/open-runs.ts";
import { logClosed } from "../model/session-errors.ts";
import { numberEvent, RecentEvents } from "../recent/recent-events.ts";
import type { RememberedKeys } from "../recent/remembered-keys.ts";

/** A session in memory. */
export interface MemorySession {
  summary: Summary;
  /** The position in the order of creation. */
  readonly order: number;
  readonly entries: Entry[];
  readonly keys: RememberedKeys;
  events: RecordedEvent[];
  /** The files that are too large for an entry, by the SHA-256 of their bytes. */
  readonly blobs: Map<string, Uint8Array>;
  readonly runs: OpenRuns;
  log?: MemoryLog;
}

/** Adds a copy of an entry to a session. */
export function addEntry(session: MemorySession, entry: Entry): void {
  session.entries.push(copyJson(entry));
  session.summary = nextSummary(session.summary, { kind: "entry", entry, marks: {} });
}

/** Adds a copy of an entry to a fork, with the blobs that it names. */
export function addForkedEntry(
  fork: MemorySession,
  entry: Entry,
  blobs: ReadonlyMap<string, Uint8Array>,
): void {
  addEntry(fork, entry);
  for (const id of blobsOf(entry)) {
    const bytes = blobs.get(id);
    if (bytes) fork.blobs.set(id, bytes);
  }
}

export class MemoryLog implements SessionLog {
  readonly #session: MemorySession;
  readonly #recent: RecentEvents;
  #closed = false;

  constructor(session: MemorySession) {
    this.#session = session;
    this.#recent = new RecentEvents(session.summary.meta.lastSeq);
    const closing = session.runs.closing({ timestamp: Date.now(), createId });
    if (closing.length > 0) this.record(closing);
    this.settle();
  }

  get sessionId(): string {
    return this.#session.summary.meta.sessionId;
  }

  get epoch(): string {
    return this.#session.summary.meta.epoch;
  }

  get lastSeq(): number {
    return this.#session.summary.meta.lastSeq;
  }

  record(events: readonly SessionEvent[]): RecordedEvent[] {
    this.#assertOpen();
    assertEvents(events);
    const session = this.#session;
    const numbered = events.map((event, index) =>
      numberEvent(event, this.sessionId, this.lastSeq + 1 + index),
    );
    for (const { event } of numbered) {
      const entry = toEntry(event);
      if (entry) addEntry(session, entry);
      else session.summary = withLastSeq(session.summary, event.seq);
      session.runs.apply(event);
    }
    session.events.push(...copyJson(numbered));
    this.#recent.push(numbered);
    return numbered;
  }

  async saveBlob(bytes: Uint8Array): Promise<string> {
    this.#assertOpen();
    assertBytes(bytes);
    const id = createHash("sha256").update(bytes).digest("hex");
    this.#session.blobs.set(id, Uint8Array.from(bytes));
    return id;
  }

  async *read(options: { after?: number; signal?: AbortSignal } = {}): AsyncGenerator<RecordedEvent> {
    checkOptions.read(options);
    const { after = 0, signal } = options;
    let last = after;
    while (!this.#closed && !signal?.aborted) {
      const older = () => copyJson(this.#session.events.filter(({ event }) => event.seq > last));
      const next = this.#recent.since(last) ?? older();
      for (const numbered of next) {
        if (signal?.aborted) return;
        last = numbered.event.seq;
        yield numbered;
      }
      if (next.length === 0) await this.#recent.changed(signal);
    }
  }

  settle(): void {
    this.#assertOpen();
    this.#session.events = this.#session.events.filter(({ event }) => toEntry(event) !== undefined);
    this.#session.runs.clear();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#session.log === this) delete this.#session.log;
    this.#recent.wake();
  }

  #assertOpen(): void {
    if (this.#closed) throw logClosed(this.sessionId);
  }
}
