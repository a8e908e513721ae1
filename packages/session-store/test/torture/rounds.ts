/** True for the long version, with `TORTURE=long`. The short one runs with the other tests. */
export const isLong = process.env["TORTURE"] === "long";

/** Picks the number of rounds. */
export function rounds({ short, long }: { short: number; long: number }): number {
  return isLong ? long : short;
}
