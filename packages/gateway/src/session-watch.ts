import type { Numbered } from "@mini-openclaw/protocol";
import type { Outbox } from "./outbox.ts";
import type { Watchers } from "./watchers.ts";

/** Reads the events after `after` from where they are kept, up to the newest there is when it begins, and ends. */
export type EventSource = (
  sessionId: string,
  range: { after: number; signal: AbortSignal },
) => AsyncIterable<Numbered>;

export interface WatchParts {
  watchers: Pick<Watchers, "watch">;
  readEvents: EventSource;
  /** Hears that a watcher of the session could not keep up. */
  onSlow: (sessionId: string) => void;
  onFailure: (error: unknown, during: string) => void;
}

/**
 * One connection's view of one session: every event once, in order.
 *
 * While the outbox has room, events go straight into it. When it is full, they are not kept for the client: it becomes a
 * reader of the log until it has caught up, at its own pace. So a slow client costs the run and the others nothing, and
 * the gateway bounded memory.
 */
export class SessionWatch {
  readonly #sessionId: string;
  readonly #outbox: Outbox;
  readonly #parts: WatchParts;
  /** There while the client is behind: an idle watch is to cost little. */
  #reading: AbortController | undefined;
  readonly #unwatch: () => void;
  /** The newest event that the client has been sent. */
  #shownSeq = 0;
  /** The newest event that there is. */
  #latestSeq = 0;
  #phase: "live" | "behind" = "live";

  /** Begins after the event `after`, or with what happens from now on. */
  constructor(sessionId: string, outbox: Outbox, parts: WatchParts, after?: number) {
    this.#sessionId = sessionId;
    this.#outbox = outbox;
    this.#parts = parts;
    this.#unwatch = parts.watchers.watch(sessionId, (recorded) => this.#take(recorded));
    if (after !== undefined) this.#fallBehind(after);
  }

  close(): void {
    this.#reading?.abort();
    this.#unwatch();
  }

  #take({ event, json }: Numbered): void {
    this.#latestSeq = event.seq;
    if (this.#phase === "behind") return;
    if (!this.#outbox.isFull) {
      this.#outbox.send(json);
      this.#shownSeq = event.seq;
      return;
    }
    this.#parts.onSlow(this.#sessionId);
    // The first event that a watch sees may be the one that finds the outbox full: what was before it is not asked for.
    this.#fallBehind(this.#shownSeq === 0 ? event.seq - 1 : this.#shownSeq);
  }

  #fallBehind(after: number): void {
    this.#phase = "behind";
    this.#shownSeq = after;
    this.#catchUp().catch((error: unknown) => {
      this.#parts.onFailure(error, `reading session ${this.#sessionId} for a client that fell behind`);
    });
  }

  async #catchUp(): Promise<void> {
    this.#reading = new AbortController();
    const { signal } = this.#reading;
    do {
      const latest = this.#latestSeq;
      for await (const { event, json } of this.#parts.readEvents(this.#sessionId, {
        after: this.#shownSeq,
        signal,
      })) {
        if (this.#outbox.isFull) await this.#outbox.drained();
        if (signal.aborted) return;
        this.#outbox.send(json);
        this.#shownSeq = event.seq;
      }
      if (signal.aborted) return;
      // What is no longer kept was live, and an entry that has been sent stands for it.
      this.#shownSeq = Math.max(this.#shownSeq, latest);
    } while (this.#shownSeq < this.#latestSeq);
    this.#reading = undefined;
    this.#phase = "live";
  }
}
