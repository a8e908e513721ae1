import { type Entry, type RecordedEvent, toEvent } from "@mini-openclaw/protocol";
import { parseServerEvent } from "@mini-openclaw/protocol/schema";
import { parseTranscriptText, toJson, upgradeLegacyLine } from "@mini-openclaw/session-store/kit";
import type { Query, Row } from "../connection/connection.ts";
import { mayHaveMore, withinBytes } from "../connection/page-of-lines.ts";

const PAGE_LINES = 500;

/** Returns the entry of a line, or `undefined` for a line that this version does not know. */
export function toEntryOf(line: string, seq: number): Entry | undefined {
  const parsed = parseTranscriptText(line);
  if (parsed.kind === "entry") return parsed.entry;
  return parsed.kind === "legacy" ? upgradeLegacyLine(parsed.message, seq) : undefined;
}

/** Yields the entries of a session after a number, in order, page by page. */
export async function* readEntries(
  query: Query,
  schema: string,
  sid: number,
  after: number,
): AsyncGenerator<Entry> {
  for await (const rows of readPages(query, schema, sid, after)) {
    for (const row of rows) {
      const entry = toEntryOf(String(row["line"]), Number(row["seq"]));
      if (entry) yield entry;
    }
  }
}

/** Yields the lines of a session after a number with their numbers, in order, page by page. */
export async function* readPages(
  query: Query,
  schema: string,
  sid: number,
  after: number,
): AsyncGenerator<Row[]> {
  const text = withinBytes(
    `select seq, line from ${schema}.entries where sid = $1 and seq > $2 order by seq limit ${PAGE_LINES}`,
    "seq",
  );
  for (let last = after; ; ) {
    const rows = await query({ text, values: [sid, last] });
    if (rows.length > 0) yield rows;
    if (!mayHaveMore(rows, PAGE_LINES)) return;
    last = Number(rows.at(-1)?.["seq"]);
  }
}

/** Yields the events of a session after a number, live ones included, in order. */
export async function* readEvents(
  query: Query,
  schema: string,
  session: { sid: number; sessionId: string },
  after: number,
): AsyncGenerator<RecordedEvent> {
  const text = withinBytes(firstLines(schema, { sid: "$1", after: "$2", most: PAGE_LINES }), "seq");
  for (let last = after; ; ) {
    const rows = await query({ text, values: [session.sid, last], name: "events" });
    for (const row of rows) {
      last = Number(row["seq"]);
      const event = toRecorded(session.sessionId, row);
      if (event) yield event;
    }
    if (!mayHaveMore(rows, PAGE_LINES)) return;
  }
}

/** The first lines of several sessions, and whether those of a session may go on behind them. */
export interface NextLines {
  readonly rows: readonly Row[];
  readonly mayGoOn: (sid: number) => boolean;
}

/**
 * Returns the first lines of each session after a number, live events included, by session and in
 * order. They end where a page does: the last sessions may have fewer lines, or none.
 */
export async function readNextLines(
  query: Query,
  schema: string,
  sessions: readonly { readonly sid: number; readonly after: number }[],
  { most }: { most: number },
): Promise<NextLines> {
  const lines = firstLines(schema, { sid: "w.sid", after: "w.after", most });
  const text = withinBytes(
    `select w.sid, e.* from unnest($1::bigint[], $2::bigint[]) w(sid, after) cross join lateral (${lines}) e`,
    "sid, seq",
  );
  const values = [sessions.map(({ sid }) => sid), sessions.map(({ after }) => after)];
  const rows = await query({
    text,
    values: values.map((numbers) => `{${numbers.join(",")}}`),
    name: `next_${most}_lines`,
  });
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(Number(row["sid"]), (counts.get(Number(row["sid"])) ?? 0) + 1);
  const end = mayHaveMore(rows, Number.POSITIVE_INFINITY)
    ? Number(rows.at(-1)?.["sid"])
    : Number.POSITIVE_INFINITY;
  return { rows, mayGoOn: (sid) => sid >= end || (counts.get(sid) ?? 0) >= most };
}

/**
 * Returns the query for the first lines of a session after a number, live events included. `sid`
 * and `after` are expressions.
 */
export function firstLines(
  schema: string,
  { sid, after, most }: { sid: string; after: string; most: number },
): string {
  const part = (table: string, isLive: boolean) =>
    `(select seq, line, ${isLive} as is_live from ${schema}.${table}
      where sid = ${sid} and seq > ${after} order by seq limit ${most})`;
  return `select * from (${part("entries", false)} union all ${part("live", true)}) u
    order by seq limit ${most}`;
}

/** Returns the event of a row with `seq`, `line` and `is_live`. */
export function toRecorded(sessionId: string, row: Row): RecordedEvent | undefined {
  const line = String(row["line"]);
  return row["is_live"] === true ? liveEvent(line) : keptEvent(sessionId, line, Number(row["seq"]));
}

function keptEvent(sessionId: string, line: string, seq: number): RecordedEvent | undefined {
  const entry = toEntryOf(line, seq);
  const event = entry && toEvent(sessionId, entry);
  return event && { event, json: toJson(event) };
}

/** Parses a line of the table of live events, which is a frame. */
function liveEvent(json: string): RecordedEvent | undefined {
  const frame = parseServerEvent(json);
  return frame.ok && "seq" in frame.value ? { event: frame.value, json } : undefined;
}
