import { setTimeout as sleep } from "node:timers/promises";
import type { RecordedEvent } from "@mini-openclaw/protocol";

/** The part of a socket that an outbox needs. */
export interface Sink {
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  send(text: string): void;
}

// 1 MiB of frames that a client has not read; measured: a reading client on loopback stays below 64
// KiB. Full, answers to its own frames wait, and its watch becomes a reader of the log.
const FULL_BYTES = 1_048_576;

// A client that is behind by a mebibyte does not notice. The WebSocket interface has no event for
// it.
const POLL_MS = 50;

/**
 * The frames that wait for one socket. Its size is bounded: a sender checks `isFull` first, and
 * awaits `drained`.
 */
export class Outbox {
  readonly #sink: Sink;
  #isClosed = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  get isFull(): boolean {
    return this.#sink.bufferedAmount >= FULL_BYTES;
  }

  /** Hands a frame to the socket; does nothing when that is gone. */
  send(text: string): void {
    if (!this.#isClosed) this.#sink.send(text);
  }

  /** Sends a recorded event in the words that it comes in. */
  show({ json }: RecordedEvent): void {
    this.send(json);
  }

  /** Resolves when there is room, or when the socket is gone. */
  async drained(): Promise<void> {
    while (this.isFull && !this.#isClosed) await sleep(POLL_MS);
  }

  close(): void {
    this.#isClosed = true;
  }
}
