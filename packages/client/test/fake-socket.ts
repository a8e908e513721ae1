import { type ClientEvent, defaultLimits, type ServerEvent } from "@mini-openclaw/protocol";
import { Connection, type ConnectionParts } from "../src/connection.ts";
import type { WebSocketLike } from "../src/web-socket.ts";
import { ManualClock } from "./manual-clock.ts";

/** A WebSocket without a network: a test is the other side. */
export class FakeSocket implements WebSocketLike {
  readonly sent: ClientEvent[] = [];
  bufferedAmount = 0;
  isClosed = false;
  readonly #target = new EventTarget();

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientEvent);
  }

  close(): void {
    this.isClosed = true;
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#target.addEventListener(type, listener as (event: Event) => void);
  }

  tell(type: "close" | "error"): void {
    this.#target.dispatchEvent(new Event(type));
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
export function testConnection(options: Partial<ConnectionParts> = {}) {
  const sockets: FakeSocket[] = [];
  const heard: string[] = [];
  const clock = new ManualClock();
  const connection = new Connection({
    url: "ws://gateway.example/",
    WebSocket: class extends FakeSocket {
      constructor() {
        super();
        sockets.push(this);
      }
    },
    clock,
    random: () => 1,
    connectTimeoutMs: 10_000,
    pingIntervalMs: 25_000,
    pongTimeoutMs: 10_000,
    mayRetry: () => true,
    onConnected: ({ sessionId }) => heard.push(`connected ${sessionId}`),
    onFrame: ({ type }) => heard.push(type),
    onLost: () => heard.push("lost"),
    onFailure: ({ code, message }) => heard.push(`${code}: ${message}`),
    ...options,
  });
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
