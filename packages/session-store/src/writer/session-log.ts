import type { RecordedEvent, SessionEvent, SessionLog } from "@mini-openclaw/protocol";
import type { FileSystem } from "../files/file-system.ts";
import type { SessionPaths } from "../files/session-paths.ts";
import { assertBytes, assertEvents, checkOptions } from "../model/check-options.ts";
import { toStoreError } from "../model/errors.ts";
import { logClosed } from "../model/session-errors.ts";
import { readEventFiles } from "../transcript/event-files.ts";
import type { SessionWriter } from "./session-writer.ts";

interface LogOptions {
  readonly fs: FileSystem;
  readonly paths: SessionPaths;
  /** Returns true while the writer is this log's. */
  isOpen: () => boolean;
  /** Keeps the writer open. Returns a function that ends that. */
  hold: () => () => void;
  close: () => Promise<void>;
}

/** The log of a session: its writer, until the log is closed. */
export class JsonlSessionLog implements SessionLog {
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

  get lastSeq(): number {
    return this.#writer.lastSeq;
  }

  record(events: readonly SessionEvent[]): RecordedEvent[] | Promise<RecordedEvent[]> {
    this.#assertOpen();
    assertEvents(events);
    const recorded = this.#writer.record(events);
    if (!(recorded instanceof Promise)) return recorded;
    // The writer's files stay open until the disk has the events.
    const release = this.#options.hold();
    return recorded.finally(release);
  }

  async saveBlob(bytes: Uint8Array): Promise<string> {
    this.#assertOpen();
    assertBytes(bytes);
    const release = this.#options.hold();
    try {
      return await this.#writer.saveBlob(bytes);
    } catch (error) {
      throw toStoreError(error, "WRITE_FAILED");
    } finally {
      release();
    }
  }

  async *read(options: { after?: number; signal?: AbortSignal } = {}): AsyncGenerator<RecordedEvent> {
    checkOptions.read(options);
    const { after = 0, signal } = options;
    let last = after;
    while (!this.#closing && !this.#writer.isClosed && !signal?.aborted) {
      const head = this.#writer.shownSeq;
      const recent = this.#writer.recent.since(last);
      if (recent?.length === 0) await this.#writer.recent.changed(signal);
      for await (const numbered of recent ?? this.#fromFiles(last, head)) {
        if (signal?.aborted) return;
        last = numbered.event.seq;
        yield numbered;
      }
      // Events that are in no file were live, and the session has settled since.
      if (!recent) last = Math.max(last, head);
    }
  }

  settle(): void {
    this.#assertOpen();
    this.#writer.settle();
  }

  close(): Promise<void> {
    this.#closing ??= this.#options.close();
    return this.#closing;
  }

  async *#fromFiles(after: number, head: number): AsyncGenerator<RecordedEvent> {
    const { fs, paths } = this.#options;
    for await (const numbered of readEventFiles(fs, paths, this.sessionId, after)) {
      if (numbered.event.seq > head) return;
      yield numbered;
    }
  }

  #assertOpen(): void {
    // A writer that lost its files throws the reason.
    if (!this.#closing && (this.#writer.isClosed || this.#options.isOpen())) return;
    throw logClosed(this.sessionId);
  }
}
