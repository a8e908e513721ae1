import type { AppendFile } from "../files/append-file.ts";
import type { WriterLock } from "../files/writer-lock.ts";
import { reason, StoreError } from "../model/errors.ts";

// I7 of the README: a writer that lost its files finds out within these times. Live events are
// many, and no transcript has them.
const CHECK_EVERY_MS = { kept: 50, live: 250 };

/** The proof that a session's files are still its writer's: the lock, checked from time to time. */
export class Ownership {
  readonly #acquire: () => WriterLock;
  #lock: WriterLock | undefined;
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** `acquire` acquires the lock before the first entry of a new session. */
  constructor(acquire: () => WriterLock, lock: WriterLock | undefined) {
    this.#acquire = acquire;
    this.#lock = lock;
  }

  /**
   * Returns true while lock and transcript are this writer's. Acquires the lock if there is none
   * yet.
   */
  isOwn(transcript: AppendFile | undefined, what: "kept" | "live"): boolean {
    const now = performance.now();
    if (now - this.#checkedAt < CHECK_EVERY_MS[what]) return true;
    this.#lock ??= this.#acquire();
    try {
      if (!this.#lock.isHeld() || transcript?.isIntact() === false) return false;
    } catch (cause) {
      throw new StoreError("WRITE_FAILED", `Cannot check the lock: ${reason(cause)}.`, { cause });
    }
    this.#checkedAt = now;
    return true;
  }

  /** Returns true if the lock is held now. */
  isHeld(): boolean {
    return this.#lock?.isHeld() === true;
  }

  release(): void {
    this.#lock?.release();
  }
}
