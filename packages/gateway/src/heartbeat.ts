import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

interface Pingable {
  ping(): void;
  /** Ends the socket without asking the other side. */
  terminate(): void;
}

/**
 * Pings the client every `intervalMs`, and ends a connection that has given no sign of life for a whole interval: a
 * laptop that went to sleep or a network that changed says no goodbye.
 *
 * Any byte from the client counts, as in the middle of a large frame on a slow line; so does a byte that waited for the client
 * and has left, because the answer to a ping cannot come before what was sent ahead of it has been read.
 */
export function keepAlive(webSocket: Pingable, socket: Duplex, intervalMs: number): void {
  let heard = true;
  let waiting = false;
  let left = 0;
  const judge = () => {
    if (socket.destroyed) return;
    const leftBefore = left;
    left = bytesLeft(socket);
    if (!heard && !(waiting && left > leftBefore)) return webSocket.terminate();
    heard = false;
    webSocket.ping();
    waiting = socket.writableLength > 0;
  };
  // Not at once: after a pause of this process, what has arrived meanwhile is read first.
  const timer = setInterval(() => setImmediate(judge), intervalMs);
  socket.on("data", () => {
    heard = true;
  });
  socket.on("close", () => clearInterval(timer));
}

/** Bytes that the system has taken over for sending. */
function bytesLeft(socket: Duplex): number {
  // Only a socket counts them; another stream has to answer the pings.
  const { bytesWritten = 0 } = socket as Partial<Socket>;
  return bytesWritten - socket.writableLength;
}
