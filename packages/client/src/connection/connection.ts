import type { AuthCommand, ClientEvent, ServerEvent } from "@mini-openclaw/protocol";
import { type ClientError, failureOf, invalidOption } from "../lib/errors.ts";
import { Observable } from "../lib/observable.ts";
import { callSafely, systemClock } from "../lib/runtime.ts";
import type { ConnectOptions } from "./connect-options.ts";
import { type ConnectionInput, type ConnectionState, nextConnection } from "./connection-state.ts";
import { readFrame } from "./read-frame.ts";
import {
  findWebSocket,
  toReason,
  toWebSocketUrl,
  type WebSocketConstructor,
  type WebSocketLike,
} from "./web-socket.ts";

const defaults = {
  connectTimeoutMs: 10_000,
  pingIntervalMs: 25_000,
  pongTimeoutMs: 10_000,
  mayRetry: (): boolean | Promise<boolean> => true,
  onFailure: (error: ClientError): void => console.error(error),
  clock: systemClock,
  random: Math.random,
};

/**
 * A lasting connection to the gateway. It notices when it is dead and reconnects with growing
 * pauses. Begins with `retryNow()`.
 */
export abstract class Connection {
  declare readonly state: Observable<ConnectionState>;
  readonly #url: string;
  readonly #WebSocket: WebSocketConstructor;
  readonly #options: typeof defaults & { token: ConnectOptions["token"] };
  #socket: WebSocketLike | undefined;
  #isAlive = false;
  #isReported = false;
  /** Cancels the one timer: for a greeting, the next ping, its answer, or the next attempt. */
  #cancelTimer = () => {};

  /** @throws ClientError `INVALID_OPTION`, `NO_WEBSOCKET` */
  constructor({ url, WebSocket, token, ...others }: Omit<ConnectOptions, "signal">) {
    this.#options = { ...defaults, token };
    for (const [name, value] of Object.entries(others)) {
      if (!(name in defaults)) throw invalidOption(`\`${name}\` is no option of \`connect\`.`);
      if (value !== undefined) this.#options[name as "random"] = value as () => number;
    }
    this.#url = toWebSocketUrl(url, token !== undefined);
    this.#WebSocket = findWebSocket(WebSocket);
    this.state = new Observable<ConnectionState>({ phase: "held", attempt: 0 }, this.failed("listener"));
  }

  /** The gateway has greeted a new connection. */
  protected abstract onConnected(): void;
  protected abstract onFrame(frame: ServerEvent): void;
  /** A connection that was open is lost. */
  protected abstract onLost(): void;

  /** Sends if the gateway has greeted. */
  transmit(command: ClientEvent): void {
    if (this.state.value.phase === "open") this.#guard(() => this.#socket?.send(JSON.stringify(command)));
  }

  /** Calls `work` after a pause. Returns a function that cancels. */
  after(delayMs: number, work: () => void): () => void {
    return this.#options.clock.after(delayMs, () => this.#guard(work));
  }

  /** Reports a failure that no promise reports. */
  report(error: ClientError): void {
    // A failure of `onFailure` itself has nowhere else to go.
    callSafely(() => this.#options.onFailure(error), defaults.onFailure as (failure: unknown) => void);
  }

  /** Returns a function that reports the failure of a callback of the app. */
  failed(subject: string, code = "CALLBACK_FAILED"): (cause: unknown) => void {
    return (cause) => this.report(failureOf(code, subject, cause));
  }

  /** Connects now, if there is no connection and none is being made. */
  readonly retryNow = (): void => {
    const before = this.state.value;
    this.#next({ type: "retry" });
    const attempt = this.state.value;
    // A listener may have closed the client.
    if (attempt === before || attempt.phase !== "connecting") return;
    const { token, connectTimeoutMs } = this.#options;
    this.#startTimer(connectTimeoutMs, () =>
      this.#lost(this.#socket, failureOf("CONNECT_FAILED", "no greeting")),
    );
    if (typeof token !== "function") return this.#connect(token);
    new Promise<string>((resolve) => resolve(token())).then(
      (value) => this.state.value === attempt && this.#connect(value),
      (cause) =>
        this.state.value === attempt && this.#lost(undefined, failureOf("TOKEN_FAILED", "token", cause)),
    );
  };

