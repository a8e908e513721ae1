import type { RecordedEvent } from "@mini-openclaw/protocol";
import type { Query, Row } from "../connection/connection.ts";
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

/** Returns a read of events, live ones included. Its callers share the statement of the first. */
export function createEventRead(query: Query, names: Names): (range: Range) => AsyncIterable<RecordedEvent> {
  const readFirst = shareStatements((ranges: readonly Range[]) => readFirstLines(query, names, ranges));
  return async function* readRange(range) {
    const { sessionId, after } = range;
    const rows = (await readFirst({ sessionId, after })) ?? [];
    for (const row of rows) {
      const recorded = toRecorded(sessionId, row);
      if (recorded) yield recorded;
    }
    const last = rows.at(-1);
    if (!last || rows.length < MAX_LINES) return;
    const session = { sid: Number(last["sid"]), sessionId };
    yield* readEvents(query, names.schema, session, Number(last["seq"]));
  };
}

async function readFirstLines(
  query: Query,
  { schema }: Names,
  ranges: readonly Range[],
): Promise<Map<Range, Row[]>> {
  const lines = firstLines(schema, { sid: "s.num", after: "r.after", most: MAX_LINES });
  const text = `select r.rank, s.num as sid, e.*
    from unnest($1::text[], $2::bigint[]) with ordinality r(id, after, rank)
    join ${schema}.sessions s on s.id = r.id and s.deleted is null
    cross join lateral (${lines}) e order by r.rank, e.seq`;
  const values = [ranges.map(({ sessionId }) => sessionId), ranges.map(({ after }) => after)];
  const found = new Map(ranges.map((range) => [range, [] as Row[]]));
  for (const row of await query({ text, values, name: "first_events" })) {
    const range = ranges[Number(row["rank"]) - 1];
    if (range) found.get(range)?.push(row);
  }
  return found;
}
