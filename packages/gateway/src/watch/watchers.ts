import type { RecordedEvent } from "@mini-openclaw/protocol";

/** Gets one session's events, each once, in order. */
export interface Watcher {
  /** Must not throw. */
  take(recorded: RecordedEvent): void;
  /** Something was recorded after `after` that nobody will hand over. */
  catchUp(after: number): void;
}

/** Who watches which session. */
export class Watchers {
  readonly #watchers = new Map<string, Set<Watcher>>();

  /** Shows `watcher` every event of the session from now on. */
  add(sessionId: string, watcher: Watcher): void {
    const watching = this.#watchers.get(sessionId);
    if (watching) watching.add(watcher);
    else this.#watchers.set(sessionId, new Set([watcher]));
  }

  /** Ends that. */
  remove(sessionId: string, watcher: Watcher): void {
    const watching = this.#watchers.get(sessionId);
    if (watching?.delete(watcher) && watching.size === 0) this.#watchers.delete(sessionId);
  }

  /** The same for a function, which hears of runs only. Returns what ends it. */
  watch(sessionId: string, take: Watcher["take"]): () => void {
    const watcher = { take, catchUp: () => undefined };
    this.add(sessionId, watcher);
    return () => this.remove(sessionId, watcher);
  }

  /** Has everybody who watches the session read what was recorded after `after`, as far as they were not shown it. */
  catchUp(sessionId: string, after: number): void {
    for (const watcher of this.#watchers.get(sessionId) ?? []) watcher.catchUp(after);
  }

  publish(recorded: readonly RecordedEvent[]): void {
    for (const one of recorded) {
      for (const watcher of this.#watchers.get(one.event.sessionId) ?? []) watcher.take(one);
    }
  }

  /** Sessions that somebody watches. */
  sessionIds(): Iterable<string> {
    return this.#watchers.keys();
  }
}
