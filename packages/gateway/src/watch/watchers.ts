import type { RecordedEvent } from "@mini-openclaw/protocol";

/** A receiver of one session's events: each one once, in order. */
export interface Watcher {
  /** Must not throw. */
  onEvent(recorded: RecordedEvent): void;
  /** Called when events after `after` were recorded that `onEvent` will not get. */
  onGap(after: number): void;
  /**
   * Called with the session's newest number when events were recorded elsewhere. A watcher without
   * an event begins after it.
   */
  onNewest(seq: number): void;
  /** Called when the session was deleted. */
  onDeleted(): void;
}

/** The watchers of all sessions. */
export class Watchers {
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #onWatched: (sessionId: string, isWatched: boolean) => void;

  /** `onWatched` is called when a session gets its first watcher or loses its last one. */
  constructor(onWatched: (sessionId: string, isWatched: boolean) => void = () => undefined) {
    this.#onWatched = onWatched;
  }

  /** Sends every further event of the session to `watcher`. */
  add(sessionId: string, watcher: Watcher): void {
    const watching = this.#watchers.get(sessionId);
    if (watching) return void watching.add(watcher);
    this.#watchers.set(sessionId, new Set([watcher]));
    this.#onWatched(sessionId, true);
  }

  remove(sessionId: string, watcher: Watcher): void {
    const watching = this.#watchers.get(sessionId);
    if (!watching?.delete(watcher) || watching.size > 0) return;
    this.#watchers.delete(sessionId);
    this.#onWatched(sessionId, false);
  }

  /**
   * Calls `onEvent` for every further event of the session's runs. Returns a function that
   * unsubscribes.
   */
  watch(sessionId: string, onEvent: Watcher["onEvent"]): () => void {
    const watcher = { onEvent, onGap: () => {}, onNewest: () => {}, onDeleted: () => {} };
    this.add(sessionId, watcher);
    return () => this.remove(sessionId, watcher);
  }

  /** Makes the watchers of the session read the events after `after` that they do not have. */
  reportGap(sessionId: string, after: number): void {
    for (const watcher of this.#watchers.get(sessionId) ?? []) watcher.onGap(after);
  }

  /** Makes the watchers of the session read the events up to `newest` that they do not have. */
  catchUp(sessionId: string, newest: number): void {
    for (const watcher of this.#watchers.get(sessionId) ?? []) watcher.onNewest(newest);
  }

  /** Notifies the watchers of the session that it was deleted. */
  reportDeleted(sessionId: string): void {
    for (const watcher of this.#watchers.get(sessionId) ?? []) watcher.onDeleted();
  }

  has(sessionId: string): boolean {
    return this.#watchers.has(sessionId);
  }

  publish(recorded: readonly RecordedEvent[]): void {
    for (const one of recorded) {
      for (const watcher of this.#watchers.get(one.event.sessionId) ?? []) watcher.onEvent(one);
    }
  }

  /** Sessions with a watcher. */
  sessionIds(): Iterable<string> {
    return this.#watchers.keys();
  }
}
