import type { ServerEvent } from "@mini-openclaw/protocol";

// A page shows about as many sessions. The oldest notice is dropped, and a list that is loaded anew
// has its session.
const MAX_PENDING = 100;

interface Socket {
  readonly isFull: boolean;
  /** Resolves when there is room, or when the socket is gone. */
  drained(): Promise<void>;
  send(event: ServerEvent): void;
}

/**
 * Notices of other sessions, which a client gets without asking. While much waits for a client that
 * does not read, only the newest notice of each session is kept.
 */
export class Notices {
  readonly #socket: Socket;
  readonly #pending = new Map<string, ServerEvent>();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(sessionId: string, notice: ServerEvent): void {
    const isWaiting = this.#pending.size > 0;
    if (!isWaiting && !this.#socket.isFull) return this.#socket.send(notice);
    this.#pending.delete(sessionId);
    this.#pending.set(sessionId, notice);
    if (this.#pending.size > MAX_PENDING) this.#takeOldest();
    if (!isWaiting) void this.#sendWhenDrained();
  }

  async #sendWhenDrained(): Promise<void> {
    while (this.#pending.size > 0) {
      await this.#socket.drained();
      // The newest state of the session, and the order of the sessions, are those of now.
      const oldest = this.#takeOldest();
      if (oldest) this.#socket.send(oldest);
    }
  }

  #takeOldest(): ServerEvent | undefined {
    for (const [sessionId, notice] of this.#pending) {
      this.#pending.delete(sessionId);
      return notice;
    }
    return undefined;
  }
}
