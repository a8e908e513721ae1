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
  /** True if so much waits for the client that no more may be kept in memory. */
  readonly isFull: boolean;
  /** Resolves when there is room, or when the client is gone. */
  drained(): Promise<void>;
  /** Must not throw. */
  show(recorded: RecordedEvent): void;
  /** Makes the client resume, because its next event cannot be read. */
  requireResume(): void;
}

/** The part of the session that the client has, and the way to the rest. */
type View =
  /**
   * Events go straight to the client. It has those up to `sentSeq`. Without one, the next event is
   * the first.
   */
  { readonly is: "live"; sentSeq: number | undefined } | Reading;

/** The client is behind. Its events are read from where they are kept. */
interface Reading {
  readonly is: "reading";
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
  readonly #deps: WatchDeps;
  #view: View = { is: "live", sentSeq: undefined };

  /** Begins after the event `after`, or with the next event. */
  constructor(sessionId: string, viewer: Viewer, deps: WatchDeps, after?: number) {
    this.#sessionId = sessionId;
    this.#viewer = viewer;
    this.#deps = deps;
    deps.watchers.add(sessionId, this);
    if (after !== undefined) this.#read({ after, newestSeq: after });
  }

  close(): void {
    if (this.#view.is === "reading") this.#view.abort.abort();
    this.#deps.watchers.remove(this.#sessionId, this);
  }

  onEvent(recorded: RecordedEvent): void {
    const { seq } = recorded.event;
    const view = this.#view;
    if (view.is === "reading") {
      // An event may come twice: from another node, and when this one takes the session over.
      if (seq <= view.newestSeq) return;
      view.newestSeq = seq;
      view.missedSeq = Math.min(view.missedSeq, seq);
      return;
    }
    if (view.sentSeq !== undefined && seq <= view.sentSeq) return;
    // Others than runs may have recorded events that this watch did not get.
    const isNext = view.sentSeq === undefined || seq === view.sentSeq + 1;
    if (isNext && !this.#viewer.isFull) {
      this.#viewer.show(recorded);
      view.sentSeq = seq;
      return;
    }
    if (isNext) this.#deps.onSlow(this.#sessionId);
    this.#read({ after: view.sentSeq ?? seq - 1, newestSeq: seq });
  }

  onGap(after: number): void {
    const view = this.#view;
    if (view.is === "reading") view.newestSeq = Math.max(view.newestSeq, after + 1);
    else if (view.sentSeq === undefined || view.sentSeq <= after)
      this.#read({ after: view.sentSeq ?? after, newestSeq: after + 1 });
  }

  onNewest(seq: number): void {
    const view = this.#view;
    if (view.is === "reading") view.newestSeq = Math.max(view.newestSeq, seq);
    else if (view.sentSeq === undefined) view.sentSeq = seq;
    else if (view.sentSeq < seq) this.#read({ after: view.sentSeq, newestSeq: seq });
  }

  /** Reads the events after `after`. Makes the client resume if that fails. */
  #read({ after, newestSeq }: { after: number; newestSeq: number }): void {
    const abort = new AbortController();
    const release = () => {};
    const view: Reading = { is: "reading", abort, release, sentSeq: after, newestSeq, missedSeq: after };
    this.#view = view;
    this.#readUntilLive(view).catch((error: unknown) => {
      // A closed watch needs no events, and the store may be closed too.
      if (abort.signal.aborted) return;
      this.#deps.onFailure(error, `reading session ${this.#sessionId} for a client that is behind`);
      this.#viewer.requireResume();
    });
  }

  async #readUntilLive(view: Reading): Promise<void> {
    const { signal } = view.abort;
    // No session waits for a client that does not read. Its live events may be gone when the client
    // has room.
    if (!this.#viewer.isFull) view.release = this.#deps.holdLive(this.#sessionId);
    signal.addEventListener("abort", () => view.release());
    try {
      do {
        const { newestSeq } = view;
        view.missedSeq = Number.POSITIVE_INFINITY;
        const unsentSeq = await this.#readOnce(view);
        if (signal.aborted) return;
        // An event that is no longer kept was live, and the client has the entry that replaces it.
        view.sentSeq = Math.max(view.sentSeq, Math.min(newestSeq, unsentSeq - 1));
      } while (view.sentSeq < view.newestSeq);
    } finally {
      view.release();
    }
    this.#view = { is: "live", sentSeq: view.sentSeq };
  }

  /**
   * Sends the kept events, up to the first one that was recorded since. Returns the number of that
   * one. A joined chunk is read again whole, although an earlier part of it was recorded before.
   */
  async #readOnce(view: Reading): Promise<number> {
    const { signal } = view.abort;
    const none = Number.POSITIVE_INFINITY;
    for await (const recorded of this.#deps.readEvents(this.#sessionId, { after: view.sentSeq, signal })) {
      const { event } = recorded;
      if (signal.aborted) return none;
      if (event.seq >= view.missedSeq) return ("firstSeq" in event && event.firstSeq) || event.seq;
      if (this.#viewer.isFull) {
        view.release();
        await this.#viewer.drained();
        if (signal.aborted) return none;
        // The client reads again, so that the events from here on wait for it.
        view.release = this.#deps.holdLive(this.#sessionId);
      }
      this.#viewer.show(recorded);
      view.sentSeq = event.seq;
    }
    return none;
  }
}
