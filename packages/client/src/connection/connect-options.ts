import type { ClientError } from "../lib/errors.ts";
import type { Clock } from "../lib/runtime.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

/** Returns the token for the connection that is about to be made. */
export type TokenSource = () => string | Promise<string>;

/** The options of `connect`. */
export interface ConnectOptions {
  /**
   * The address of the gateway's WebSocket, such as `wss://example.com/claw`. In a browser it may
   * be relative to the page, such as `/claw`.
   */
  url: string | URL;
  /** @default the platform's. Node before 22 has none: pass the class of `ws` */
  WebSocket?: WebSocketConstructor;
  /**
   * The token of the gateway. The client sends it as the first frame, because URLs end in logs. A
   * function is called before each connection. If it fails, the client tries again later.
   */
  token?: string | TokenSource;
  /** Closes the client when it aborts. */
  signal?: AbortSignal;
  /** The time that a connection may take until the gateway has greeted. @default 10000 */
  connectTimeoutMs?: number;
  /**
   * The pause between pings.
   * @default 25000, because common proxies drop silent connections after 60 s
   */
  pingIntervalMs?: number;
  /**
   * The time after which a connection without an answer to a ping counts as lost.
   * @default 10000
   */
  pongTimeoutMs?: number;
  /**
   * Called after a connection could not be made. If it returns false, the client waits for
   * `retryNow()`. A page can use it to ask for a login first.
   * @default always true
   */
  mayRetry?: () => boolean | Promise<boolean>;
  /**
   * Called with failures that no promise reports: a connection that cannot be made, a callback of
   * the app that throws, a frame that is not part of the protocol.
   * @default prints them
   */
  onFailure?: (error: ClientError) => void;
  /** @default the machine's clock */
  clock?: Clock;
  /** Spreads reconnects. Returns a number in [0, 1). @default Math.random */
  random?: () => number;
}
