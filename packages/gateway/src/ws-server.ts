import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocketLike } from "./connection.ts";

/** Turns an upgrade that was let in into a WebSocket. */
export type Upgrade = (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  onOpen: (webSocket: WebSocketLike) => void,
) => void;

/** The only place that knows `ws`. */
export function createUpgrade({ maxFrameBytes }: { maxFrameBytes: number }): Upgrade {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    // Costs 250 KiB a connection; measured.
    perMessageDeflate: false,
    clientTracking: false,
    // Chosen: a client has no reason to send a frame in many pieces. `ws` allows 16,384 and 262,144.
    maxFragments: 1024,
    maxBufferedChunks: 65_536,
  });
  return (request, socket, head, onOpen) => server.handleUpgrade(request, socket, head, onOpen);
}
