import type { Clock } from "./clock.ts";
import type { ClientError } from "./errors.ts";
import type { WebSocketConstructor } from "./web-socket.ts";

/** Gives the token for the connection that is about to be made. */
export type TokenSource = () => string | Promise<string>;

export interface ConnectOptions {
  /** Where the gateway accepts WebSockets, such as `wss://example.com/claw`. */
  url: string | URL;
  /** @default the platform's; Node before 22 has none: pass that of `ws` */
  WebSocket?: WebSocketConstructor;
  /**
   * Lets in to a gateway with a token. Goes as the first frame of each connection, never in the URL, which ends in logs. A
   * function is asked before each connection; where it fails, another attempt is made later.
   */
  token?: string | TokenSource;
  /** Closes the client when it aborts. */
  signal?: AbortSignal;
  /** How long a connection may take until the gateway has greeted. @default 10000 */
  connectTimeoutMs?: number;
  /** Pause between pings. @default 25000, below the 60 s after which common proxies drop a silent connection */
  pingIntervalMs?: number;
  /** How long the gateway may take to answer a ping before the connection counts as dead. @default 10000 */
  pongTimeoutMs?: number;
  /**
   * Asked after a connection could not be made: false stops trying until `retryNow()`. For pages that can find out that
   * they have to log in first.
   * @default always true
   */
  mayRetry?: () => boolean | Promise<boolean>;
  /** Hears of frames that are not the protocol, and of refusals that answer nothing. @default prints them */
  onFailure?: (error: ClientError) => void;
  /** @default the machine's */
  clock?: Clock;
  /** Spreads reconnects; in [0, 1). @default Math.random */
  random?: () => number;
}
