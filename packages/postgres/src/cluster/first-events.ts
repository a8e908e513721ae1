import type { RecordedEvent } from "@mini-openclaw/protocol";
import type { Query, Row } from "../connection/connection.ts";
import { mayHaveMore, withinBytes } from "../connection/page-of-lines.ts";
import { shareStatements } from "../connection/share-statements.ts";
import type { Names } from "../schema/names.ts";
import { firstLines, readEvents, toRecorded } from "../writer/read-lines.ts";

/** The events of a session after a number. */
interface Range {
  readonly sessionId: string;
  readonly after: number;
}

// More than most clients missed. Many clients resume at once, and one statement reads for them.
const MAX_LINES = 50;

/** The first lines of a range. */
interface First {
  readonly rows: Row[];
  /** True if there may be more lines behind them. */
  mayGoOn: boolean;
}

/** Returns a read of events, live ones included. Its callers share the statement of the first. */
export function createEventRead(query: Query, names: Names): (range: Range) => AsyncIterable<RecordedEvent> {
  const readFirst = shareStatements((ranges: readonly Range[]) => readFirstLines(query, names, ranges));
  return async function* readRange(range) {
    const { sessionId, after } = range;
    let first: First | undefined;
    // The lines of the ranges before may have filled the page. The next one begins with others.
    do first = await readFirst({ sessionId, after });
    while (first?.mayGoOn && first.rows.length === 0);
    const { rows = [], mayGoOn = false } = first ?? {};
    for (const row of rows) {
      const recorded = toRecorded(sessionId, row);
      if (recorded) yield recorded;
    }
    const last = rows.at(-1);
    if (!last || !mayGoOn) return;
    const session = { sid: Number(last["sid"]), sessionId };
    yield* readEvents(query, names.schema, session, Number(last["seq"]));
  };
}

/** Reads the first lines of ranges. They end where a page does. */
async function readFirstLines(
  query: Query,
  { schema }: Names,
  ranges: readonly Range[],
): Promise<Map<Range, First>> {
  const lines = firstLines(schema, { sid: "s.num", after: "r.after", most: MAX_LINES });
  const text = withinBytes(
    `select r.rank, s.num as sid, e.*
      from unnest($1::text[], $2::bigint[]) with ordinality r(id, after, rank)
      join ${schema}.sessions s on s.id = r.id and s.deleted is null
      cross join lateral (${lines}) e`,
    "rank, seq",
  );
  const values = [ranges.map(({ sessionId }) => sessionId), ranges.map(({ after }) => after)];
  const read = await query({ text, values, name: "first_events" });
  const found = ranges.map((): First => ({ rows: [], mayGoOn: false }));
  for (const row of read) found[Number(row["rank"]) - 1]?.rows.push(row);
  const isCut = mayHaveMore(read, Number.POSITIVE_INFINITY);
  const end = isCut ? Number(read.at(-1)?.["rank"]) - 1 : ranges.length;
  for (const [index, first] of found.entries())
    first.mayGoOn = index >= end || first.rows.length >= MAX_LINES;
  return new Map(ranges.map((range, index) => [range, found[index] as First]));
}
