import type { Duplex } from "node:stream";

// Each costs a socket and some kilobytes. A stranger that opens 1,000 a second still leaves a
// client a second to show its token.
const MAX_NEWCOMERS = 1024;

/**
 * The sockets that have not shown yet that they may use the gateway. A stranger can open any number
 * of them, so the one that has waited longest is closed when there are too many. Clients with the
 * token always find room that way.
 */
export class Newcomers {
  readonly #waiting = new Map<Duplex, (socket: Duplex) => void>();
  readonly #forget: (this: Duplex) => void;
  readonly #most: number;

  constructor(most = MAX_NEWCOMERS) {
    this.#most = most;
    const waiting = this.#waiting;
    this.#forget = function (this: Duplex) {
      waiting.delete(this);
    };
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** `refuse` closes the socket when it must make room. */
  add(socket: Duplex, refuse: (socket: Duplex) => void = destroy): void {
    if (socket.destroyed || this.#waiting.has(socket)) return;
    if (this.#waiting.size >= this.#most) this.refuseOldest();
    this.#waiting.set(socket, refuse);
    socket.on("close", this.#forget);
  }

  /** Stops limiting a socket. Its owner has been let in, or it belongs to somebody else. */
  admit(socket: Duplex): void {
    if (this.#waiting.delete(socket)) socket.off("close", this.#forget);
  }

  refuseOldest(): void {
    for (const [socket, refuse] of this.#waiting) {
      this.admit(socket);
      return refuse(socket);
    }
  }

  closeAll(): void {
    for (const socket of this.#waiting.keys()) socket.destroy();
  }
}

function destroy(socket: Duplex): void {
  socket.destroy();
}
