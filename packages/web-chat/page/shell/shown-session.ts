import type { Session, WatchedEvent } from "@mini-openclaw/client";

export interface ShownSessionParts {
  first: Session;
  onChange: () => void;
  onEvent: (event: WatchedEvent) => void;
}

/** The session that the page shows. */
export class ShownSession {
  readonly #parts: ShownSessionParts;
  #session: Session;
  #leave: () => void;

  constructor(parts: ShownSessionParts) {
    this.#parts = parts;
    this.#session = parts.first;
    this.#leave = this.#enter();
  }

  get session(): Session {
    return this.#session;
  }

  /** Shows another session from now on. */
  show(next: Session): void {
    if (next === this.#session) return;
    this.#leave();
    this.#session = next;
    this.#leave = this.#enter();
    this.#parts.onChange();
  }

  /** Subscribes to the session. Returns a function that unsubscribes. */
  #enter(): () => void {
    const unsubscribe = this.#session.subscribe(this.#parts.onChange);
    const events = this.#session.events();
    void this.#emit(events);
    return () => {
      unsubscribe();
      void events.return?.();
    };
  }

  async #emit(events: AsyncIterable<WatchedEvent>): Promise<void> {
    for await (const event of events) this.#parts.onEvent(event);
  }
}
