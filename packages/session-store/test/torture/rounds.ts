/**
 * How long the torture goes on: `TORTURE=long` is for people, the short version for every change.
 */
export const isLong = process.env["TORTURE"] === "long";

/** Picks the number of rounds. */
export function rounds({ short, long }: { short: number; long: number }): number {
  return isLong ? long : short;
}
