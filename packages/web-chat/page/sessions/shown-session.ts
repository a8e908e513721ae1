import type { Session, WatchedEvent } from "@mini-openclaw/client";

/** The one session that the page shows. */
export interface ShownSession {
  readonly session: Session;
  /** Shows another one from now on. */
  show(session: Session): void;
}

export interface ShownSessionParts {
  first: Session;
  onChange: () => void;
  onEvent: (event: WatchedEvent) => void;
}

export function createShownSession({ first, onChange, onEvent }: ShownSessionParts): ShownSession {
  let session = first;
  let leave = enter();

  function enter(): () => void {
    const unsubscribe = session.subscribe(onChange);
    const events = session.events();
    void hearAll(events);
    return () => {
      unsubscribe();
      void events.return?.();
    };
  }
  async function hearAll(events: AsyncIterable<WatchedEvent>): Promise<void> {
    for await (const event of events) onEvent(event);
  }

  return {
    get session() {
      return session;
    },
    show(next) {
      if (next === session) return;
      leave();
      session = next;
      leave = enter();
      onChange();
    },
  };
}
