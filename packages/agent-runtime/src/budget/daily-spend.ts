import type { SharedSpend } from "@mini-openclaw/protocol";
import { invalidOption } from "../shared/check-options.ts";

const DAY_MS = 86_400_000;

interface DailySpendOptions {
  spentTodayUsd: number;
  now: () => number;
  /** The sum of all processes. */
  shared?: SharedSpend | undefined;
}

/** The known costs of one day. */
interface Page {
  readonly day: number;
  spentUsd: number;
  /** The part of `spentUsd` that the shared sum does not have. */
  unsharedUsd: number;
}

/**
 * The costs of all runs of an agent on one day (UTC), in US dollars as far as prices are known.
 * Costs count on the day on which they are known. The sum begins with what was spent today before,
 * and has the costs of other processes where they share one.
 */
export class DailySpend {
  readonly #options: DailySpendOptions;
  readonly #underWay = new Set<{ expectedUsd: number }>();
  #page: Page;

  constructor(options: DailySpendOptions) {
    this.#options = options;
    this.#page = { day: this.#today(), spentUsd: options.spentTodayUsd, unsharedUsd: 0 };
  }

  /** Returns what was spent today, and what requests under way are expected to cost. */
  todayUsd(): number {
    // Added up anew each time: what is added and subtracted again would leave rounding errors
    // behind.
    let sumUsd = this.#turnPage().spentUsd;
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
      const page = this.#turnPage();
      page.spentUsd += costUsd;
      page.unsharedUsd += costUsd;
      // A cost that cannot be shared now is shared before the next request.
      if (costUsd > 0) this.share()?.catch(() => undefined);
    };
  }

  /**
   * Adds the costs of this process to the shared sum, and counts those of the others from now on.
   * Rejects as the shared sum does. Returns `undefined` if nothing is shared.
   */
  share(): Promise<void> | undefined {
    const { shared } = this.#options;
    return shared && this.#share(shared);
  }

  async #share(shared: SharedSpend): Promise<void> {
    const page = this.#turnPage();
    const costUsd = page.unsharedUsd;
    page.unsharedUsd = 0;
    let sumUsd: unknown;
    try {
      sumUsd = await shared.add(new Date(page.day * DAY_MS).toISOString().slice(0, 10), costUsd);
    } catch (error) {
      page.unsharedUsd += costUsd;
      throw error;
    }
    // Some databases give numbers as texts.
    const isNumeric = typeof sumUsd === "number" || (typeof sumUsd === "string" && sumUsd.trim() !== "");
    const sum = isNumeric ? Number(sumUsd) : Number.NaN;
    if (Number.isNaN(sum)) throw invalidOption("sharedSpend.add(…)", "the day's sum, a number", sumUsd);
    page.spentUsd = Math.max(page.spentUsd, sum);
  }

  #turnPage(): Page {
    const day = this.#today();
    if (this.#page.day !== day) this.#page = { day, spentUsd: 0, unsharedUsd: 0 };
    return this.#page;
  }

  #today(): number {
    return Math.floor(this.#options.now() / DAY_MS);
  }
}
