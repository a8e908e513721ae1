import type { IncomingMessage } from "node:http";
import process from "node:process";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import type { WebSocketLike } from "./connection.ts";
import { keepAlive } from "./heartbeat.ts";

/** A WebSocket whose client can be made to wait. */
export interface UpgradedSocket extends WebSocketLike {
  /** Reads no more from the client. */
  pause(): void;
}

/** Turns an upgrade that was let in into a WebSocket, or answers what is wrong with its handshake. */
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

const ignore = () => undefined;

/**
 * Sends the frames of one moment in one write: each write costs as much as the rest of a frame's way. They leave after what
 * was begun in the same breath, such as the request to the model.
 */
class GatheringWebSocket extends WebSocket {
  #socket: Duplex | undefined;
  #isGathering = false;

  gatherOn(socket: Duplex): void {
    this.#socket = socket;
  }

  override send(...frame: unknown[]): void {
    if (!this.#isGathering && this.#socket) {
      this.#isGathering = true;
      this.#socket.cork();
      // Twice: what this turn has begun stands in the same queue, before the second.
      process.nextTick(process.nextTick, release, this);
    }
    super.send(...(frame as Parameters<WebSocket["send"]>));
  }

  release(): void {
    this.#isGathering = false;
    this.#socket?.uncork();
  }
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
    // Chosen: a client has no reason to send a frame in many pieces. `ws` allows 16,384 and 262,144.
    maxFragments: 1024,
    maxBufferedChunks: 65_536,
    // Chosen: who has not said goodbye within 5 s is not going to. `ws` waits 30.
    closeTimeout: 5000,
    // Never the first one offered, as `ws` does by itself: that may be the token.
    handleProtocols: chooseSubprotocol,
    WebSocket: GatheringWebSocket,
  } as const;
  const server = new WebSocketServer(options);
  return (request, socket, head, onOpen) =>
    server.handleUpgrade(request, socket, head, (webSocket) => {
      // Without a listener a broken frame would end the process. What matters is `close`, which follows.
      webSocket.on("error", ignore);
      webSocket.gatherOn(socket);
      onOpen(webSocket);
      // After it, as it takes listeners off the socket: a list of two costs less than one that was longer.
      keepAlive(webSocket, socket, heartbeatMs);
    });
}
