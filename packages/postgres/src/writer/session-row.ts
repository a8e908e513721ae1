import type { SessionMeta } from "@mini-openclaw/protocol";
import type { Summary } from "@mini-openclaw/session-store/kit";
import type { Row } from "../connection/connection.ts";

/** A row of the table of sessions. */
export interface SessionRow {
  readonly sid: number;
  readonly node: number | undefined;
  /** The summary of the entries. */
  readonly summary: Summary;
  readonly runAfter: number | undefined;
  /** The newest number that the row knows, live events included. */
  readonly lastSeq: number;
}

/** Returns the columns of a session for {@link toSessionRow}. */
export function sessionColumns(schema: string): string {
  return `s.num, s.node, s.summary, s.created, s.run_after, s.last_seq,
    (select max(l.seq) from ${schema}.live l where l.sid = s.num) as live_seq`;
}

/** Reads a row of {@link sessionColumns}. */
export function toSessionRow(row: Row): SessionRow {
  const summary = JSON.parse(String(row["summary"])) as Summary;
  const lastSeq = Math.max(Number(row["last_seq"]), Number(row["live_seq"] ?? 0));
  const createdAt = Number(row["created"]);
  const { meta } = summary;
  // The database chose the time of creation, which orders the sessions of a key.
  const updatedAt = meta.lastSeq === 0 ? createdAt : meta.updatedAt;
  return {
    sid: Number(row["num"]),
    node: toNumber(row["node"]),
    summary: { ...summary, meta: { ...meta, createdAt, updatedAt } },
    runAfter: toNumber(row["run_after"]),
    lastSeq,
  };
}

/** Returns the meta of a row, live events included. */
export function toMeta(row: Row): SessionMeta {
  const { summary, lastSeq } = toSessionRow(row);
  return { ...summary.meta, lastSeq };
}

function toNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
