import { ClientError } from "./errors.ts";

/** What the client needs of a WebSocket: part of the standard interface, as browsers, Node 22 and `ws` have it. */
export interface WebSocketLike {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code?: number; reason?: string }) => void): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
}

/** A class of WebSockets, such as `WebSocket` of `ws`. */
export type WebSocketConstructor = new (url: string) => WebSocketLike;

/**
 * The class given, or else the platform's.
 *
 * @throws ClientError `NO_WEBSOCKET` where there is neither.
 */
export function findWebSocket(given: WebSocketConstructor | undefined): WebSocketConstructor {
  const found = given ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (found) return found;
  throw new ClientError("NO_WEBSOCKET", 'WebSocket: this runtime has none; install "ws" and pass its class');
}

/**
 * The address to connect to, where the token is the first frame if there is one. `http` and `https` become `ws` and `wss`.
 *
 * @throws ClientError `INVALID_OPTION`
 */
export function toWebSocketUrl(url: string | URL, hasToken: boolean): string {
  const text = String(url);
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed && /^(ws|http)s?:$/.test(parsed.protocol)) {
    parsed.protocol = parsed.protocol.replace("http", "ws");
    parsed.hash = "";
    if (hasToken) parsed.searchParams.set("auth", "frame");
    return parsed.href;
  }
  throw new ClientError(
    "INVALID_OPTION",
    `url: expected an absolute address of ws, wss, http or https, got ${JSON.stringify(text)}`,
  );
}
