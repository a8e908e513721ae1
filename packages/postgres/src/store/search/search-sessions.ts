import {
  isMessageEntry,
  type MessageEntry,
  type SearchHit,
  type SearchSessionsOptions,
} from "@mini-openclaw/protocol";
import { createMatcher, cursorAfter, type Matcher } from "@mini-openclaw/session-store/kit";
import type { Row, Statement } from "../../connection/connection.ts";
import { toEntryOf } from "../../writer/read-lines.ts";
import { sessionColumns, toMeta } from "../../writer/session-row.ts";
import type { StoreContext } from "../context.ts";
import { filterSessions } from "../sessions.ts";
import { gramsOf } from "./grams.ts";
import { TITLE_SEQ } from "./search-index.ts";

const SAMPLE_SESSIONS = 50;
const SAMPLE_LINES = 20;
// At a frequency of one in so many lines, the newest lines and the index find hits equally fast.
const COMMON = 400;
const MAX_CANDIDATES = 2_000;
// The sessions that one statement looks at, and the hits after which it ends.
const MAX_SESSIONS = 1_000;
const MAX_HITS = 25;
const PAGE_LINES = 200;

interface Search {
  readonly context: StoreContext;
  readonly matcher: Matcher;
  readonly grams: readonly number[];
  readonly options: SearchSessionsOptions;
}

/** Finds sessions with a text in their title or in a message, the newest update first. */
export async function* searchSessions(
  context: StoreContext,
  text: string,
  options: SearchSessionsOptions,
): AsyncGenerator<SearchHit> {
  const search = { context, matcher: createMatcher(text), grams: gramsOf(text.toLowerCase()), options };
  for await (const rows of pagesOf(search)) {
    for (const row of rows) {
      options.signal?.throwIfAborted();
      const session = toMeta(row);
      const cursor = cursorAfter(session);
      const message = await findMessage(search, row);
      if (message) yield { session, cursor, message };
      else if (search.matcher.inTitle(session)) yield { session, cursor };
    }
  }
}

/** Yields the sessions that may have the text, the newest update first. */
async function* pagesOf(search: Search): AsyncGenerator<Row[]> {
  const { signal } = search.options;
  // The index has long lists for a common text, which one of the newest sessions has anyway.
  const sids = (await isCommon(search)) ? undefined : await findCandidates(search);
  for (let start = 0; sids && start < sids.length; start += MAX_HITS) {
    signal?.throwIfAborted();
    yield await readCandidates(search, sids.slice(start, start + MAX_HITS));
  }
  for (let { cursor } = search.options; !sids; ) {
    signal?.throwIfAborted();
    const { rows, last } = await readNewest(search, cursor);
    yield rows;
    if (!last) return;
    cursor = last;
  }
}

/** Returns true if many of the newest lines have the text. */
async function isCommon({ context, grams, options }: Search): Promise<boolean> {
  if (grams.length === 0) return true;
  const { query, names } = context;
  const values: unknown[] = [grams];
  const where = filterSessions(options, (value) => `$${values.push(value)}`);
  const text = `select count(*) as lines, count(*) filter (where x.grams @> $1::integer[]) as hits
    from (select s.num from ${names.schema}.sessions s where ${where}
      order by s.updated desc, s.id desc limit ${SAMPLE_SESSIONS}) s
    cross join lateral (select x.grams from ${names.schema}.search x
      where x.sid = s.num order by x.seq desc limit ${SAMPLE_LINES}) x`;
  const [sample] = await query({ text, values });
  return COMMON * Number(sample?.["hits"]) > Number(sample?.["lines"]);
}

/**
 * Looks at the next sessions after a cursor. Returns those that may have the text, and the cursor
 * after all of them if there may be more.
 */
async function readNewest(
  { context, grams, options }: Search,
  cursor: string | undefined,
): Promise<{ rows: Row[]; last: string | undefined }> {
  const { query, names } = context;
  const values: unknown[] = [grams];
  const where = filterSessions({ ...options, cursor }, (value) => `$${values.push(value)}`);
  // Without a group of characters, each session may have the text.
  const text = `${selectRows(names.schema)}, s.position
    from (select s.*, row_number() over (order by s.updated desc, s.id desc) as position
      from ${names.schema}.sessions s where ${where}
      order by s.updated desc, s.id desc limit ${MAX_SESSIONS}) s
    ${joinNewestLine(names.schema)}
    where ${grams.length === 0 ? "true" : MAY_MATCH} or s.position = ${MAX_SESSIONS}
    order by s.updated desc, s.id desc limit ${MAX_HITS}`;
  const rows = await query({ text, values });
  const end = rows.at(-1);
  const hasMore = rows.length === MAX_HITS || Number(end?.["position"]) === MAX_SESSIONS;
  return { rows, last: end && hasMore ? cursorAfter(toMeta(end)) : undefined };
}

