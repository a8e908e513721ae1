import type { RecordedEvent } from "@mini-openclaw/protocol";
import type { Watcher, Watchers } from "./watchers.ts";

/** Reads the events after `after` from where they are kept, up to the newest there is when it begins, and ends. */
export type EventSource = (
  sessionId: string,
  range: { after: number; signal: AbortSignal },
) => AsyncIterable<RecordedEvent>;

export interface WatchParts {
  watchers: Pick<Watchers, "add" | "remove">;
  readEvents: EventSource;
  /** Keeps the live events of a session for a watch that reads them. Returns a function that lets them go. */
  holdLive: (sessionId: string) => () => void;
  /** Hears that a watcher of the session could not keep up. */
  onSlow: (sessionId: string) => void;
  onFailure: (error: unknown, during: string) => void;
}

/** Who is shown a session's events. */
export interface Viewer {
  /** Whether so much waits for it that no more is to be kept in memory. */
  readonly isFull: boolean;
  /** Resolves when there is room, or when it is gone. */
  drained(): Promise<void>;
  /** Must not throw. */
  show(recorded: RecordedEvent): void;
  /** What it is to be shown next cannot be read: it must ask again. */
  giveUp(): void;
}

/**
 * One connection's view of one session: every event once, in order.
 *
 * While the viewer has room, events go straight to it. When it is full, they are not kept for the client: it becomes a
 * reader of the log until it has caught up, at its own pace. So a slow client costs the run and the others nothing, and
 * the gateway bounded memory.
 */
export class SessionWatch implements Watcher {
  readonly #sessionId: string;
  readonly #viewer: Viewer;
  readonly #parts: WatchParts;
  /** There while the client is behind: an idle watch is to cost little. */
  #reading: AbortController | undefined;
  /** The newest event that the client has been sent. */
  #shownSeq = 0;
  /** The newest event that there is. */
  #latestSeq = 0;
  /** The first event since the reader began: it and what follows is read from the log, which has the live ones too. */
  #firstMissedSeq = Number.POSITIVE_INFINITY;
  #phase: "live" | "behind" = "live";

  /** Begins after the event `after`, or with what happens from now on. */
  constructor(sessionId: string, viewer: Viewer, parts: WatchParts, after?: number) {
    this.#sessionId = sessionId;
    this.#viewer = viewer;
    this.#parts = parts;
    parts.watchers.add(sessionId, this);
    if (after !== undefined) this.#fallBehind(after);
  }

  close(): void {
    this.#reading?.abort();
    this.#parts.watchers.remove(this.#sessionId, this);
  }

  take(recorded: RecordedEvent): void {
    const { event } = recorded;
    this.#latestSeq = event.seq;
    if (this.#phase === "behind") {
      this.#firstMissedSeq = Math.min(this.#firstMissedSeq, event.seq);
      return;
    }
    // What is missing before it was recorded by others than runs.
    const isNext = this.#shownSeq === 0 || event.seq === this.#shownSeq + 1;
    if (isNext && !this.#viewer.isFull) {
      this.#viewer.show(recorded);
      this.#shownSeq = event.seq;
      return;
    }
    if (isNext) this.#parts.onSlow(this.#sessionId);
    // The first event that a watch sees may be the one that finds the viewer full: what was before it is not asked for.
    this.#fallBehind(this.#shownSeq === 0 ? event.seq - 1 : this.#shownSeq);
  }

  catchUp(after: number): void {
    this.#latestSeq = Math.max(this.#latestSeq, after + 1);
    if (this.#phase === "live" && this.#shownSeq <= after) this.#fallBehind(this.#shownSeq || after);
  }

  #fallBehind(after: number): void {
    this.#phase = "behind";
    this.#shownSeq = after;
    this.#catchUp().catch((error: unknown) => {
      // It was closed meanwhile, and what it read from may have been too.
      if (this.#reading?.signal.aborted) return;
      this.#parts.onFailure(error, `reading session ${this.#sessionId} for a client that fell behind`);
      this.#viewer.giveUp();
    });
  }

  async #catchUp(): Promise<void> {
    const reading = new AbortController();
    this.#reading = reading;
    const { signal } = reading;
    // Nobody waits for a client that does not read: what is live may be gone when it comes to that.
    const release = this.#viewer.isFull ? () => undefined : this.#parts.holdLive(this.#sessionId);
    signal.addEventListener("abort", release);
    try {
      do {
        const latest = this.#latestSeq;
        this.#firstMissedSeq = Number.POSITIVE_INFINITY;
        await this.#read(signal, release);
        if (signal.aborted) return;
        // What is no longer kept was live, and an entry that has been sent stands for it.
        this.#shownSeq = Math.max(this.#shownSeq, latest);
      } while (this.#shownSeq < this.#latestSeq);
    } finally {
      release();
    }
    this.#reading = undefined;
    this.#phase = "live";
  }

  /** Shows what is kept, up to the first event that was recorded meanwhile. */
  async #read(signal: AbortSignal, release: () => void): Promise<void> {
    const after = this.#shownSeq;
    for await (const recorded of this.#parts.readEvents(this.#sessionId, { after, signal })) {
      if (signal.aborted || recorded.event.seq >= this.#firstMissedSeq) return;
      if (this.#viewer.isFull) {
        release();
        await this.#viewer.drained();
        if (signal.aborted) return;
      }
      this.#viewer.show(recorded);
      this.#shownSeq = recorded.event.seq;
    }
  }
}
