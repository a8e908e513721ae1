const DAY_MS = 86_400_000;

/** What all runs of an agent cost on one day (UTC), in US dollars as far as prices are known. */
export interface DayLedger {
  /** What was spent today, and what requests under way are expected to cost. */
  todayUsd(): number;
  /** Counts what a request is expected to cost, until it is told, once, what it did. */
  expect(expectedUsd: number): (costUsd: number) => void;
}

/** A ledger of one process that begins with what was spent today before. Costs count on the day on which they are known. */
export function createDayLedger({
  spentTodayUsd,
  now,
}: {
  spentTodayUsd: number;
  now: () => number;
}): DayLedger {
  const today = () => Math.floor(now() / DAY_MS);
  let page = { day: today(), spentUsd: spentTodayUsd };
  // Added up anew each time: what is added and taken away again would leave rounding errors behind.
  const underWay = new Set<{ expectedUsd: number }>();
  const todaysPage = () => {
    if (page.day !== today()) page = { day: today(), spentUsd: 0 };
    return page;
  };
  return {
    todayUsd() {
      let sumUsd = todaysPage().spentUsd;
      for (const { expectedUsd } of underWay) sumUsd += expectedUsd;
      return sumUsd;
    },
    expect(expectedUsd) {
      const request = { expectedUsd };
      underWay.add(request);
      return (costUsd) => {
        underWay.delete(request);
        todaysPage().spentUsd += costUsd;
      };
    },
  };
}
