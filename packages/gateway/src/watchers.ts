import type { Numbered } from "@mini-openclaw/protocol";

/** Gets one session's events, each once, in order. Must not throw. */
export type Watcher = (recorded: Numbered) => void;

/** Who watches which session. */
export class Watchers {
  readonly #watchers = new Map<string, Set<Watcher>>();

  /** Shows `watcher` every event of the session from now on. Returns what ends that. */
  watch(sessionId: string, watcher: Watcher): () => void {
    let watching = this.#watchers.get(sessionId);
    if (!watching) {
      watching = new Set();
      this.#watchers.set(sessionId, watching);
    }
    watching.add(watcher);
    return () => {
      if (watching.delete(watcher) && watching.size === 0) this.#watchers.delete(sessionId);
    };
  }

  publish(recorded: readonly Numbered[]): void {
    for (const one of recorded) {
      for (const watcher of this.#watchers.get(one.event.sessionId) ?? []) watcher(one);
    }
  }

  /** Sessions that somebody watches. */
  sessionIds(): Iterable<string> {
    return this.#watchers.keys();
  }
}
