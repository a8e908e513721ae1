import type { RecordedEvent } from "@mini-openclaw/protocol";
import type { EventSource } from "./event-source.ts";
import type { Watcher, Watchers } from "./watchers.ts";

export interface WatchDeps {
  watchers: Pick<Watchers, "add" | "remove">;
  readEvents: EventSource;
  /**
   * Keeps the live events of a session for a watch that reads them. Returns a function that
   * releases them.
   */
  holdLive: (sessionId: string) => () => void;
  /** Reports that a watcher of the session is slower than its events. */
  onSlow: (sessionId: string) => void;
  onFailure: (error: unknown, during: string) => void;
}

/** The client that a session's events are sent to. */
export interface Viewer {
  readonly watchDeps: WatchDeps;
  /** True if so much waits for the client that no more may be kept in memory. */
  readonly isFull: boolean;
  /** Resolves when there is room, or when the client is gone. */
  drained(): Promise<void>;
  /** Must not throw. */
  show(recorded: RecordedEvent): void;
  /** Makes the client resume, because its next event cannot be read. */
  requireResume(): void;
  /** Notifies the client of the session's end. Absent where it is notified in another way. */
  showDeleted?(sessionId: string): void;
}

/** A read for a client that is behind. Its events come from where they are kept. */
interface Reading {
  readonly abort: AbortController;
  /** Releases the live events of the session. May be called again. */
  release: () => void;
  sentSeq: number;
  /** The newest event. */
  newestSeq: number;
  /**
   * The first event since the last read began. The next read begins there, in the log, which has
   * live events too.
   */
  missedSeq: number;
}

/**
 * One connection's view of one session: every event once, in order.
 *
 * Events go straight to a client with room. For a client without room no events are kept in memory.
 * The watch reads the log for it, at the client's pace. So a slow client costs the run and other
 * clients nothing.
 */
export class SessionWatch implements Watcher {
  readonly #sessionId: string;
  readonly #viewer: Viewer;
  /** The client has the events up to this one. Without one, the next event is the first. */
  #sentSeq: number | undefined;
  /** Set while the client is behind. Events go straight to the client without it. */
  #reading: Reading | undefined;

  /** Begins after the event `after`, or with the next event. */
  constructor(sessionId: string, viewer: Viewer, after?: number) {
    this.#sessionId = sessionId;
    this.#viewer = viewer;
    viewer.watchDeps.watchers.add(sessionId, this);
    if (after !== undefined) this.#read({ after, newestSeq: after });
  }

  close(): void {
    this.#reading?.abort.abort();
    this.#viewer.watchDeps.watchers.remove(this.#sessionId, this);
  }

  onEvent(recorded: RecordedEvent): void {
    const { seq } = recorded.event;
    const reading = this.#reading;
    if (reading) {
      // An event may come twice: from another node, and when this one takes the session over.
      if (seq <= reading.newestSeq) return;
      reading.newestSeq = seq;
      reading.missedSeq = Math.min(reading.missedSeq, seq);
      return;
    }
    const sentSeq = this.#sentSeq ?? seq - 1;
    if (seq <= sentSeq) return;
    // Others than runs may have recorded events that this watch did not get.
    const isNext = seq === sentSeq + 1;
    if (isNext && !this.#viewer.isFull) {
      this.#viewer.show(recorded);
      this.#sentSeq = seq;
      return;
    }
    if (isNext) this.#viewer.watchDeps.onSlow(this.#sessionId);
    this.#read({ after: sentSeq, newestSeq: seq });
  }

  onGap(after: number): void {
    const reading = this.#reading;
    const sentSeq = this.#sentSeq ?? after;
    if (reading) reading.newestSeq = Math.max(reading.newestSeq, after + 1);
    else if (sentSeq <= after) this.#read({ after: sentSeq, newestSeq: after + 1 });
  }

  onNewest(seq: number): void {
    const reading = this.#reading;
    if (reading) reading.newestSeq = Math.max(reading.newestSeq, seq);
    else if (this.#sentSeq === undefined) this.#sentSeq = seq;
    else if (this.#sentSeq < seq) this.#read({ after: this.#sentSeq, newestSeq: seq });
  }

  onDeleted(): void {
    this.#viewer.showDeleted?.(this.#sessionId);
  }

  /** Reads the events after `after`. Makes the client resume if that fails. */
  #read({ after, newestSeq }: { after: number; newestSeq: number }): void {
    const abort = new AbortController();
    const release = () => {};
    const reading: Reading = { abort, release, sentSeq: after, newestSeq, missedSeq: after };
    this.#reading = reading;
    this.#readUntilLive(reading).catch((error: unknown) => {
      // A closed watch needs no events, and the store may be closed too.
      if (abort.signal.aborted) return;
      this.#viewer.watchDeps.onFailure(
        error,
        `reading session ${this.#sessionId} for a client that is behind`,
      );
      this.#viewer.requireResume();
    });
  }

  async #readUntilLive(reading: Reading): Promise<void> {
    const { signal } = reading.abort;
    // No session waits for a client that does not read. Its live events may be gone when the client
    // has room.
    if (!this.#viewer.isFull) reading.release = this.#viewer.watchDeps.holdLive(this.#sessionId);
    signal.addEventListener("abort", () => reading.release());
    try {
      do {
        const { newestSeq } = reading;
        reading.missedSeq = Number.POSITIVE_INFINITY;
        const unsentSeq = await this.#readOnce(reading);
        if (signal.aborted) return;
        // An event that is no longer kept was live, and the client has the entry that replaces it.
        reading.sentSeq = Math.max(reading.sentSeq, Math.min(newestSeq, unsentSeq - 1));
      } while (reading.sentSeq < reading.newestSeq);
    } finally {
      reading.release();
    }
    this.#sentSeq = reading.sentSeq;
    this.#reading = undefined;
  }

  /**
   * Sends the kept events, up to the first one that was recorded since. Returns the number of that
   * one. A joined chunk is read again whole, although an earlier part of it was recorded before.
   */
  async #readOnce(reading: Reading): Promise<number> {
    const { signal } = reading.abort;
    const none = Number.POSITIVE_INFINITY;
    for await (const recorded of this.#viewer.watchDeps.readEvents(this.#sessionId, {
      after: reading.sentSeq,
      signal,
    })) {
      const { event } = recorded;
      if (signal.aborted) return none;
      if (event.seq >= reading.missedSeq) return ("firstSeq" in event && event.firstSeq) || event.seq;
      if (this.#viewer.isFull) {
        reading.release();
        await this.#viewer.drained();
        if (signal.aborted) return none;
        // The client reads again, so that the events from here on wait for it.
        reading.release = this.#viewer.watchDeps.holdLive(this.#sessionId);
      }
      this.#viewer.show(recorded);
      reading.sentSeq = event.seq;
    }
    return none;
  }
}
