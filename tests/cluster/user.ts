import { type Client, ClientError, connect, type Session } from "@mini-openclaw/client";
import type { ViewItem } from "@mini-openclaw/protocol";
import { WebSocket } from "ws";
import { Ledger } from "./ledger.ts";
import { TOKEN } from "./node-process.ts";
import { type Gap, Stream } from "./streams.ts";

/** The speed at which users and models work. */
export interface Pace {
  /** The number of words of an answer. */
  readonly words: number;
  /** The time between two words. */
  readonly gapMs: number;
  /** The time between an answer and the next message: longer than an idle session has its node. */
  readonly thinkingMs: number;
}

interface UserOptions {
  /** The port of the load balancer. */
  readonly port: number;
  /** The name of the user, which is the key of the session. */
  readonly name: string;
  readonly pace: Pace;
}

/**
 * A user with two devices: one sends messages and watches, the other only watches. Both connect
 * through the load balancer, so that they are often on different nodes.
 */
export class User {
  readonly ledger = new Ledger();
  readonly name: string;
  readonly #options: UserOptions;
  readonly #clients: Client[] = [];
  readonly #sessions: Session[] = [];
  /** The events that each device gets. */
  readonly #streams: Stream[] = [];
  #isDone = false;
  /** The event or state that the user waits for now. Empty after the last one. */
  waitsFor = "";

  constructor(options: UserOptions) {
    this.#options = options;
    this.name = options.name;
  }

  get sessionId(): string {
    return this.#sessions[0]?.getSnapshot().sessionId ?? "";
  }

  /** Sends messages one after another until `finish`. Resolves when the last one has its end. */
  async work(): Promise<void> {
    const { words, gapMs, thinkingMs } = this.#options.pace;
    const sending = this.#addDevice();
    this.waitsFor = "the session";
    await this.#until(() => sending.getSnapshot().phase === "live");
    this.#addDevice();
    for (let count = 0; !this.#isDone; count += 1) {
      const id = `${this.name}-${count}`;
      this.waitsFor = `the acknowledgement of ${id}`;
      for (const stream of this.#streams) stream.expect();
      const runId = await sendUntilAccepted(sending, `${id} ${words} ${gapMs}`, id);
      this.ledger.accepted(id, runId);
      this.waitsFor = `the end of run ${runId} of ${id}`;
      await this.#until(() => this.ledger.hasEnded(runId));
      this.waitsFor = "";
      await new Promise((resolve) => setTimeout(resolve, thinkingMs));
    }
  }

  /** Returns the longest gap of each device since the last call. */
  takeGaps(): Gap[] {
    return this.#streams.flatMap((stream) => stream.takeLongest() ?? []);
  }

  /** Resolves when the user has had a number of answers. */
  async answered(count: number): Promise<void> {
    await this.#until(() => this.ledger.endCount >= count);
  }

  finish(): void {
    this.#isDone = true;
  }

  /** Resolves when both devices have everything up to a number. */
  async caughtUp(seq: number): Promise<void> {
    await this.#until(() => this.#sessions.every((one) => one.getSnapshot().view.lastSeq >= seq));
  }

  /** The newest items that each device shows, as lines, and those of a new device. */
  async views(count: number): Promise<string[][]> {
    const client = this.#connect();
    const session = client.session(this.sessionId);
    const sessions = [...this.#sessions, session];
    const isShown = () => session.getSnapshot().phase === "live";
    while (!isShown()) await new Promise<void>((resolve) => once(session, resolve));
    const views = sessions.map((one) => viewOf(one, count));
    client.close();
    return views;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        const ends = this.#sessions.map((session) =>
          session.subscribe(() => {
            for (const end of ends) end();
            resolve();
          }),
        );
      });
    }
  }

  /** Adds a device that shows the user's session, or the first one of the user. */
  #addDevice(): Session {
    const stream = new Stream();
    const client = this.#connect(stream);
    const session = client.session(this.sessionId === "" ? undefined : this.sessionId);
    const name = `device ${this.#clients.length + 1}`;
    this.#markPhases(`${name}: connection`, client);
    this.#markPhases(`${name}: session`, session);
    this.#streams.push(stream);
    this.#clients.push(client);
    this.#sessions.push(session);
    return session;
  }

  /** Marks each change of a phase, for the report of a long gap. */
  #markPhases(name: string, source: Pick<Client | Session, "subscribe" | "getSnapshot">): void {
    let before = "";
    source.subscribe(() => {
      const { phase } = source.getSnapshot();
      if (phase !== before) this.ledger.mark(`${name} ${phase}`);
      before = phase;
    });
  }

  #connect(stream?: Stream): Client {
    const { ledger } = this;
    class Tapped extends WebSocket {
      constructor(address: string) {
        super(address);
        this.on("message", (bytes: Buffer) => ledger.received(bytes.toString(), stream));
      }
    }
    return connect({
      url: `ws://127.0.0.1:${this.#options.port}/?${this.name}`,
      WebSocket: Tapped,
      token: TOKEN,
      // The load balancer cuts the connections of a node that stands still. A client that gave up
      // first would never get through on a busy machine.
      connectTimeoutMs: 15_000,
      pongTimeoutMs: 15_000,
      onFailure: () => undefined,
    });
  }
}

/** Sends a message again after each error that a client may repeat it after. Returns its run. */
async function sendUntilAccepted(session: Session, content: string, id: string): Promise<string> {
  for (;;) {
    try {
      return (await session.send(content, { id })).runId;
    } catch (error) {
      if (!(error instanceof ClientError) || !error.retryable) throw error;
    }
  }
}

function once(session: Session, done: () => void): void {
  const end = session.subscribe(() => {
    end();
    done();
  });
}

function viewOf(session: Session, count: number): string[] {
  const { items } = session.getSnapshot().view;
  return items.slice(-count).map((item) => `${item.kind} ${item.runId}: ${textOf(item)}`);
}

function textOf(item: ViewItem): string {
  if ("content" in item) return item.content;
  return "outcome" in item ? item.outcome : "";
}
