import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

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

  /** Looks after a connection until its socket closes. */
  watch(webSocket: Pingable, socket: Duplex): void {
    const pulse = new Pulse(webSocket, socket);
    this.#append(pulse, performance.now());
    this.#timer ??= setTimeout(() => this.#beatSoon(), this.#intervalMs);
    socket.on("close", () => this.#forget(pulse));
  }

  #append(pulse: Pulse, now: number): void {
    // Whole milliseconds take less memory.
    pulse.beatsAt = Math.floor(now) + this.#intervalMs;
    this.#pulses.add(pulse);
  }

  #forget(pulse: Pulse): void {
    this.#pulses.delete(pulse);
    if (this.#pulses.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
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

/** A class, as most of what a connection that does nothing costs would be closures. */
class Pulse {
  beatsAt = 0;
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
