import { AsyncResource } from "node:async_hooks";
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

/** A reader of pieces. Returns or resolves with false if it wants no more. */
export type TakePiece = (piece: Uint8Array) => boolean | Promise<boolean>;

/** The body of a response. */
export interface Body {
  /**
   * Passes the body to `take`, in the pieces that came. Resolves at the end, or when `take` wants
   * no more. Rejects when the body breaks, or with what `take` throws. Closes the request then,
   * unless it was released. Call it once.
   */
  read(take: TakePiece): Promise<void>;
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
export class FlowingBody implements Body {
  readonly #message: Readable;
  readonly #gatherTime: () => number;
  readonly #unread = new UnreadPieces();
  #isReleased = false;
  #ended: { failure: Error | undefined } | undefined;
  #gatherUntil = 0;
  #timer: NodeJS.Timeout | undefined;
  #take: TakePiece | undefined;
  /** Settle the read. */
  #resolve = () => {};
  #reject: (reason: unknown) => void = () => {};
  /** True from when pieces are to be handed over until their taker is done with them. */
  #isBusy = false;

  /** `gatherMs` returns the milliseconds in which pieces after a returned one are gathered. */
  constructor(message: Readable, gatherMs: () => number = gatherTime) {
    this.#message = message;
    this.#gatherTime = gatherMs;
    message.on("data", (piece: Buffer) => this.#add(piece));
    message.on("end", () => this.#end());
    message.on("error", (error) => this.#end(error));
    message.on("close", () => this.#endEarly());
  }

  async read(take: TakePiece): Promise<void> {
    // The socket may belong to another run, whose context is not this one's.
    const context = new AsyncResource("ModelAnswer");
    this.#take = (piece) => context.runInAsyncScope(take, undefined, piece);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
        this.#continue();
      });
    } finally {
      this.#take = undefined;
      clearTimeout(this.#timer);
      this.#message.removeAllListeners("data");
      if (this.#isReleased) drain(this.#message);
      else this.#message.destroy();
    }
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

  #add(piece: Buffer): void {
    this.#unread.add(piece);
    if (this.#unread.bytes >= MAX_UNREAD_BYTES) this.#message.pause();
    if (!this.#isBusy) this.#offer();
  }

  /** Hands over what came, at once or when enough time was given to what belongs to it. */
  #offer(): void {
    const waitMs = this.#unread.bytes < MAX_UNREAD_BYTES ? this.#gatherUntil - performance.now() : 0;
    if (waitMs <= 0) this.#handOverSoon();
    else this.#timer ??= setTimeout(this.#handOverSoon, waitMs);
  }

  /** A read of the socket may bring several pieces, of which each one has an event of its own. */
  readonly #handOverSoon = (): void => {
    if (this.#isBusy || !this.#take) return;
    this.#isBusy = true;
    void resolved.then(this.#handOver);
  };

  /** Runs when all pieces of a moment are here. */
  readonly #handOver = (): void => {
    if (!this.#take) return;
    if (this.#unread.bytes === 0) return this.#finish();
    try {
      const wantsMore = this.#take(this.#takeUnread());
      if (typeof wantsMore === "boolean") this.#taken(wantsMore);
      else wantsMore.then(this.#taken, this.#reject);
    } catch (error) {
      this.#reject(error);
    }
  };

  readonly #taken = (wantsMore: boolean): void => {
    this.#isBusy = false;
    if (wantsMore) this.#continue();
    else this.#resolve();
  };

  /** Waits for the next piece, unless it is here. */
  #continue(): void {
    if (this.#ended) this.#handOverSoon();
    else if (this.#unread.bytes > 0) this.#offer();
  }

  /** Settles the read of a body without a further piece. */
  #finish(): void {
    this.#isBusy = false;
    if (this.#ended?.failure) this.#reject(this.#ended.failure);
    else if (this.#ended) this.#resolve();
  }

  #takeUnread(): Uint8Array {
    const unread = this.#unread.take();
    // Late on a busy process, it would wake a reader for whom nothing has come.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#message.isPaused()) setImmediate(() => this.#message.resume());
    return unread;
  }

  /** After a whole answer, this is how its connection closes: an error would be made for nobody. */
  #endEarly(): void {
    if (!this.#ended) this.#end(new Error("The connection was closed in the middle of an answer."));
  }

  #end(failure?: Error): void {
    if (this.#ended) return;
    this.#ended = { failure };
    this.#handOverSoon();
  }
}

const resolved = Promise.resolve();

function drain(message: Readable): void {
  const timer = setTimeout(() => message.destroy(), DRAIN_MS).unref();
  // An error here would only say that the connection cannot be used again.
  message.on("error", () => {}).on("close", () => clearTimeout(timer));
  message.resume();
}
