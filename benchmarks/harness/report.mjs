import { cpus, loadavg } from "node:os";

/** @param {readonly number[]} values @param {number} share such as 0.5 for the median */
export function percentile(values, share) {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** @param {readonly number[]} values */
export const median = (values) => percentile(values, 0.5);

/** @param {number} bytes */
export const mebibytes = (bytes) => bytes / 1_048_576;

/**
 * Prints what was asked, on what machine, and what came out. Numbers get three significant digits.
 * @param {{ question: string, goal: string, rows: readonly Record<string, string | number>[] }}
 * result
 */
export function report({ question, goal, rows }) {
  const names = Object.keys(rows[0] ?? {});
  const cells = [names, ...rows.map((row) => names.map((name) => show(row[name])))];
  const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  console.log(`\n${question}`);
  console.log(`Goal: ${goal}`);
  console.log(`${machine()}\n`);
  for (const [index, line] of cells.entries()) {
    console.log(line.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join("  "));
    if (index === 0) console.log(widths.map((width) => "-".repeat(width)).join("  "));
  }
}

/** @param {string | number | undefined} value */
function show(value) {
  if (typeof value !== "number") return value ?? "";
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

/** @param {string} cell @param {number} width @param {number} column */
const pad = (cell, width, column) => (column === 0 ? cell.padEnd(width) : cell.padStart(width));

function machine() {
  const all = cpus();
  const date = new Date().toISOString().slice(0, 10);
  // Above the number of cores, the machine was busy with other things too, and times mean less than
  // ratios.
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${date}, Node ${process.versions.node}, ${process.platform}, ${all.length} × ${all[0]?.model.trim()}, load ${load}`;
}
