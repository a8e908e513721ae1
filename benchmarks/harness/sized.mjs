import process from "node:process";

/**
 * Returns the first number, or the second in a smoke run, which only shows that all of it works.
 * @param {number} full @param {number} smoke
 */
export const sized = (full, smoke) => (process.env["BENCH_SMOKE"] ? smoke : full);
