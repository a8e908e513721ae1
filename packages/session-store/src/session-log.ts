import type { RecordedEvent, SessionEvent, SessionLog } from "@mini-openclaw/protocol";
import { StoreError } from "./errors.ts";
import { readEventFiles } from "./event-files.ts";
import type { FileSystem } from "./file-system.ts";
import type { SessionPaths } from "./session-paths.ts";
import type { SessionWriter } from "./session-writer.ts";

/** What a caller of `openLog` holds: the writer, until it is closed. */
export class JsonlSessionLog implements SessionLog {
  readonly #writer: SessionWriter;
  readonly #files: { fs: FileSystem; paths: SessionPaths };
  readonly #onClose: () => Promise<void>;
  #closing: Promise<void> | undefined;

  constructor(
    writer: SessionWriter,
    files: { fs: FileSystem; paths: SessionPaths },
    onClose: () => Promise<void>,
  ) {
    this.#writer = writer;
    this.#files = files;
    this.#onClose = onClose;
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
    return this.#writer.record(events);
  }

  async *read({
    after = 0,
    signal,
  }: {
    after?: number;
    signal?: AbortSignal;
  } = {}): AsyncGenerator<RecordedEvent> {
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
      // What the files no longer hold was live, and the session has come to rest since.
      if (!recent) last = Math.max(last, head);
    }
  }

  settle(): void {
    this.#assertOpen();
    this.#writer.settle();
  }

  close(): Promise<void> {
    this.#closing ??= this.#onClose();
    return this.#closing;
  }

  async *#fromFiles(after: number, head: number): AsyncGenerator<RecordedEvent> {
    const { fs, paths } = this.#files;
    for await (const numbered of readEventFiles(fs, paths, this.sessionId, after)) {
      if (numbered.event.seq > head) return;
      yield numbered;
    }
  }

  #assertOpen(): void {
    if (this.#closing) throw new StoreError("LOG_CLOSED", `session ${this.sessionId}: the log is closed`);
  }
}
