// Nobody mistypes a token more often, and a script that guesses is stopped early.
const MAX_WRONG = 10;
const WINDOW_MS = 60_000;

// Bounds the memory that a flood from many addresses can fill. The oldest address is forgotten.
const MAX_ADDRESSES = 1000;

interface Window {
  count: number;
  endsAt: number;
}

/**
 * Counts wrong tokens by the address that sent them, loopback like any other.
 *
 * Only clients with a wrong token are counted, so that nobody can lock out somebody who has the
 * token, not even from the same address. The length of the token keeps guessers out. The count
 * separates them from people who mistyped.
 */
export class WrongTokens {
  readonly #windows = new Map<string, Window>();
  readonly #now: () => number;

  /** `now` is in milliseconds, from any clock that never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Counts one more. Returns the milliseconds until this address may be wrong again, when it was
   * too often.
   */
  add(address: string): number | undefined {
    const now = this.#now();
    let window = this.#windows.get(address);
    if (!window || window.endsAt <= now) {
      this.#windows.delete(address);
      window = { count: 0, endsAt: now + WINDOW_MS };
      this.#windows.set(address, window);
      this.#forgetOldest();
    }
    window.count += 1;
    return window.count > MAX_WRONG ? window.endsAt - now : undefined;
  }

  #forgetOldest(): void {
    if (this.#windows.size <= MAX_ADDRESSES) return;
    for (const [address] of this.#windows) {
      this.#windows.delete(address);
      return;
    }
  }
}
