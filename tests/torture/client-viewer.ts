import { type Client, type Clock, connect, type Session } from "@mini-openclaw/client";
import { WebSocket } from "ws";
import type { Order } from "./story.ts";
import { type Place, Viewer } from "./viewer.ts";

/** A viewer with the client package. */
export class ClientViewer extends Viewer {
  readonly #client: Client;
  readonly #session: Session;
  readonly #clock = new HandClock();

  constructor(order: Order, place: Place) {
    super(order);
    class Through extends WebSocket {
      constructor(address: string) {
        super(address, { headers: { host: place.host } });
      }
    }
    this.#client = connect({ url: place.url, WebSocket: Through, clock: this.#clock });
    this.#session = this.#client.session();
    void this.#session.send(JSON.stringify(order));
    this.#client.subscribe(() => queueMicrotask(() => this.#retry()));
    let { lastSeq } = this.#session.getSnapshot().view;
    this.#session.subscribe(() => {
      const { view } = this.#session.getSnapshot();
      if (view.lastSeq > lastSeq) this.eventCount += 1;
      lastSeq = view.lastSeq;
      this.changed();
    });
  }

  get text(): string {
    const { items } = this.#session.getSnapshot().view;
    return items.map((item) => (item.kind === "assistant" ? item.content : "")).join("");
  }

  get isLive(): boolean {
    return this.#session.getSnapshot().phase === "live";
  }

  get isOver(): boolean {
    const { view, outbox } = this.#session.getSnapshot();
    return this.isLive && outbox.length === 0 && view.items.length > 0 && view.activeRuns.length === 0;
  }

  get questionCount(): number {
    return this.#session.getSnapshot().view.items.filter(({ kind }) => kind === "user").length;
  }

  comeBack(): void {
    // Whatever it waits for is over: a greeting, the next ping, the answer to it.
    for (let waits = 0; waits < 3 && this.#isConnecting(); waits += 1) this.#clock.skip();
    this.#retry();
  }

  close(): void {
    this.#client.close();
  }

  #isConnecting(): boolean {
    const { phase } = this.#client.getSnapshot();
    return phase === "open" || phase === "connecting";
  }

  #retry(): void {
    if (this.mayConnect) this.#client.retryNow();
  }
}

/** A clock that stands still but for `skip`. */
class HandClock implements Clock {
  #waiting = new Set<() => void>();

  now(): number {
    return Date.now();
  }

  after(_delayMs: number, work: () => void): () => void {
    this.#waiting.add(work);
    return () => void this.#waiting.delete(work);
  }

  /** Lets everything happen that somebody waits for. */
  skip(): void {
    const due = this.#waiting;
    this.#waiting = new Set();
    for (const work of due) work();
  }
}
