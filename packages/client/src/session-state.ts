import { emptyView } from "@mini-openclaw/protocol";
import { Observable } from "./observable.ts";
import { type Delivery, markDelivery, type OutgoingMessage } from "./outbox.ts";
import type { SessionSnapshot } from "./session.ts";

type SnapshotChange = { [Field in keyof SessionSnapshot]?: SessionSnapshot[Field] | undefined };

/** The snapshot of a session, and how it changes. */
export class SessionState extends Observable<SessionSnapshot> {
  constructor(sessionId: string | undefined) {
    const known = sessionId === undefined ? {} : { sessionId };
    super({ ...known, phase: "away", view: emptyView, outbox: [] });
  }

  /**
   * A run that has ended is not being stopped any longer. While nobody watches the session nothing would remove what was
   * accepted from the outbox; whoever watches it again is shown it.
   */
  change(change: SnapshotChange): void {
    const { stopping, ...changed } = { ...this.value, ...change } as SessionSnapshot;
    const isAway = changed.phase === "away";
    const outbox = isAway ? changed.outbox.filter(({ phase }) => phase !== "accepted") : changed.outbox;
    const isStopping = stopping !== undefined && changed.view.activeRuns.includes(stopping);
    this.set({ ...changed, outbox, ...(isStopping && { stopping }) });
  }

  /** A message of the outbox has come this far. */
  deliver(id: string, delivery: Delivery): void {
    this.change({ outbox: markDelivery(this.value.outbox, id, delivery) });
  }

  /** The message of the outbox that has this id. */
  message(id: string): OutgoingMessage | undefined {
    return this.value.outbox.find((one) => one.id === id);
  }

  /** The oldest message that was not sent on this connection. */
  nextToSend(): OutgoingMessage | undefined {
    return this.value.outbox.find(({ phase }) => phase === "queued");
  }
}
