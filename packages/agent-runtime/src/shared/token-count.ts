/** A server that reports more tokens than this for one request is not to be believed. */
const MAX_COUNT = 1_000_000_000;

/**
 * Returns a number of tokens as a whole number from 0 on, or `undefined` where the server reports
 * none.
 */
export function toCount(value: unknown): number | undefined {
  const isNumber = typeof value === "number" || (typeof value === "string" && value.trim() !== "");
  const count = isNumber ? Number(value) : Number.NaN;
  if (Number.isNaN(count)) return undefined;
  return Math.min(MAX_COUNT, Math.max(0, Math.round(count)));
}
