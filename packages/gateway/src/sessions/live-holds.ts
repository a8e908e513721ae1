/**
 * Watches that still read the live events of a session, which must be kept until each of them has
 * read them.
 */
export class LiveHolds {
  readonly #counts = new Map<string, number>();
  readonly #waiting = new Map<string, () => void>();
  #isOver = false;

  /**
   * Keeps the live events of a session. Returns a function that lets them go, and may be called
   * again.
   */
  hold(sessionId: string): () => void {
    this.#counts.set(sessionId, (this.#counts.get(sessionId) ?? 0) + 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#release(sessionId);
      isHeld = false;
    };
  }

  has(sessionId: string): boolean {
    return !this.#isOver && this.#counts.has(sessionId);
  }

  /**
   * Calls `onReleased` once, when nobody holds the session any longer. A later call replaces an
   * earlier one.
   */
  onReleased(sessionId: string, onReleased: () => void): void {
    this.#waiting.set(sessionId, onReleased);
  }

  /** Lets the live events of all sessions go, and keeps none from now on. */
  releaseAll(): void {
    this.#isOver = true;
    for (const onReleased of this.#waiting.values()) onReleased();
    this.#waiting.clear();
  }

  #release(sessionId: string): void {
    const count = (this.#counts.get(sessionId) ?? 0) - 1;
    if (count > 0) {
      this.#counts.set(sessionId, count);
      return;
    }
    this.#counts.delete(sessionId);
    const onReleased = this.#waiting.get(sessionId);
    this.#waiting.delete(sessionId);
    onReleased?.();
  }
}
