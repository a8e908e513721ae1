const DAY_MS = 86_400_000;

/**
 * The costs of all runs of an agent on one day (UTC), in US dollars as far as prices are known.
 * Costs count on the day on which they are known. The sum is kept in one process, and begins with
 * what was spent today before.
 */
export class DailySpend {
  readonly #now: () => number;
  readonly #underWay = new Set<{ expectedUsd: number }>();
  #day: number;
  #spentUsd: number;

  constructor({ spentTodayUsd, now }: { spentTodayUsd: number; now: () => number }) {
    this.#now = now;
    this.#day = this.#today();
    this.#spentUsd = spentTodayUsd;
  }

  /** Returns what was spent today, and what requests under way are expected to cost. */
  todayUsd(): number {
    this.#turnPage();
    // Added up anew each time: what is added and subtracted again would leave rounding errors
    // behind.
    let sumUsd = this.#spentUsd;
    for (const { expectedUsd } of this.#underWay) sumUsd += expectedUsd;
    return sumUsd;
  }

  /**
   * Counts what a request is expected to cost, until the returned function is called with what it
   * did cost.
   */
  reserve(expectedUsd: number): (costUsd: number) => void {
    const request = { expectedUsd };
    this.#underWay.add(request);
    return (costUsd) => {
      this.#underWay.delete(request);
      this.#turnPage();
      this.#spentUsd += costUsd;
    };
  }

  #turnPage(): void {
    if (this.#day === this.#today()) return;
    this.#day = this.#today();
    this.#spentUsd = 0;
  }

  #today(): number {
    return Math.floor(this.#now() / DAY_MS);
  }
}
