import type { IncomingMessage } from "node:http";
import process from "node:process";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { Heartbeat } from "./heartbeat.ts";
import type { WebSocketLike } from "./web-socket.ts";

/** A WebSocket whose client can be made to wait. */
export interface UpgradedSocket extends WebSocketLike {
  /** Reads no more from the client. */
  pause(): void;
}

/**
 * Turns an upgrade that was let in into a WebSocket, or answers what is wrong with its handshake.
 */
export type Upgrade = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  onOpen: (webSocket: UpgradedSocket) => void,
) => void;

interface UpgradeOptions {
  maxFrameBytes: number;
  heartbeatMs: number;
  /** Which of the subprotocols that a client offers is taken. */
  chooseSubprotocol: (offered: Iterable<string>) => string | false;
}

const ignore = () => {};

/**
 * A WebSocket of `ws`. The frames of one moment are sent in one write, as each write costs as much
 * as the rest of a frame's way; they leave after what was begun in the same breath, such as the
 * request to the model. Listeners get no event objects: those, and what `ws` wraps around a
 * listener for them, cost half of what a connection does that is idle.
 */
class GatheringWebSocket implements UpgradedSocket {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  #isGathering = false;

  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  get bufferedAmount(): number {
    return this.#webSocket.bufferedAmount;
  }

  get readyState(): number {
    return this.#webSocket.readyState;
  }

  get protocol(): string {
    return this.#webSocket.protocol;
  }

  send(text: string): void {
    if (!this.#isGathering) {
      this.#isGathering = true;
      this.#socket.cork();
      process.nextTick(releaseSoon, this);
    }
    this.#webSocket.send(text);
  }

  /** Sends what was gathered. */
  release(): void {
    this.#isGathering = false;
    this.#socket.uncork();
  }

  close(code?: number, reason?: string): void {
    this.#webSocket.close(code, reason);
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  addEventListener(type: "message" | "close" | "error", listener: (event: { data: unknown }) => void): void {
    if (type !== "message") return void this.#webSocket.on(type, listener);
    this.#webSocket.on(type, (data: Buffer, isBinary) =>
      listener({ data: isBinary ? data : data.toString() }),
    );
  }

  pause(): void {
    this.#webSocket.pause();
  }
}

/** Waits for the work that this turn has begun. It is in the same queue, and goes first. */
function releaseSoon(webSocket: GatheringWebSocket): void {
  process.nextTick(release, webSocket);
}

function release(webSocket: GatheringWebSocket): void {
  webSocket.release();
}

/** The only place that knows `ws`. */
export function createUpgrade({ maxFrameBytes, heartbeatMs, chooseSubprotocol }: UpgradeOptions): Upgrade {
  const options = {
    noServer: true,
    maxPayload: maxFrameBytes,
    // Costs 250 KiB a connection; measured.
    perMessageDeflate: false,
    clientTracking: false,
    // A client has no reason to send a frame in many pieces. `ws` allows 16,384 and 262,144.
    maxFragments: 1024,
    maxBufferedChunks: 65_536,
    // A client that has not answered a close frame within 5 s never does. `ws` waits 30 s.
    closeTimeout: 5000,
    // Never the first one offered, as `ws` does by itself: that may be the token.
    handleProtocols: chooseSubprotocol,
  } as const;
  const server = new WebSocketServer(options);
  const heartbeat = new Heartbeat(heartbeatMs);
  return (request, socket, head, onOpen) =>
    server.handleUpgrade(request, socket, head, (webSocket) => {
      // Without a listener a broken frame would end the process. What matters is `close`, which
      // follows.
      webSocket.on("error", ignore);
      onOpen(new GatheringWebSocket(webSocket, socket));
      // After it, as it takes listeners off the socket: a list of two costs less than one that was
      // longer.
      heartbeat.watch(webSocket, socket);
    });
}
