import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** Bytes that have come: differs from every number of them. */
export const UNKNOWN = -1;

/**
 * A connection that a heartbeat watches. The heartbeat keeps its state in these fields, because an
 * object of its own would cost each idle connection 40 bytes.
 */
export interface Beating {
  readonly stream: Duplex & Partial<Pick<Socket, "bytesRead" | "bytesWritten">>;
  beatsAt: number;
  /** Bytes that had come at the last ping. `UNKNOWN` before it. */
  came: number;
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
  readonly #beating = new Set<Beating>();
  /** Bytes that had left at the last ping, of connections in which others waited. */
  readonly #left = new Map<Beating, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Watches a connection, until `forget`. */
  watch(one: Beating): void {
    // Only a socket counts its bytes.
    if (one.stream.bytesRead === undefined)
      one.stream.on("data", () => {
        one.came = UNKNOWN;
      });
    this.#append(one, performance.now());
    this.#timer ??= setTimeout(() => this.#beatSoon(), this.#intervalMs);
  }

  forget(one: Beating): void {
    this.#beating.delete(one);
    this.#left.delete(one);
    if (this.#beating.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #append(one: Beating, now: number): void {
    // Whole milliseconds take less memory.
    one.beatsAt = Math.floor(now) + this.#intervalMs;
    this.#beating.add(one);
  }

  /** Not at once: after a pause of this process, what has arrived meanwhile is read first. */
  #beatSoon(): void {
    const now = performance.now();
    setImmediate(() => this.#beat(now));
  }

  #beat(now: number): void {
    for (const one of this.#beating) {
      if (one.beatsAt > now) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#beatSoon(), one.beatsAt - performance.now());
        return;
      }
      this.#beating.delete(one);
      this.#append(one, now);
      this.#check(one);
    }
  }

  /** Pings a connection, or ends it if it has given no sign of life since the last ping. */
  #check(one: Beating): void {
    const { stream } = one;
    if (stream.destroyed) return;
    // Another stream than a socket has to answer the pings.
    const { bytesRead: came = 0, bytesWritten = 0 } = stream;
    // Bytes that the system has taken over for sending.
    const left = bytesWritten - stream.writableLength;
    const isAlive = came !== one.came || left > (this.#left.get(one) ?? left);
    if (!isAlive) return one.terminate();
    one.came = came;
    one.ping();
    if (stream.writableLength > 0) this.#left.set(one, left);
    else this.#left.delete(one);
  }
}
