interface Entry<Value> {
  readonly value: Value;
  weight: number;
  /** The number of callers that use the value now. */
  pins: number;
}

/**
 * Values by key, of which the least recently used ones are removed when all together are too heavy.
 */
export class WeightedLru<Value> {
  readonly #maxWeight: number;
  /** Most recently used last. */
  readonly #entries = new Map<string, Entry<Value>>();
  #weight = 0;

  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  /** Returns the value of a key, or a new one that weighs 1, and keeps it until `unpin`. */
  pin(key: string, create: () => Value): Value {
    const known = this.#entries.get(key);
    const entry = known ?? { value: create(), weight: 1, pins: 0 };
    if (!known) this.#weight += entry.weight;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.pins += 1;
    return entry.value;
  }

  setWeight(key: string, weight: number): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#weight += weight - entry.weight;
    entry.weight = weight;
  }

  /** Removes the value of a key, unless somebody uses it. */
  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry || entry.pins > 0) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
  }

  /**
   * Ends one use of a value. Then removes the least recently used values that nobody uses and that
   * may be removed.
   */
  unpin(key: string, mayRemove: (key: string) => boolean): void {
    const used = this.#entries.get(key);
    if (used) used.pins -= 1;
    for (const [one, { weight, pins }] of this.#entries) {
      if (this.#weight <= this.#maxWeight) return;
      if (pins > 0 || !mayRemove(one)) continue;
      this.#entries.delete(one);
      this.#weight -= weight;
    }
  }
}
