import type { SearchSessionsOptions } from "@mini-openclaw/protocol";
import { cursorAfter } from "@mini-openclaw/session-store/kit";
import type { Row } from "../../connection/connection.ts";
import { toArray } from "../../writer/group.ts";
import { sessionColumns, toMeta } from "../../writer/session-row.ts";
import type { StoreContext } from "../context.ts";
import { filterSessions } from "../sessions.ts";

const SAMPLE_SESSIONS = 50;
const SAMPLE_LINES = 20;
// Above one line in so many, reading the newest lines costs less than the lists of the index.
const COMMON = 100;
// The sessions that a statement looks at: the first one, and those after one with few hits.
const FIRST_SESSIONS = 250;
const MAX_SESSIONS = 1_000;
// The hits after which a statement ends.
const MAX_HITS = 25;
// So few hits in the first sessions may be fewer in all sessions than these.
const FEW_HITS = 8;
const MAX_CANDIDATES = 2_000;
// The candidates of a text that no line of the sample has.
const FEW_CANDIDATES = 500;

/** A search for sessions. */
export interface Wanted {
  readonly context: StoreContext;
  /** The groups of the text. */
  readonly grams: readonly number[];
  readonly options: SearchSessionsOptions;
}

/** A session that may have the text, as a statement found it. */
interface Candidate {
  readonly sid: number;
  readonly indexed: number;
  readonly seq: number;
  readonly lines: number;
}

/**
 * Yields the sessions that may have the text, the newest update first. A row has the columns of a
 * session, and these:
 *
 * - `indexed`: the newest entry that the index has
 * - `line_seq`, `line`: the newest line of the index that may have the text
 * - `lines`: the number of such messages, null if it is not known
 */
export async function* candidatesOf(wanted: Wanted): AsyncGenerator<Row[]> {
  const { signal, key, keyPrefix } = wanted.options;
  let { cursor } = wanted.options;
  const share = await sample(wanted);
  // The index has long lists for a common text, which one of the newest sessions has anyway.
  const isCommon = share > 1 / COMMON;
  let size = isCommon ? MAX_SESSIONS : FIRST_SESSIONS;
  let isAsked = isCommon;
  // The sessions of a user are few, and the index has those of all users.
  const isOfAll = key === undefined && keyPrefix === undefined;
  const seemsRare = isOfAll && share === 0;
  let candidates = seemsRare ? await findCandidates(wanted, cursor, FEW_CANDIDATES) : undefined;
  while (!candidates) {
    signal?.throwIfAborted();
    const { rows, last } = await (isCommon ? readNewest(wanted, cursor) : compareLists(wanted, cursor, size));
    yield rows;
    if (last === undefined) return;
    cursor = last;
    if (2 * rows.length < MAX_HITS) size = MAX_SESSIONS;
    if (isAsked || rows.length > FEW_HITS) continue;
    isAsked = true;
    candidates = await findCandidates(wanted, cursor, MAX_CANDIDATES);
  }
  for (let start = 0; start < candidates.length; start += MAX_HITS) {
    signal?.throwIfAborted();
    yield await readCandidates(wanted, candidates.slice(start, start + MAX_HITS));
  }
}

/** Returns the share of the newest lines that may have the text. */
async function sample({ context, grams, options }: Wanted): Promise<number> {
  if (grams.length === 0) return 1;
  const { query, names } = context;
  const values: unknown[] = [grams];
  const where = filterSessions(options, (value) => `$${values.push(value)}`);
  const text = `select count(*) as lines, count(*) filter (where x.grams @> $1::integer[]) as hits
    from (select s.num from ${names.schema}.sessions s where ${where}
      order by s.updated desc, s.id desc limit ${SAMPLE_SESSIONS}) s
    cross join lateral (select x.grams from ${names.schema}.search x
      where x.sid = s.num order by x.seq desc limit ${SAMPLE_LINES}) x`;
  const [row] = await query({ text, values });
  const hits = Number(row?.["hits"]);
  return hits === 0 ? 0 : hits / Number(row?.["lines"]);
}

interface Newest {
  /** The sessions that may have the text. */
  readonly rows: Row[];
  /** The cursor after all sessions that were looked at, if there may be more. */
  readonly last: string | undefined;
}

/** Looks at the lines of the next sessions after a cursor, until there are enough hits. */
async function readNewest({ context, grams, options }: Wanted, cursor: string | undefined): Promise<Newest> {
  const { query, names } = context;
  const { schema } = names;
  const values: unknown[] = [grams];
  const where = filterSessions({ ...options, cursor }, (value) => `$${values.push(value)}`);
  // Without a group of characters, each session may have the text. The offset keeps the database
  // from asking the index of all sessions for each of them.
  const text = `select ${sessionColumns(schema)}, n.indexed, n.line_seq, n.lines, ${selectLine(schema)}, n.position
    from (select n.*, m.seq as line_seq, null::bigint as lines
      from (select s.num, s.indexed, s.last_seq, s.updated, s.id,
          row_number() over (order by s.updated desc, s.id desc) as position
        from ${schema}.sessions s where ${where} order by s.updated desc, s.id desc limit ${MAX_SESSIONS}) n
      left join lateral (select x.seq from (select x.seq, x.grams from ${schema}.search x
          where x.sid = n.num order by x.seq desc offset 0) x
        where x.grams @> $1::integer[] limit 1) m on true
      where ${grams.length === 0 ? "true" : mayMatch("n")} or n.position = ${MAX_SESSIONS}
      order by n.updated desc, n.id desc limit ${MAX_HITS}) n
    join ${schema}.sessions s on s.num = n.num order by n.updated desc, n.id desc`;
  const rows = await query({ text, values });
  const end = rows.at(-1);
  const hasMore = rows.length === MAX_HITS || Number(end?.["position"]) === MAX_SESSIONS;
  return { rows, last: end && hasMore ? cursorAfter(toMeta(end)) : undefined };
}

