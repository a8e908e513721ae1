import { sized } from "./sized.mjs";

/**
 * Measures several things side by side: in each round every one has its turn, so that a busy
 * machine is fair to all.
 * @template {string} Name
 * @param {Record<Name, () => Promise<number>>} measures
 * @param {{ warmUp: number, rounds: number }} times
 * @returns {Promise<Record<Name, number[]>>} without the warm-up
 */
export async function inTurns(measures, { warmUp, rounds }) {
  const names = /** @type {Name[]} */ (Object.keys(measures));
  /** @type {Partial<Record<Name, number[]>>} */
  const measured = {};
  const all = warmUp + sized(rounds, 1);
  for (let round = sized(0, warmUp); round < all; round += 1) {
    for (const name of names) {
      const value = await measures[name]();
      if (round >= warmUp) (measured[name] ??= []).push(value);
    }
  }
  return /** @type {Record<Name, number[]>} */ (measured);
}
