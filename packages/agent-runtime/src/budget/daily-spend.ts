import type { SharedSpend } from "@mini-openclaw/protocol";

const DAY_MS = 86_400_000;

interface DailySpendOptions {
  spentTodayUsd: number;
  now: () => number;
  /** The sum of all processes. */
  shared?: SharedSpend | undefined;
}

/**
 * The costs of all runs of an agent on one day (UTC), in US dollars as far as prices are known.
 * Costs count on the day on which they are known. The sum begins with what was spent today before,
 * and has the costs of other processes where they share one.
 */
export class DailySpend {
  readonly #options: DailySpendOptions;
  readonly #underWay = new Set<{ expectedUsd: number }>();
  #day: number;
  #spentUsd: number;
  /** The part of `#spentUsd` that the shared sum does not have. */
  #unsharedUsd = 0;

  constructor(options: DailySpendOptions) {
    this.#options = options;
    this.#day = this.#today();
    this.#spentUsd = options.spentTodayUsd;
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
      this.#unsharedUsd += costUsd;
      // A cost that cannot be shared now is shared before the next request.
      if (costUsd > 0) this.share().catch(() => undefined);
    };
  }

  /**
   * Adds the costs of this process to the shared sum, and counts those of the others from now on.
   * Rejects as the shared sum does.
   */
  async share(): Promise<void> {
    const { shared } = this.#options;
    if (!shared) return;
    this.#turnPage();
    const day = this.#day;
    const costUsd = this.#unsharedUsd;
    this.#unsharedUsd = 0;
    try {
      const sumUsd = await shared.add(new Date(day * DAY_MS).toISOString().slice(0, 10), costUsd);
      if (day === this.#day) this.#spentUsd = Math.max(this.#spentUsd, sumUsd);
    } catch (error) {
      if (day === this.#day) this.#unsharedUsd += costUsd;
      throw error;
    }
  }

  #turnPage(): void {
    if (this.#day === this.#today()) return;
    this.#day = this.#today();
    this.#spentUsd = 0;
    this.#unsharedUsd = 0;
  }

  #today(): number {
    return Math.floor(this.#options.now() / DAY_MS);
  }
}