/** Returns the candidates of the index, the newest first, or `undefined` if they are too many. */
async function findCandidates({ context, grams, options }: Search): Promise<number[] | undefined> {
  const { query, names } = context;
  const values: unknown[] = [grams];
  const where = filterSessions(options, (value) => `$${values.push(value)}`);
  // An offset keeps the database from reading the whole table instead. One text costs both sides
  // less than a row for each candidate.
  const text = `with found as materialized (
      (select sid from ${names.schema}.search where grams @> $1::integer[] limit ${MAX_CANDIDATES})
      union all (select num from ${names.schema}.sessions where indexed < last_seq limit ${MAX_CANDIDATES})
    ), counted as (select count(*) as count from found)
    select counted.count, (select string_agg(s.num::text, ',' order by s.updated desc, s.id desc)
      from (select distinct sid from found where counted.count < ${MAX_CANDIDATES}) u cross join lateral (
        select s.num, s.updated, s.id from ${names.schema}.sessions s where s.num = u.sid and ${where} offset 0) s
      ) as sids from counted`;
  const [candidates] = await query({ text, values });
  if (Number(candidates?.["count"]) >= MAX_CANDIDATES) return undefined;
  const sids = candidates?.["sids"];
  return typeof sids === "string" ? sids.split(",").map(Number) : [];
}

function readCandidates({ context, grams, options }: Search, sids: readonly number[]): Promise<Row[]> {
  const { query, names } = context;
  const values: unknown[] = [grams, sids];
  // A candidate may have been deleted meanwhile.
  const where = filterSessions(options, (value) => `$${values.push(value)}`);
  const text = `${selectRows(names.schema)} from unnest($2::bigint[]) with ordinality u(sid, position)
    join ${names.schema}.sessions s on s.num = u.sid ${joinNewestLine(names.schema)}
    where ${MAY_MATCH} and ${where} order by u.position`;
  return query({ text, values });
}

// The session has lines that are not in the index, or a line or title there that may have the text.
const MAY_MATCH = "(s.indexed < s.last_seq or m.seq is not null)";

/** Returns the columns of a session, and the newest line of the index that may have the text. */
function selectRows(schema: string): string {
  return `select ${sessionColumns(schema)}, s.indexed, m.seq as line_seq, (select e.line
    from ${schema}.entries e where e.sid = s.num and e.seq = m.seq) as line`;
}

function joinNewestLine(schema: string): string {
  // The offset keeps the database from asking the index of all sessions for each of them.
  return `left join lateral (select x.seq from (select x.seq, x.grams from ${schema}.search x
      where x.sid = s.num order by x.seq desc offset 0) x
    where x.grams @> $1::integer[] limit 1) m on true`;
}

/** Returns the newest message of a session with the text. */
async function findMessage(search: Search, row: Row): Promise<MessageEntry | undefined> {
  const sid = Number(row["num"]);
  const indexedSeq = search.grams.length === 0 ? 0 : Number(row["indexed"]);
  const newest = Number(row["last_seq"]) > indexedSeq ? await scan(search, sid, indexedSeq) : undefined;
  // The title has the lowest number. No line is before it.
  if (newest || indexedSeq === 0 || Number(row["line_seq"] ?? TITLE_SEQ) === TITLE_SEQ) return newest;
  const first = firstMatch(search, [{ seq: row["line_seq"], line: row["line"] }]);
  return first ?? findIndexed(search, sid, Number(row["line_seq"]));
}

/** Searches the lines of the index that may have the text, before a number. */
function findIndexed(search: Search, sid: number, before: number): Promise<MessageEntry | undefined> {
  const { schema } = search.context.names;
  const text = `select x.seq, e.line from ${schema}.search x
      join ${schema}.entries e on e.sid = x.sid and e.seq = x.seq
    where x.sid = $1 and x.seq > ${TITLE_SEQ} and x.seq < $2 and x.grams @> $3::integer[]
    order by x.seq desc limit ${PAGE_LINES}`;
  return searchLines(search, before, (end) => ({ text, values: [sid, end, search.grams] }));
}

/** Searches the lines of a session after a number. */
function scan(search: Search, sid: number, after: number): Promise<MessageEntry | undefined> {
  const text = `select seq, line from ${search.context.names.schema}.entries
    where sid = $1 and seq < $2 and seq > $3 order by seq desc limit ${PAGE_LINES}`;
  return searchLines(search, Number.MAX_SAFE_INTEGER, (end) => ({ text, values: [sid, end, after] }));
}

/** Searches lines page by page, the newest first. */
async function searchLines(
  search: Search,
  before: number,
  pageBefore: (end: number) => Statement,
): Promise<MessageEntry | undefined> {
  for (let end = before; ; ) {
    search.options.signal?.throwIfAborted();
    const page = await search.context.query(pageBefore(end));
    const message = firstMatch(search, page);
    if (message || page.length < PAGE_LINES) return message;
    end = Number(page.at(-1)?.["seq"]);
  }
}

function firstMatch({ matcher }: Search, page: readonly Row[]): MessageEntry | undefined {
  for (const row of page) {
    const entry = toEntryOf(String(row["line"]), Number(row["seq"]));
    if (entry && isMessageEntry(entry) && matcher.inMessage(entry)) return entry;
  }
  return undefined;
}