/**
 * Compares the list of the text with that of the lines of the next sessions, in the indexes, and
 * looks at no other line.
 *
 * The database does so only if it expects many lines on both sides. So it gets the numbers of the
 * sessions, which it cannot count in a subquery, and the groups in a subquery: it expects one line
 * with groups that it knows.
 */
async function compareLists(
  { context, grams, options }: Wanted,
  cursor: string | undefined,
  size: number,
): Promise<Newest> {
  const { query, names } = context;
  const { schema } = names;
  const next: unknown[] = [];
  const isNext = filterSessions({ ...options, cursor }, (value) => `$${next.push(value)}`);
  const select = `with newest as (select s.num, s.updated, s.id from ${schema}.sessions s
      where ${isNext} order by s.updated desc, s.id desc limit ${size})
    select n.updated, n.id, c.count, c.nums from (select updated, id from newest order by updated, id limit 1) n
      cross join (select count(*) as count, string_agg(num::text, ',') as nums from newest) c`;
  const [end] = await query({ text: select, values: next });
  if (!end) return { rows: [], last: undefined };
  const values: unknown[] = [grams, `{${String(end["nums"])}}`];
  // A session may have been deleted meanwhile.
  const where = filterSessions(options, (value) => `$${values.push(value)}`);
  const text = `select ${sessionColumns(schema)}, n.indexed, n.line_seq, n.lines, ${selectLine(schema)}
    from (select s.num, s.indexed, s.updated, s.id, m.seq as line_seq, m.lines from ${schema}.sessions s
      left join (select x.sid, max(x.seq) as seq, count(*) filter (where x.seq > 0) as lines
        from ${schema}.search x where x.grams @> (select $1::integer[]) and x.sid = any($2::bigint[])
        group by x.sid) m on m.sid = s.num
      where s.num = any($2::bigint[]) and ${where} and ${mayMatch("s")}
      order by s.updated desc, s.id desc limit ${MAX_HITS}) n
    join ${schema}.sessions s on s.num = n.num order by n.updated desc, n.id desc`;
  const rows = await query({ text, values });
  const hit = rows.at(-1);
  if (hit && rows.length === MAX_HITS) return { rows, last: cursorAfter(toMeta(hit)) };
  const last = cursorAfter({ updatedAt: Number(end["updated"]), sessionId: String(end["id"]) });
  return { rows, last: Number(end["count"]) === size ? last : undefined };
}

/** A session has lines that the index lacks, or a line or title there that may have the text. */
function mayMatch(table: string): string {
  return `(${table}.indexed < ${table}.last_seq or m.seq is not null)`;
}

function selectLine(schema: string): string {
  return `(select e.line from ${schema}.entries e where e.sid = n.num and e.seq = n.line_seq) as line`;
}

/**
 * Returns the candidates of the index after a cursor, the newest first, or `undefined` if there are
 * as many as the limit.
 */
async function findCandidates(
  { context, grams, options }: Wanted,
  cursor: string | undefined,
  limit: number,
): Promise<Candidate[] | undefined> {
  const { query, names } = context;
  const { schema } = names;
  const values: unknown[] = [grams];
  const where = filterSessions({ ...options, cursor }, (value) => `$${values.push(value)}`);
  // An offset keeps the database from reading the whole table instead. One text costs both sides
  // less than a row for each candidate.
  const text = `with found as materialized (
      (select sid, seq from ${schema}.search where grams @> $1::integer[] limit ${limit})
      union all (select num, null from ${schema}.sessions where indexed < last_seq limit ${limit})
    ), counted as (select count(*) as count from found)
    select counted.count, (select string_agg(
        concat_ws(':', s.num, s.indexed, coalesce(u.seq, 0), u.lines), ',' order by s.updated desc, s.id desc)
      from (select sid, max(seq) as seq, count(*) filter (where seq > 0) as lines
        from found where counted.count < ${limit} group by sid) u cross join lateral (
        select s.num, s.indexed, s.updated, s.id from ${schema}.sessions s
        where s.num = u.sid and ${where} offset 0) s
      ) as candidates from counted`;
  const [found] = await query({ text, values });
  if (Number(found?.["count"]) >= limit) return undefined;
  const candidates = found?.["candidates"];
  if (typeof candidates !== "string") return [];
  return candidates.split(",").map((fields) => {
    const [sid = 0, indexed = 0, seq = 0, lines = 0] = fields.split(":").map(Number);
    return { sid, indexed, seq, lines };
  });
}

/** Returns the rows of candidates. One may have been deleted meanwhile. */
function readCandidates({ context, options }: Wanted, candidates: readonly Candidate[]): Promise<Row[]> {
  const { query, names } = context;
  const columns = [
    candidates.map(({ sid }) => sid),
    candidates.map(({ indexed }) => indexed),
    candidates.map(({ seq }) => seq),
    candidates.map(({ lines }) => lines),
  ];
  const values: unknown[] = columns.map(toArray);
  const where = filterSessions(options, (value) => `$${values.push(value)}`);
  const text = `select ${sessionColumns(names.schema)}, n.indexed, n.line_seq, n.lines, ${selectLine(names.schema)}
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
      with ordinality n(num, indexed, line_seq, lines, position)
    join ${names.schema}.sessions s on s.num = n.num where ${where} order by n.position`;
  return query({ text, values });
}
