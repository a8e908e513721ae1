import type { Segment } from "../format/session-lines.ts";
import { StoreError } from "../model/errors.ts";

/**
 * A task that runs one at a time. Calls that come during a run share the next run, which begins
 * after the last of them, so that promises resolve in the order of the calls.
 */
export class SharedRuns {
  readonly #task: () => Promise<void>;
  #current: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(task: () => Promise<void>) {
    this.#task = task;
  }

  /** Resolves when a run that began after this call has ended. */
  run(): Promise<void> {
    if (!this.#current) {
      this.#current = this.#task().finally(() => {
        this.#current = undefined;
      });
      return this.#current;
    }
    this.#next ??= this.#current
      .catch(() => {}) // The callers of that run handle its error.
      .then(() => {
        this.#next = undefined;
        return this.run();
      });
    return this.#next;
  }
}

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
