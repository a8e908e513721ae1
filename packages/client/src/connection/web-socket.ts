import { ClientError, invalidOption } from "../lib/errors.ts";

/** The part of the standard WebSocket that the client uses. Browsers, Node 22 and `ws` have it. */
export interface WebSocketLike {
  /** The number of bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code?: number; reason?: string }) => void): void;
  addEventListener(type: "open" | "error", listener: (event?: object) => void): void;
}

/** A class of WebSockets, such as `WebSocket` of `ws`. */
export type WebSocketConstructor = new (url: string) => WebSocketLike;

/**
 * Returns the class that was passed, or else the platform's.
 *
 * @throws ClientError `NO_WEBSOCKET` if there is neither.
 */
export function findWebSocket(given: WebSocketConstructor | undefined): WebSocketConstructor {
  const found = given ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (found) return found;
  throw new ClientError("NO_WEBSOCKET", '`WebSocket` must be a class. Install "ws" and pass its.');
}

/**
 * Returns the address to connect to. `http` and `https` become `ws` and `wss`. With a token, the
 * address asks the gateway to read it from the first frame.
 *
 * @throws ClientError `INVALID_OPTION`
 */
export function toWebSocketUrl(url: string | URL, hasToken: boolean): string {
  try {
    const parsed = new URL(url, (globalThis as { location?: { href: string } }).location?.href);
    parsed.protocol = parsed.protocol.replace("http", "ws");
    parsed.hash = "";
    if (hasToken) parsed.searchParams.set("auth", "frame");
    if (/^wss?:/.test(parsed.href)) return parsed.href;
  } catch {
    // Browsers of 2022 have no `URL.canParse`.
  }
  throw invalidOption(`\`url\` must be of ws, wss, http or https, got "${url as string}".`);
}

// The close codes of PROTOCOL.md for faults of the client, which a new connection would repeat.
const REFUSALS = /^100[2789]$/;

interface EndEvent {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

/**
 * Returns the reason why a connection ended, from its `error` or `close` event. It is not retryable
 * if a new connection would end the same way. `ws` names the HTTP status, browsers give no reason.
 */
export function toReason(event: EndEvent = {}): ClientError {
  const { code = 0, reason = "", message = `close code ${code} ${reason}` } = event;
  if (code === 4401) return new ClientError("UNAUTHORIZED", `${message}. Pass another \`token\`.`);
  if (REFUSALS.test(code as unknown as string)) return new ClientError("REFUSED", message);
  return new ClientError("CONNECT_FAILED", message, { retryable: true });
}
