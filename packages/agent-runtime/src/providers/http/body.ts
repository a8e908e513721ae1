import type { Readable } from "node:stream";
import { gatherTime, MAX_GATHER_MS } from "../../shared/gather-time.ts";

/**
 * The most bytes of an answer that are buffered unread. Then its socket pauses, and resumes in the
 * turn of the event loop after they are read. Without this limit, a fast server gets up to 32 reads
 * of 64 KiB in a row, and all other work waits (libuv, `uv__read`). The limit is about three
 * hundred deltas. No model at its own pace comes near it.
 */
const MAX_UNREAD_BYTES = 32_768;

/** Characters of a line. A reader who gets a whole one at once does not wait for the next one. */
const BULK_CHARS = 100;

/**
 * Milliseconds for a complete response to end, so that its connection can be used again.
 */
const DRAIN_MS = 1000;

/** The body of a response, in the pieces that came. Closes the request when the reader stops. */
export interface Body extends AsyncIterable<Uint8Array> {
  /**
   * Joins all bytes of the next moment in one piece, if the process is busy or if much was shown.
   * Call it when a piece of so many characters was shown.
   */
  gather(chars: number): void;
  /** Keeps the connection for the next request. Call it when the turn is complete. */
  release(): void;
  /** Ends the body, although its server may send more. */
  end(): void;
}

/** Pieces that came and were not read. */
class UnreadPieces {
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }

  /** Removes all pieces, and returns them as one. */
  take(): Uint8Array {
    const pieces = this.#pieces;
    this.#bytes = 0;
    // A pop keeps the memory of the list for the next piece.
    return pieces.length === 1 ? (pieces.pop() as Buffer) : Buffer.concat(pieces.splice(0));
  }
}

/**
 * Reads a body as it flows: all that came since the last piece is the next one. The end waits for
 * nothing.
 */
export class FlowingBody implements Body, AsyncIterator<Uint8Array> {
  readonly #message: Readable;
  readonly #gatherTime: () => number;
  readonly #unread = new UnreadPieces();
  #isReleased = false;
  #ended: { failure: Error | undefined } | undefined;
  #gatherUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Wakes the read that waits, if there is one. */
  #wake = () => {};

  /** `gatherMs` returns the milliseconds in which pieces after a returned one are gathered. */
  constructor(message: Readable, gatherMs: () => number = gatherTime) {
    this.#message = message;
    this.#gatherTime = gatherMs;
    message.on("data", (piece: Buffer) => this.#take(piece));
    message.on("end", () => this.#end());
    message.on("error", (error) => this.#end(error));
    message.on("close", () => this.#end(new Error("The connection was closed in the middle of an answer.")));
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this;
  }

  /** Uses the same two functions for each piece, because pieces are many. */
  next(): Promise<IteratorResult<Uint8Array>> {
    return new Promise<void>(this.#wait).then(this.#deliver);
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    clearTimeout(this.#timer);
    this.#message.removeAllListeners("data");
    if (this.#isReleased) drain(this.#message);
    else this.#message.destroy();
    return { done: true, value: undefined };
  }

  gather(chars: number): void {
    const gatherMs = chars < BULK_CHARS ? this.#gatherTime() : MAX_GATHER_MS;
    this.#gatherUntil = performance.now() + gatherMs;
  }

  release(): void {
    this.#isReleased = true;
  }

  end(): void {
    this.#end();
    this.#message.destroy();
  }

  readonly #wait = (wake: () => void): void => {
    this.#wake = wake;
    if (this.#ended) wake();
    else if (this.#unread.bytes > 0) this.#offer();
  };

  /** Runs when all pieces of a moment are here. */
  readonly #deliver = (): IteratorResult<Uint8Array> => {
    if (this.#unread.bytes > 0) return { done: false, value: this.#takeUnread() };
    if (this.#ended?.failure) throw this.#ended.failure;
    return { done: true, value: undefined };
  };

  #take(piece: Buffer): void {
    this.#unread.add(piece);
    if (this.#unread.bytes >= MAX_UNREAD_BYTES) this.#message.pause();
    this.#offer();
  }

  /** Hands over what came, at once or when enough time was given to what belongs to it. */
  #offer(): void {
    const waitMs = this.#unread.bytes < MAX_UNREAD_BYTES ? this.#gatherUntil - performance.now() : 0;
    if (waitMs <= 0) this.#wake();
    else this.#timer ??= setTimeout(() => this.#wake(), waitMs);
  }

  #takeUnread(): Uint8Array {
    const unread = this.#unread.take();
    // Late on a busy process, it would wake a reader for whom nothing has come.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#message.isPaused()) setImmediate(() => this.#message.resume());
    return unread;
  }

  #end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = { failure };
    this.#wake();
  }
}

function drain(message: Readable): void {
  const timer = setTimeout(() => message.destroy(), DRAIN_MS).unref();
  // An error here would only say that the connection cannot be used again.
  message.on("error", () => {}).on("close", () => clearTimeout(timer));
  message.resume();
}
