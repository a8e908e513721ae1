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
  const pulse = new Pulse(webSocket, socket);
  const timer = setInterval(beatSoon, intervalMs, pulse);
  socket.on("close", () => clearInterval(timer));
}

/** Not at once: after a pause of this process, what has arrived meanwhile is read first. */
function beatSoon(pulse: Pulse): void {
  setImmediate(() => pulse.beat());
}

/** A class, as most of what a connection that does nothing costs would be closures. */
class Pulse {
  readonly #webSocket: Pingable;
  readonly #socket: Duplex & Partial<Pick<Socket, "bytesRead" | "bytesWritten">>;
  #came = -1;
  #left = 0;
  #waiting = false;
  #dataEvents = 0;

  constructor(webSocket: Pingable, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    if (this.#socket.bytesRead !== undefined) return;
    socket.on("data", () => {
      this.#dataEvents += 1;
    });
  }

  beat(): void {
    if (this.#socket.destroyed) return;
    const { bytesRead: came = this.#dataEvents } = this.#socket;
    const left = this.#bytesLeft();
    const isAlive = came !== this.#came || (this.#waiting && left > this.#left);
    if (!isAlive) return this.#webSocket.terminate();
    this.#came = came;
    this.#left = left;
    this.#webSocket.ping();
    this.#waiting = this.#socket.writableLength > 0;
  }

  /** Bytes that the system has taken over for sending. */
  #bytesLeft(): number {
    // Only a socket counts them; another stream has to answer the pings.
    const { bytesWritten = 0, writableLength } = this.#socket;
    return bytesWritten - writableLength;
  }
}
