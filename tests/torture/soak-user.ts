import { type Accepted, type Client, ClientError, connect, type Session } from "@mini-openclaw/client";
import { WebSocket } from "ws";
import { cuts, type Line } from "./line.ts";
import type { Random } from "./rounds.ts";
import type { Order } from "./story.ts";

/** The codes that a request may end with while connections are cut and the gateway is killed. */
const ACCIDENTS = new Set(["CONNECTION_LOST", "RUN_NOT_FOUND", "SESSION_NOT_FOUND", "SESSION_BUSY"]);

/** Somebody who does everything that a client can do, at random, over a line that breaks. */
export class SoakUser {
  /** The runs that answer this user's messages. */
  readonly runs: Accepted[] = [];
  /** Errors that no accident explains. */
  readonly faults: unknown[] = [];
  readonly #line: Line;
  readonly #random: Random;
  readonly #client: Client;
  readonly #session: Session;
  readonly #sockets = new Set<WebSocket>();

  constructor(name: string, line: Line, random: Random) {
    this.#line = line;
    this.#random = random;
    const sockets = this.#sockets;
    class Through extends WebSocket {
      constructor(address: string) {
        super(address, { headers: { host: `127.0.0.1:${line.gatewayPort}` } });
        sockets.add(this);
        this.on("close", () => sockets.delete(this));
      }
    }
    this.#client = connect({
      url: `ws://127.0.0.1:${line.port}/?${name}`,
      WebSocket: Through,
      onFailure: () => {},
    });
    this.#session = this.#client.session();
    this.#session.subscribe(() => this.#decide());
  }

  /** Does one thing, and waits until all that it began is over. */
  async act(seed: number): Promise<void> {
    const actions = [
      () => this.#talk({ seed }),
      () => this.#talk({ seed, asks: true }),
      () => this.#talk({ seed, stopsAfter: 3 }),
      () => this.#talkSlowly({ seed, pieces: 60, chars: 2000, gapMs: 0 }),
      () => this.#cut(),
      () => this.#fork(),
      () => this.#client.ask({ type: "search", text: `${seed}.1` }),
      () => this.#client.ask({ type: "list" }),
      () => this.#session.history({ limit: 20 }),
    ];
    const action = actions[this.#random(actions.length)];
    if (action) await this.#attempt(action);
  }

  /** Deletes the session, so that a later round costs what this one does, and closes the client. */
  async leave(): Promise<void> {
    // An accident may have left a run behind.
    await this.#rest();
    const { sessionId, view } = this.#session.getSnapshot();
    if (sessionId !== undefined && view.items.length > 0) {
      await this.#attempt(() => this.#client.ask({ type: "delete", sessionId }));
    }
    this.#client.close();
  }

  async #attempt(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ClientError && ACCIDENTS.has(error.code))) this.faults.push(error);
    }
  }

  async #talk(order: Partial<Order> & { seed: number }): Promise<void> {
    const content = JSON.stringify({ pieces: 12, chars: 40, gapMs: 5, ...order });
    const accepted = await this.#session.send(content);
    this.runs.push(accepted);
    // By its id: a message that was repeated after a cut may still wait behind an older run.
    if (order.stopsAfter !== undefined) void this.#session.abort(accepted.runId);
    await this.#rest();
  }

  /** Does not read for a while, so that the gateway's outbox for this user is full. */
  async #talkSlowly(order: Order): Promise<void> {
    const [socket] = this.#sockets;
    const talk = this.#talk(order);
    await this.#until(() => this.#session.getSnapshot().outbox.length === 0);
    socket?.pause();
    setImmediate(() => socket?.resume());
    await talk;
  }

  async #cut(): Promise<void> {
    this.#line.cut(cuts[this.#random(cuts.length)] ?? "reset");
    for (const socket of this.#sockets) socket.terminate();
    this.#client.retryNow();
    await this.#rest();
  }

  async #fork(): Promise<void> {
    const { sessionId, view } = this.#session.getSnapshot();
    if (sessionId === undefined || view.items.length === 0) return;
    const { sessionId: fork } = await this.#client.ask({ type: "fork", sessionId });
    await this.#client.ask({ type: "archive", sessionId: fork });
    await this.#client.ask({ type: "unarchive", sessionId: fork });
    await this.#client.ask({ type: "delete", sessionId: fork });
  }

  /** Answers every question of a tool. */
  #decide(): void {
    const { view } = this.#session.getSnapshot();
    for (const item of view.items) {
      if (item.kind !== "tool" || item.asksFor === undefined || item.callId === undefined) continue;
      void this.#session.approve(item.callId, this.#random(2) === 0 ? "once" : "deny");
    }
  }

  /** Waits until the session is live, and nothing of it runs or waits. */
  #rest(): Promise<void> {
    return this.#until(() => {
      const { phase, view, outbox } = this.#session.getSnapshot();
      return phase === "live" && view.activeRuns.length + view.queued.length + outbox.length === 0;
    });
  }

  #until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo()) return;
        unsubscribe();
        resolve();
      };
      const unsubscribe = this.#session.subscribe(look);
      look();
    });
  }
}
