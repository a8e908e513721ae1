import { type AuthCommand, type ClientEvent, defaultLimits, type ServerEvent } from "@mini-openclaw/protocol";
import type { ConnectOptions } from "../src/connection/connect-options.ts";
import { Connection } from "../src/connection/connection.ts";
import type { WebSocketLike } from "../src/connection/web-socket.ts";
import { ManualClock } from "./manual-clock.ts";

/** A WebSocket without a network: a test is the other side. */
export class FakeSocket implements WebSocketLike {
  readonly sent: (ClientEvent | AuthCommand)[] = [];
  readonly url: string;
  bufferedAmount = 0;
  isClosed = false;
  readonly #target = new EventTarget();

  constructor(url = "") {
    this.url = url;
  }

  /** The id of the last command. */
  get lastId(): string {
    const last = this.sent.at(-1);
    return (last && "id" in last && last.id) || "";
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientEvent | AuthCommand);
  }

  close(): void {
    this.isClosed = true;
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#target.addEventListener(type, listener as (event: Event) => void);
  }

  tell(type: "open" | "close" | "error"): void {
    this.#target.dispatchEvent(new Event(type));
  }

  /** The gateway closes it. */
  end(code: number, reason = ""): void {
    this.#target.dispatchEvent(Object.assign(new Event("close"), { code, reason }));
  }

  receive(frame: ServerEvent | string): void {
    const text = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.#target.dispatchEvent(new MessageEvent("message", { data: text }));
  }

  greet(sessionId = "s"): void {
    this.receive({ type: "connected", sessionId, limits: defaultLimits });
  }
}

/** A connection over fake sockets, in a time that only the test moves. */
export function testConnection(options: Partial<ConnectOptions> = {}) {
  const sockets: FakeSocket[] = [];
  const heard: string[] = [];
  const clock = new ManualClock();
  class OwnSocket extends FakeSocket {
    constructor(url: string) {
      super(url);
      sockets.push(this);
    }
  }
  class TestConnection extends Connection {
    protected override onConnected(): void {
      const state = this.state.value;
      heard.push(`connected ${state.phase === "open" && state.sessionId}`);
    }
    protected override onFrame({ type }: ServerEvent): void {
      heard.push(type);
    }
    protected override onLost(): void {
      heard.push("lost");
    }
  }
  const connection = new TestConnection({
    ...{ url: "ws://gateway.example/", WebSocket: OwnSocket, clock, random: () => 1 },
    onFailure: ({ code, message }) => heard.push(`${code}: ${message}`),
    ...options,
  });
  connection.retryNow();
  return {
    connection,
    clock,
    sockets,
    heard,
    get socket() {
      const socket = sockets.at(-1);
      if (!socket) throw new Error("no socket was opened");
      return socket;
    },
    get phase() {
      return connection.state.value.phase;
    },
  };
}
