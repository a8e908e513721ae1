import { emptyView } from "@mini-openclaw/protocol";
import { Observable } from "./observable.ts";
import type { OutgoingMessage } from "./outbox.ts";
import type { SessionSnapshot } from "./session.ts";

type SnapshotChange = { [Field in keyof SessionSnapshot]?: SessionSnapshot[Field] | undefined };

/** The snapshot of a session, and how it changes. */
export class SessionState extends Observable<SessionSnapshot> {
  constructor(sessionId: string | undefined) {
    const known = sessionId === undefined ? {} : { sessionId };
    super({ ...known, phase: "away", view: emptyView, outbox: [] });
  }

  /** A run that has ended is not being stopped any longer. */
  change(change: SnapshotChange): void {
    const { stopping, ...next } = { ...this.value, ...change } as SessionSnapshot;
    const isStopping = stopping !== undefined && next.view.activeRuns.includes(stopping);
    this.set(isStopping ? { ...next, stopping } : next);
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
