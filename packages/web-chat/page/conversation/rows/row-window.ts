import type { Row } from "./row.ts";

/** The rows that have elements: those from `start` to before `end`. */
export interface RowWindow {
  readonly start: number;
  readonly end: number;
}

// A few screens. So many rows of a long conversation get elements at once.
const ROWS_AT_ONCE = 120;

/** Returns the window of the newest rows. */
export function newestWindow({ length }: readonly Row[]): RowWindow {
  return { start: Math.max(0, length - ROWS_AT_ONCE), end: length };
}

/** Returns a window with a row in its middle. */
export function windowAround({ length }: readonly Row[], index: number): RowWindow {
  const start = Math.max(0, index - ROWS_AT_ONCE / 2);
  return { start, end: Math.min(length, start + ROWS_AT_ONCE) };
}

export function withEarlier({ start, end }: RowWindow): RowWindow {
  return { start: Math.max(0, start - ROWS_AT_ONCE), end };
}

export function withLater({ start, end }: RowWindow, { length }: readonly Row[]): RowWindow {
  return { start, end: Math.min(length, end + ROWS_AT_ONCE) };
}

/**
 * Returns the window after the rows changed. Rows that are new at the end are in it if the last row
 * was, and rows that are new at the beginning are in it if the first row was.
 */
export function nextWindow(
  { start, end }: RowWindow,
  before: readonly Row[],
  rows: readonly Row[],
): RowWindow {
  const hadLast = end === before.length;
  const first = before[0]?.key;
  const added = Math.max(0, first === undefined ? 0 : rows.findIndex(({ key }) => key === first));
  const from = start === 0 ? 0 : start + added;
  const to = hadLast ? rows.length : Math.min(rows.length, end + added);
  // Rows that are gone leave at least the newest ones.
  return { start: Math.min(from, newestWindow(rows).start), end: to };
}

/**
 * Returns the indexes of the rows that can show the message with a number. A message with tool
 * calls has two, and the result of a call is in the row of its call.
 */
export function rowsWithSeq(rows: readonly Row[], seq: number): readonly number[] {
  const last = rows.findLastIndex((row) => (seqOf(row) ?? Number.POSITIVE_INFINITY) <= seq);
  const found = rows[last] && seqOf(rows[last]);
  if (found === undefined) return [];
  const first = rows.findIndex((row) => seqOf(row) === found);
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
}

function seqOf(row: Row): number | undefined {
  if (row.kind === "tools") return row.tools[0]?.seq;
  // An error without a run has the number 0.
  return "seq" in row && row.seq > 0 ? row.seq : undefined;
}
