import type { ClientEvent, ServerEvent } from "@mini-openclaw/protocol";
import { parseServerEvent } from "@mini-openclaw/protocol/schema";
import { retryDelayMs } from "./retry-delay.ts";

/** Where the page's connection stands. */
export type ConnectionState =
  | { readonly phase: "connecting" }
  | { readonly phase: "open" }
  /** Lost, or never made; the next attempt comes at `retryAt`. */
  | { readonly phase: "waiting"; readonly retryAt: number; readonly everOpen: boolean }
  /** Refused for want of a token. Nothing is tried before `retryNow`. */
  | { readonly phase: "locked" };

export interface ConnectionOptions {
  url: string;
  /** Whether the gateway asks for a token that this page has not given. Asked when a connection is not made. */
  isLocked: () => Promise<boolean>;
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
export function connect({ url, isLocked, onState, onEvent }: ConnectionOptions): Connection {
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
    let isMade = false;
    socket = opened;
    opened.onopen = () => {
      isMade = true;
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
    opened.onclose = () => {
      lost(opened);
      if (!isMade) void stopIfLocked();
    };
  }

  async function stopIfLocked(): Promise<void> {
    const timer = retryTimer;
    if (!(await isLocked()) || timer !== retryTimer || socket) return;
    clearTimeout(retryTimer);
    onState({ phase: "locked" });
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
