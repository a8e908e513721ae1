/** The costs of a day that the agents of several processes count together. */
export interface SharedSpend {
  /**
   * Adds a cost in US dollars to a day (UTC), such as "2026-11-30". Resolves with the sum of that
   * day. Agents call it with 0 to read the sum.
   */
  add(day: string, costUsd: number): Promise<number>;
}
