import type { Segment } from "../format/session-lines.ts";
import { StoreError } from "../model/errors.ts";

// 16 MiB: a thousand large messages. Beyond it the disk is not keeping up.
const MAX_CHARS = 16_777_216;

/** The text of a session that is written and waits for the disk. */
export class UnsyncedText {
  readonly #files: { sync(): Promise<void> };
  readonly #onEmpty: () => void;
  #count = 0;
  #chars = 0;

  /** `onEmpty` is called when nothing waits any more. */
  constructor(files: { sync(): Promise<void> }, onEmpty: () => void) {
    this.#files = files;
    this.#onEmpty = onEmpty;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** @throws StoreError `QUEUE_FULL` */
  assertRoom(sessionId: string): void {
    if (this.#chars <= MAX_CHARS) return;
    throw new StoreError(
      "QUEUE_FULL",
      `More than 16 MiB of session ${sessionId} wait for the disk. Retry later.`,
    );
  }

  /**
   * Syncs, then calls `then`. Resolves callers in the order of their calls. No other code runs
   * between the end of a wait and its `then`.
   */
  async sync<T = void>(segments: readonly Segment[], then?: () => T): Promise<T> {
    const chars = segments.reduce((sum, { lines }) => sum + lines.length, 0);
    this.#count += 1;
    this.#chars += chars;
    try {
      await this.#files.sync();
    } finally {
      this.#count -= 1;
      this.#chars -= chars;
      if (this.isEmpty) this.#onEmpty();
    }
    return then?.() as T;
  }
}