  /** Leaves the present socket, as if the network had cut it, and reconnects. */
  drop(): void {
    this.#lost(this.#socket);
  }

  /** Marks the gateway as stopping: it takes no messages. */
  drain(): void {
    this.#next({ type: "draining" });
  }

  close(): void {
    this.#cancelTimer();
    this.#next({ type: "close" });
    this.#leave();
  }

  #next(input: ConnectionInput): void {
    this.state.set(nextConnection(this.state.value, input));
  }

  #startTimer(delayMs: number, work: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.after(delayMs, work);
  }

  /** Does work that uses the socket. A connection for which it throws or rejects counts as lost. */
  #guard(work: () => unknown): void {
    callSafely(work, (cause) =>
      callSafely(
        () => this.#lost(this.#socket, failureOf("CONNECT_FAILED", "connection", cause)),
        this.failed("connection"),
      ),
    );
  }

  #connect(token: string | undefined): void {
    this.#guard(() => {
      const socket = new this.#WebSocket(this.#url);
      const onEnd = (event?: object) => this.#guard(() => this.#lost(socket, toReason(event)));
      this.#socket = socket;
      // These listeners stay: `ws` would end the process for an error without a listener.
      socket.addEventListener("error", onEnd);
      socket.addEventListener("close", onEnd);
      socket.addEventListener("message", ({ data }) => this.#receive(socket, data));
      if (token === undefined) return;
      const auth: AuthCommand = { type: "auth", token };
      socket.addEventListener("open", () => this.#guard(() => socket.send(JSON.stringify(auth))));
    });
  }

  #receive(socket: WebSocketLike, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#isAlive = true;
    try {
      const frame = readFrame(data);
      if (frame?.type === "connected" && this.state.value.phase === "connecting") {
        this.#isReported = false;
        this.#watchLife(socket);
        this.#next({ type: "connected", greeting: frame, now: this.#options.clock.now() });
        this.onConnected();
      } else if (frame) this.onFrame(frame);
    } catch (cause) {
      this.failed("frame", "INVALID_FRAME")(cause);
    }
  }

  /** Pings, because a half-open connection never reports that it is lost. */
  #watchLife(socket: WebSocketLike): void {
    this.#startTimer(this.#options.pingIntervalMs, () => {
      this.#isAlive = false;
      this.transmit({ type: "ping" });
      this.#awaitAnswer(socket);
    });
  }

  #awaitAnswer(socket: WebSocketLike): void {
    const { bufferedAmount } = socket;
    this.#startTimer(this.#options.pongTimeoutMs, () => {
      if (this.#isAlive) this.#watchLife(socket);
      // A long message on a slow line goes before the ping.
      else if (socket.bufferedAmount < bufferedAmount) this.#awaitAnswer(socket);
      else this.#lost(socket);
    });
  }

  #lost(socket: WebSocketLike | undefined, error?: ClientError): void {
    if (socket !== this.#socket) return;
    const wasOpen = this.state.value.phase === "open";
    const { clock, random, mayRetry } = this.#options;
    this.#cancelTimer();
    this.#leave();
    const now = clock.now();
    this.#next({ type: "lost", now, random: random(), error });
    if (wasOpen) this.onLost();
    const state = this.state.value;
    if (state.phase !== "waiting") return;
    this.#startTimer(state.retryAt - now, this.retryNow);
    if (wasOpen) return;
    // Once for all attempts in a row. The state has the reason of each.
    if (error && !this.#isReported) this.report(error);
    this.#isReported = true;
    new Promise<boolean>((resolve) => resolve(mayRetry())).then((isAllowed) => {
      if (isAllowed || this.state.value !== state) return;
      this.#cancelTimer();
      this.#next({ type: "hold" });
    }, this.failed("mayRetry"));
  }

  #leave(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    // Nothing depends on a socket that is left.
    callSafely(
      () => socket?.close(),
      () => {},
    );
  }
}
