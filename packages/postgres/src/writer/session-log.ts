import type { RecordedEvent, SessionEvent, SessionLog } from "@mini-openclaw/protocol";
import { assertBytes, assertEvents, checkOptions, logClosed } from "@mini-openclaw/session-store/kit";
import type { SessionWriter } from "./session-writer.ts";

interface LogOptions {
  /** Yields the written events after a number. */
  readonly readEvents: (after: number) => AsyncIterable<RecordedEvent>;
  readonly saveBlob: (bytes: Uint8Array) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** The log of a session: its writer, until the log is closed. */
export class PostgresSessionLog implements SessionLog {
  readonly #writer: SessionWriter;
  readonly #options: LogOptions;
  #closing: Promise<void> | undefined;

  constructor(writer: SessionWriter, options: LogOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  get sessionId(): string {
    return this.#writer.sessionId;
  }

  get epoch(): string {
    return this.#writer.meta.epoch;
  }

  /** The newest number that readers of the database find. Others are on their way to it. */
  get lastSeq(): number {
    return this.#writer.visibleSeq;
  }

  record(events: readonly SessionEvent[]): Promise<RecordedEvent[]> {
    this.#assertOpen();
    assertEvents(events);
    return this.#writer.record(events);
  }

  async saveBlob(bytes: Uint8Array): Promise<string> {
    this.#assertOpen();
    assertBytes(bytes);
    return this.#options.saveBlob(bytes);
  }

  async *read(options: { after?: number; signal?: AbortSignal } = {}): AsyncGenerator<RecordedEvent> {
    checkOptions.read(options);
    const { after = 0, signal } = options;
    let last = after;
    while (!this.#closing && !this.#writer.isClosed && !signal?.aborted) {
      const head = this.#writer.visibleSeq;
      const recent = this.#writer.recent.since(last);
      if (recent?.length === 0) await this.#writer.recent.changed(signal);
      for await (const numbered of recent ?? this.#options.readEvents(last)) {
        if (signal?.aborted) return;
        // The reader may be ahead of the acknowledgement. No watcher is.
        if (!recent && numbered.event.seq > head) break;
        last = numbered.event.seq;
        yield numbered;
      }
      // Events that are in no table were live, and the session has settled since.
      if (!recent) last = Math.max(last, head);
    }
  }

  settle(): Promise<void> {
    this.#assertOpen();
    return this.#writer.settle();
  }

  close(): Promise<void> {
    this.#closing ??= this.#options.close();
    return this.#closing;
  }

  #assertOpen(): void {
    if (this.#closing) throw logClosed(this.sessionId);
    this.#writer.assertOpen();
  }
}
