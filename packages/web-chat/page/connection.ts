import type { ClientEvent, ServerEvent } from "@mini-openclaw/protocol";
import { parseServerEvent } from "@mini-openclaw/protocol/schema";
import { retryDelayMs } from "./retry-delay.ts";

/** Where the page's connection stands. */
export type ConnectionState =
  | { readonly phase: "connecting" }
  | { readonly phase: "open" }
  /** Lost, or refused: a gateway that asks for a token looks like this too. `everOpen` tells them apart. */
  | { readonly phase: "waiting"; readonly retryAt: number; readonly everOpen: boolean };

export interface ConnectionOptions {
  url: string;
  onState: (state: ConnectionState) => void;
  onEvent: (event: ServerEvent) => void;
}

export interface Connection {
  /** Sends now, or not at all: false when the connection is not open. */
  send(event: ClientEvent): boolean;
  /** Connects without waiting any longer. */
  retryNow(): void;
}

// Chosen: below the 60 s after which common proxies drop a silent connection.
const pingIntervalMs = 25_000;

/** Keeps a connection to the gateway: a lost one is made again, with growing pauses. */
export function connect({ url, onState, onEvent }: ConnectionOptions): Connection {
  let socket: WebSocket | undefined;
  let failures = 0;
  let everOpen = false;
  let retryTimer = 0;
  let pingTimer = 0;

  function open(): void {
    clearTimeout(retryTimer);
    onState({ phase: "connecting" });
    const opened = new WebSocket(url);
    let silent = false;
    socket = opened;
    opened.onopen = () => {
      everOpen = true;
      onState({ phase: "open" });
      pingTimer = window.setInterval(() => {
        if (silent) lost(opened);
        else opened.send(JSON.stringify({ type: "ping" } satisfies ClientEvent));
        silent = true;
      }, pingIntervalMs);
    };
    opened.onmessage = ({ data: text }: MessageEvent<unknown>) => {
      silent = false;
      const parsed = parseServerEvent(String(text));
      // A newer gateway may say things that this page does not know.
      if (!parsed.ok) return;
      failures = 0;
      onEvent(parsed.value);
    };
    opened.onclose = () => lost(opened);
  }

  function lost(closed: WebSocket): void {
    if (socket !== closed) return;
    socket = undefined;
    clearInterval(pingTimer);
    closed.close();
    const delayMs = retryDelayMs(failures, Math.random());
    failures += 1;
    retryTimer = window.setTimeout(open, delayMs);
    onState({ phase: "waiting", retryAt: Date.now() + delayMs, everOpen });
  }

  open();
  return {
    send(event) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(event));
      return true;
    },
    retryNow() {
      if (!socket) open();
    },
  };
}
