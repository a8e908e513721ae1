import type { ClientEvent, ConnectedEvent, ServerEvent } from "@mini-openclaw/protocol";
import type { Clock } from "./clock.ts";
import { type ConnectionInput, type ConnectionState, nextConnection } from "./connection-state.ts";
import type { ClientError } from "./errors.ts";
import { Observable } from "./observable.ts";
import { readFrame } from "./read-frame.ts";
import { reportFault } from "./report-fault.ts";
import type { WebSocketConstructor, WebSocketLike } from "./web-socket.ts";

/** What a connection is made of, and to whom it tells what. */
export interface ConnectionParts {
  url: string;
  WebSocket: WebSocketConstructor;
  clock: Clock;
  random: () => number;
  connectTimeoutMs: number;
  pingIntervalMs: number;
  pongTimeoutMs: number;
  mayRetry: () => boolean | Promise<boolean>;
  /** The gateway greets a new connection. */
  onConnected: (greeting: ConnectedEvent) => void;
  onFrame: (frame: ServerEvent) => void;
  /** A connection that was open is gone. */
  onLost: () => void;
  onFailure: (error: ClientError) => void;
}

/** Keeps a connection to the gateway: notices when it is dead, and makes it again with growing pauses. */
export class Connection {
  readonly state = new Observable<ConnectionState>({ phase: "connecting", attempt: 0 });
  readonly #parts: ConnectionParts;
  #socket: WebSocketLike | undefined;
  #heard = false;
  /** Ends the one wait that goes on: for a greeting, for the next ping, for its answer, or for the next attempt. */
  #stopWaiting = () => {};

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#open();
  }

  /** Sends if the gateway has greeted; otherwise does nothing and says false. */
  transmit(event: ClientEvent): boolean {
    if (this.state.value.phase !== "open" || !this.#socket) return false;
    this.#socket.send(JSON.stringify(event));
    return true;
  }

  retryNow(): void {
    const { phase } = this.state.value;
    if (phase === "waiting" || phase === "held") this.#open();
  }

  /** Gives up the present socket, as if the network had, and makes another. */
  drop(): void {
    this.#lost(this.#socket);
  }

  /** The gateway refused a message because it is stopping. */
  drain(): void {
    this.#next({ type: "draining" });
  }

  close(): void {
    this.#stopWaiting();
    const socket = this.#socket;
    this.#socket = undefined;
    this.#next({ type: "close" });
    socket?.close();
  }

  #next(input: ConnectionInput): void {
    this.state.set(nextConnection(this.state.value, input));
  }

  #wait(delayMs: number, work: () => void): void {
    this.#stopWaiting();
    this.#stopWaiting = this.#parts.clock.after(delayMs, work);
  }

  #open(): void {
    const { url, WebSocket, connectTimeoutMs } = this.#parts;
    const socket = new WebSocket(url);
    this.#socket = socket;
    // They stay for good: `ws` would end the process for an error that nobody listens to.
    socket.addEventListener("error", () => this.#lost(socket));
    socket.addEventListener("close", () => this.#lost(socket));
    socket.addEventListener("message", ({ data: text }) => this.#receive(socket, text));
    this.#wait(connectTimeoutMs, () => this.#lost(socket));
    this.#next({ type: "retry" });
  }

  #receive(socket: WebSocketLike, text: unknown): void {
    if (socket !== this.#socket) return;
    this.#heard = true;
    const read = readFrame(text);
    if (!read.ok) {
      if (read.error) this.#parts.onFailure(read.error);
      return;
    }
    const { frame } = read;
    if (frame.type === "connected" && this.state.value.phase === "connecting") {
      this.#watchLife(socket);
      this.#next({ type: "connected", limits: frame.limits, now: this.#parts.clock.now() });
      this.#parts.onConnected(frame);
      return;
    }
    if (frame.type === "draining") this.drain();
    this.#parts.onFrame(frame);
  }

  /** A half-open connection never says that it is gone: so it is asked. */
  #watchLife(socket: WebSocketLike): void {
    const { pingIntervalMs, pongTimeoutMs } = this.#parts;
    this.#wait(pingIntervalMs, () => {
      this.#heard = false;
      this.transmit({ type: "ping" });
      this.#awaitAnswer(socket, pongTimeoutMs);
    });
  }

  #awaitAnswer(socket: WebSocketLike, pongTimeoutMs: number): void {
    const { bufferedAmount } = socket;
    this.#wait(pongTimeoutMs, () => {
      if (this.#heard) this.#watchLife(socket);
      // A long message on a slow line goes before the ping.
      else if (socket.bufferedAmount < bufferedAmount) this.#awaitAnswer(socket, pongTimeoutMs);
      else this.#lost(socket);
    });
  }

  #lost(socket: WebSocketLike | undefined): void {
    if (!socket || socket !== this.#socket) return;
    const wasOpen = this.state.value.phase === "open";
    this.#socket = undefined;
    socket.close();
    const { clock, random } = this.#parts;
    this.#next({ type: "lost", now: clock.now(), random: random() });
    if (wasOpen) this.#parts.onLost();
    const state = this.state.value;
    if (state.phase !== "waiting") return;
    this.#wait(state.retryAt - clock.now(), () => this.#open());
    if (!wasOpen) void this.#askWhetherToRetry(state);
  }

  async #askWhetherToRetry(waiting: ConnectionState): Promise<void> {
    try {
      if ((await this.#parts.mayRetry()) || this.state.value !== waiting) return;
      this.#stopWaiting();
      this.#next({ type: "hold" });
    } catch (error) {
      reportFault(error);
    }
  }
}
