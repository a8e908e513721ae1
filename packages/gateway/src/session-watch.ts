import type { Numbered } from "@mini-openclaw/protocol";
import type { Outbox } from "./outbox.ts";
import type { Watchers } from "./watchers.ts";

/** Reads a session's events with `after` < seq ≤ `upTo` from where they are kept, and ends. */
export type EventSource = (
  sessionId: string,
  range: { after: number; upTo: number; signal: AbortSignal },
) => AsyncIterable<Numbered>;

export interface WatchParts {
  watchers: Watchers;
  readEvents: EventSource;
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
  readonly #stop = new AbortController();
  readonly #unwatch: () => void;
  /** The newest event that the client has been sent. */
  #shownSeq = 0;
  /** The newest event that there is. */
  #latestSeq = 0;
  #phase: "live" | "behind" = "live";

  constructor(sessionId: string, outbox: Outbox, parts: WatchParts) {
    this.#sessionId = sessionId;
    this.#outbox = outbox;
    this.#parts = parts;
    this.#unwatch = parts.watchers.watch(sessionId, (recorded) => this.#take(recorded));
  }

  close(): void {
    this.#stop.abort();
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
    this.#phase = "behind";
    // The first event that a watch sees may be the one that finds the outbox full: what was before it is not asked for.
    if (this.#shownSeq === 0) this.#shownSeq = event.seq - 1;
    this.#catchUp().catch((error: unknown) => {
      this.#parts.onFailure(error, `reading session ${this.#sessionId} for a client that fell behind`);
    });
  }

  async #catchUp(): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, this.#outbox.signal]);
    while (!signal.aborted && this.#shownSeq < this.#latestSeq) {
      const upTo = this.#latestSeq;
      const missing = this.#parts.readEvents(this.#sessionId, { after: this.#shownSeq, upTo, signal });
      for await (const { event, json } of missing) {
        await this.#outbox.drained();
        if (signal.aborted) return;
        this.#outbox.send(json);
        this.#shownSeq = event.seq;
      }
      // What is no longer kept was live, and an entry that has been sent stands for it.
      this.#shownSeq = upTo;
    }
    this.#phase = "live";
  }
}
