import type { Row } from "./connection.ts";

// 16 MiB. The first line of a page may be larger alone.
const MAX_PAGE_BYTES = 16_777_216;
// A unit of UTF-16 has at most three bytes in UTF-8.
const BYTES_PER_CHAR = 3;

/**
 * Returns the rows of a query with a column `line` up to the one that passes the bytes of a page.
 * `order` is the order of the rows. A page of long messages would need more memory than a process
 * has.
 */
export function withinBytes(text: string, order: string, bytes = MAX_PAGE_BYTES): string {
  return `select p.* from (select l.*,
      sum(octet_length(l.line)) over (order by ${order}) - octet_length(l.line) as bytes_before
    from (${text}) l) p where p.bytes_before < ${bytes} order by ${order}`;
}

/**
 * Returns true if lines may follow on a page of {@link withinBytes}: it has as many lines as it
 * may, or perhaps as many bytes.
 */
export function mayHaveMore(rows: readonly Row[], lines: number, bytes = MAX_PAGE_BYTES): boolean {
  if (rows.length >= lines) return true;
  let chars = 0;
  for (const row of rows) chars += String(row["line"]).length;
  return BYTES_PER_CHAR * chars >= bytes;
}
