import type { AuthCommand, ClientEvent, ServerEvent } from "@mini-openclaw/protocol";
import { type Clock, systemClock } from "./clock.ts";
import type { ConnectOptions, TokenSource } from "./connect-options.ts";
import { type ConnectionInput, type ConnectionState, nextConnection } from "./connection-state.ts";
import { ClientError, toRefusal } from "./errors.ts";
import { Observable } from "./observable.ts";
import { readFrame } from "./read-frame.ts";
import { reportFault } from "./report-fault.ts";
import {
  findWebSocket,
  toWebSocketUrl,
  type WebSocketConstructor,
  type WebSocketLike,
} from "./web-socket.ts";

/** Who hears of what a connection brings. */
export interface ConnectionListeners {
  /** The gateway greets a new connection. */
  onConnected: () => void;
  onFrame: (frame: ServerEvent) => void;
  /** A connection that was open is gone. */
  onLost: () => void;
  onFailure: (error: ClientError) => void;
}

/** Keeps a connection to the gateway: notices when it is dead, and makes it again with growing pauses. */
export class Connection {
  readonly state = new Observable<ConnectionState>({ phase: "waiting", attempt: 0, retryAt: 0 });
  readonly #url: string;
  readonly #token: string | TokenSource | undefined;
  readonly #WebSocket: WebSocketConstructor;
  readonly #connectTimeoutMs: number;
  readonly #pingIntervalMs: number;
  readonly #pongTimeoutMs: number;
  readonly #mayRetry: () => boolean | Promise<boolean>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #listeners: ConnectionListeners;
  #socket: WebSocketLike | undefined;
  #heard = false;
  /** Ends the one wait that goes on: for a greeting, for the next ping, for its answer, or for the next attempt. */
  #stopWaiting = () => {};

  /** @throws ClientError `INVALID_OPTION`, `NO_WEBSOCKET` */
  constructor(options: ConnectOptions, listeners: ConnectionListeners) {
    const {
      url,
      token,
      WebSocket,
      mayRetry = () => true,
      clock = systemClock,
      random = Math.random,
    } = options;
    const { connectTimeoutMs = 10_000, pingIntervalMs = 25_000, pongTimeoutMs = 10_000 } = options;
    this.#url = toWebSocketUrl(url, token !== undefined);
    this.#token = token;
    this.#WebSocket = findWebSocket(WebSocket);
    this.#connectTimeoutMs = connectTimeoutMs;
    this.#pingIntervalMs = pingIntervalMs;
    this.#pongTimeoutMs = pongTimeoutMs;
    this.#mayRetry = mayRetry;
    this.#clock = clock;
    this.#random = random;
    this.#listeners = listeners;
    this.retryNow();
  }

  /** Sends if the gateway has greeted; otherwise does nothing and says false. */
  transmit(event: ClientEvent): boolean {
    const isOpen = this.state.value.phase === "open";
    if (isOpen) this.#socket?.send(JSON.stringify(event));
    return isOpen;
  }

  /** Makes a connection, if there is none and none is being made. */
  retryNow(): void {
    const before = this.state.value;
    this.#next({ type: "retry" });
    // Whoever heard of it may have closed the client.
    if (this.state.value === before || this.state.value.phase !== "connecting") return;
    this.#wait(this.#connectTimeoutMs, () => this.#lost(this.#socket));
    const token = this.#token;
    if (typeof token === "function") void this.#askForToken(token);
    else this.#connect(token);
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
    this.#stopWaiting = this.#clock.after(delayMs, work);
  }

  async #askForToken(give: TokenSource): Promise<void> {
    const attempt = this.state.value;
    let token: string;
    try {
      token = await give();
    } catch (cause) {
      this.#listeners.onFailure(new ClientError("TOKEN_FAILED", String(cause), { retryable: true, cause }));
      if (this.state.value === attempt) this.#lost();
      return;
    }
    if (this.state.value === attempt) this.#connect(token);
  }

  #connect(token: string | undefined): void {
    const socket = new this.#WebSocket(this.#url);
    this.#socket = socket;
    // They stay for good: `ws` would end the process for an error that nobody listens to.
    socket.addEventListener("error", () => this.#lost(socket));
    socket.addEventListener("close", (event) => this.#lost(socket, toRefusal(event)));
    socket.addEventListener("message", ({ data: text }) => this.#receive(socket, text));
    if (token === undefined) return;
    const auth: AuthCommand = { type: "auth", token };
    socket.addEventListener("open", () => socket.send(JSON.stringify(auth)));
  }

  #receive(socket: WebSocketLike, text: unknown): void {
    if (socket !== this.#socket) return;
    this.#heard = true;
    const read = readFrame(text);
    if (!read.ok) {
      if (read.error) this.#listeners.onFailure(read.error);
      return;
    }
    const { frame } = read;
    if (frame.type === "connected" && this.state.value.phase === "connecting") {
      this.#watchLife(socket);
      this.#next({ type: "connected", greeting: frame, now: this.#clock.now() });
      this.#listeners.onConnected();
      return;
    }
    if (frame.type === "draining") this.drain();
    this.#listeners.onFrame(frame);
  }

  /** A half-open connection never says that it is gone: so it is asked. */
  #watchLife(socket: WebSocketLike): void {
    this.#wait(this.#pingIntervalMs, () => {
      this.#heard = false;
      this.transmit({ type: "ping" });
      this.#awaitAnswer(socket);
    });
  }

  #awaitAnswer(socket: WebSocketLike): void {
    const { bufferedAmount } = socket;
    this.#wait(this.#pongTimeoutMs, () => {
      if (this.#heard) this.#watchLife(socket);
      // A long message on a slow line goes before the ping.
      else if (socket.bufferedAmount < bufferedAmount) this.#awaitAnswer(socket);
      else this.#lost(socket);
    });
  }

  #lost(socket?: WebSocketLike, refusal?: ClientError): void {
    if (socket !== this.#socket) return;
    const wasOpen = this.state.value.phase === "open";
    this.#stopWaiting();
    this.#socket = undefined;
    socket?.close();
    const now = this.#clock.now();
    this.#next({ type: "lost", now, random: this.#random(), refusal });
    if (wasOpen) this.#listeners.onLost();
    const state = this.state.value;
    if (state.phase !== "waiting") return;
    this.#wait(state.retryAt - now, () => this.retryNow());
    if (!wasOpen) void this.#askWhetherToRetry(state);
  }

  async #askWhetherToRetry(waiting: ConnectionState): Promise<void> {
    try {
      if ((await this.#mayRetry()) || this.state.value !== waiting) return;
      this.#stopWaiting();
      this.#next({ type: "hold" });
    } catch (error) {
      reportFault(error);
    }
  }
}
