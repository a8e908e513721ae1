import { emptyView } from "@mini-openclaw/protocol";
import { Observable } from "../lib/observable.ts";
import { type Delivery, markDelivery, type OutgoingMessage } from "./outbox.ts";
import type { SessionSnapshot } from "./session.ts";

type SnapshotChange = { [Field in keyof SessionSnapshot]?: SessionSnapshot[Field] | undefined };

/** The snapshot of a session, and its changes. */
export class SessionState extends Observable<SessionSnapshot> {
  constructor(sessionId: string | undefined, onError: (error: unknown) => void) {
    super({ sessionId, phase: "away", view: emptyView, outbox: [] } as unknown as SessionSnapshot, onError);
  }

  /**
   * Changes fields, and keeps the others consistent. A session that is `missing` or `closed` stays
   * so. A run that ended is not `stopping`. A session that is away has no accepted messages,
   * because no event would remove them.
   */
  change(change: SnapshotChange): void {
    const { phase } = this.value;
    const final = (phase === "missing" || phase === "closed") && { phase };
    const { stopping, ...changed } = { ...this.value, ...change, ...final } as SessionSnapshot;
    const isAway = changed.phase === "away";
    const outbox = isAway ? changed.outbox.filter(({ phase }) => phase !== "accepted") : changed.outbox;
    const isStopping = stopping !== undefined && changed.view.activeRuns.includes(stopping);
    this.set({ ...changed, outbox, ...(isStopping && { stopping }) });
  }

  /** Marks how far a message of the outbox has come. */
  deliver(id: string, delivery: Delivery, sessionId = this.value.sessionId): void {
    this.change({ outbox: markDelivery(this.value.outbox, id, delivery), sessionId });
  }

  /** Returns the message of the outbox that has this id. */
  message(id: string): OutgoingMessage | undefined {
    return this.value.outbox.find((one) => one.id === id);
  }
}
