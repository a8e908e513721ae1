import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

// Differs from every number of bytes.
const UNKNOWN = -1;

interface Pingable {
  ping(): void;
  /** Ends the socket without asking the other side. */
  terminate(): void;
}

/**
 * Pings each client every `intervalMs`, and ends a connection that has given no sign of life for a
 * whole interval: a laptop that went to sleep or a network that changed closes nothing.
 *
 * Any byte from the client counts, as in the middle of a large frame on a slow line. A byte that
 * waited for the client and has left counts too. The answer to a ping cannot come before the client
 * has read the bytes ahead of the ping.
 */
export class Heartbeat {
  readonly #intervalMs: number;
  /** In the order in which they beat next, as all wait equally long: one timer does for all. */
  readonly #pulses = new Set<Pulse>();
  #timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Watches a connection, until its pulse ends. */
  watch(webSocket: Pingable, socket: Duplex): Pulse {
    const pulse = new Pulse(this, webSocket, socket);
    this.#append(pulse, performance.now());
    this.#timer ??= setTimeout(() => this.#beatSoon(), this.#intervalMs);
    return pulse;
  }

  forget(pulse: Pulse): void {
    this.#pulses.delete(pulse);
    if (this.#pulses.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #append(pulse: Pulse, now: number): void {
    // Whole milliseconds take less memory.
    pulse.beatsAt = Math.floor(now) + this.#intervalMs;
    this.#pulses.add(pulse);
  }

  /** Not at once: after a pause of this process, what has arrived meanwhile is read first. */
  #beatSoon(): void {
    const now = performance.now();
    setImmediate(() => this.#beat(now));
  }

  #beat(now: number): void {
    for (const pulse of this.#pulses) {
      if (pulse.beatsAt > now) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#beatSoon(), pulse.beatsAt - performance.now());
        return;
      }
      this.#pulses.delete(pulse);
      this.#append(pulse, now);
      pulse.beat();
    }
  }
}

/** The signs of life of one connection. */
export class Pulse {
  beatsAt = 0;
  readonly #heartbeat: Heartbeat;
  readonly #webSocket: Pingable;
  readonly socket: Duplex & Partial<Pick<Socket, "bytesRead" | "bytesWritten">>;
  #came = UNKNOWN;
  /** Bytes that had left at the last ping, if others waited. */
  #left: number | undefined;

  constructor(heartbeat: Heartbeat, webSocket: Pingable, socket: Duplex) {
    this.#heartbeat = heartbeat;
    this.#webSocket = webSocket;
    this.socket = socket;
    if (this.socket.bytesRead !== undefined) return;
    socket.on("data", () => {
      this.#came = UNKNOWN;
    });
  }

  beat(): void {
    const { socket } = this;
    if (socket.destroyed) return;
    // Only a socket counts its bytes. Another stream has to answer the pings.
    const { bytesRead: came = 0, bytesWritten = 0 } = socket;
    // Bytes that the system has taken over for sending.
    const left = bytesWritten - socket.writableLength;
    const isAlive = came !== this.#came || (this.#left !== undefined && left > this.#left);
    if (!isAlive) return this.#webSocket.terminate();
    this.#came = came;
    this.#webSocket.ping();
    this.#left = socket.writableLength > 0 ? left : undefined;
  }

  end(): void {
    this.#heartbeat.forget(this);
  }
}
