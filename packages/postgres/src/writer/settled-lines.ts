import type { Change } from "./group.ts";

// Longer than a node needs to read what it was notified of, on a busy machine too.
const LINGER_MS = 1_000;

type Delete = (change: Change) => void;

/**
 * Deletes the live events of a settled session a second later. Until then, the watchers of other
 * nodes read them, so that a run that ends at once is shown whole there too.
 */
export class SettledLines {
  readonly #waiting = new Map<number, { timer: NodeJS.Timeout; seq: number; remove: Delete }>();

  /** Calls `remove` in a second, or at `flush`, unless `take` is called before. */
  add(sid: number, seq: number, remove: Delete): void {
    this.take(sid);
    const timer = setTimeout(() => this.#remove(sid), LINGER_MS).unref();
    this.#waiting.set(sid, { timer, seq, remove });
  }

  /** Returns the newest number that waits for its deletion, which is the caller's then. */
  take(sid: number): number | undefined {
    const waiting = this.#waiting.get(sid);
    clearTimeout(waiting?.timer);
    this.#waiting.delete(sid);
    return waiting?.seq;
  }

  flush(): void {
    for (const sid of [...this.#waiting.keys()]) this.#remove(sid);
  }

  #remove(sid: number): void {
    const remove = this.#waiting.get(sid)?.remove;
    const settledSeq = this.take(sid);
    remove?.({ sid, entries: [], live: [], settledSeq });
  }
}
