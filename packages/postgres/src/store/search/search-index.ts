import { type Entry, isMessageEntry } from "@mini-openclaw/protocol";
import type { Summary } from "@mini-openclaw/session-store/kit";
import type { Query, Row, Statement } from "../../connection/connection.ts";
import { mayHaveMore, withinBytes } from "../../connection/page-of-lines.ts";
import { ConnectionLost, isConflict } from "../../connection/pg-error.ts";
import type { Names } from "../../schema/names.ts";
import { type Change, toArray } from "../../writer/group.ts";
import { toEntryOf } from "../../writer/read-lines.ts";
import type { StoreContext } from "../context.ts";
import { GramArray } from "./grams.ts";
import { type SessionTexts, WrittenTexts } from "./written-texts.ts";

const DELAY_MS = 500;
const MAX_SESSIONS = 100;
const MAX_LINES = 1_000;
// The database needs about a second for the groups of so many.
const MAX_BYTES = 4_194_304;
// As long as the appends that a mark waits for.
const MARK_MS = 5_000;

/** The number under which the index has the title of a session. */
export const TITLE_SEQ = 0;

export interface SearchIndexOptions {
  readonly context: StoreContext;
  /** Runs statements in turns with those that write the rows of sessions. */
  readonly writerQuery: Query;
}

/**
 * Fills the search index behind the appends. A session whose newest entries are not in the index
 * yet is searched line by line.
 *
 * The texts of this node's appends are in memory. Others are read.
 */
export class SearchIndex {
  readonly #options: SearchIndexOptions;
  readonly #written = new WrittenTexts();
  readonly #unread = new Set<number>();
  readonly #grams = new GramArray();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #hasFailed = false;
  #isClosed = false;

  constructor(options: SearchIndexOptions) {
    this.#options = options;
  }

  /** Adds the entries of a change that is written. */
  add(change: Change): void {
    if (!this.#written.add(change)) this.#unread.add(change.sid);
    this.#schedule();
  }

  /** Indexes sessions of nodes that died before they did. */
  async catchUp(): Promise<void> {
    const { query, names } = this.#options.context;
    const text = `select num from ${names.schema}.sessions where indexed < last_seq
      and (node is null or not exists (select from ${names.schema}.nodes n where n.id = node))`;
    for (const row of await query({ text })) this.#unread.add(Number(row["num"]));
    this.#schedule();
  }

  /** Indexes sessions that no living node writes. Resolves when it has, or at the first failure. */
  async fill(): Promise<void> {
    await this.catchUp();
    this.#hasFailed = false;
    while ((this.#running || this.#unread.size > 0) && !this.#hasFailed && !this.#isClosed) {
      this.#schedule(true);
      await this.#running;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(isDue = this.#written.isDue): void {
    if (this.#running || this.#isClosed || (this.#written.isEmpty && this.#unread.size === 0)) return;
    if (isDue) {
      clearTimeout(this.#timer);
      this.#running = this.#run();
    } else this.#timer ??= setTimeout(() => this.#schedule(true), DELAY_MS);
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    let hasMore = false;
    try {
      await this.#indexWritten();
      hasMore = await this.#indexUnread();
    } catch (error) {
      // The sessions are unread then, and are tried again.
      this.#hasFailed = true;
      const isPassing = error instanceof ConnectionLost || isConflict(error);
      if (!isPassing) this.#options.context.onFailure(error, "fill the search index");
    } finally {
      this.#running = undefined;
      this.#schedule(hasMore || this.#written.isDue);
    }
  }

  async #indexWritten(): Promise<void> {
    const taken = this.#written.take();
    if (taken.length === 0) return;
    let indexed: ReadonlySet<number> = new Set();
    try {
      indexed = await indexTexts(this.#options, taken, this.#grams);
    } finally {
      for (const [sid] of taken) if (!indexed.has(sid)) this.#unread.add(sid);
    }
  }

  /** Indexes sessions from their lines. Returns true if one has more. */
  async #indexUnread(): Promise<boolean> {
    const sids = [...this.#unread].slice(0, MAX_SESSIONS);
    if (sids.length === 0) return false;
    for (const sid of sids) this.#unread.delete(sid);
    let unfinished: ReadonlySet<number> = new Set(sids);
    try {
      unfinished = await readTexts(this.#options, sids, this.#grams);
    } finally {
      for (const sid of unfinished) this.#unread.add(sid);
    }
    return unfinished.size > 0;
  }
}

/** The rows of the index for some sessions. */
interface Rows {
  /** A message or a title, and the end of its groups in the array of all groups. */
  readonly lines: { readonly sid: number; readonly seq: number; readonly end: number }[];
  readonly marks: Mark[];
  readonly grams: GramArray;
}

/** The entries of a session that the rows are for. */
interface Mark {
  readonly sid: number;
  readonly after: number;
  readonly through: number;
}

/** Indexes texts from memory. Returns the sessions whose earlier entries are in the index too. */
async function indexTexts(
  options: SearchIndexOptions,
  sessions: readonly (readonly [sid: number, SessionTexts])[],
  grams: GramArray,
): Promise<Set<number>> {
  const rows = beginRows(grams);
  for (const [sid, { after, through, messages, title }] of sessions) {
    rows.marks.push({ sid, after, through });
    for (const { seq, text } of messages) addLine(rows, sid, seq, text);
    if (title !== undefined) addLine(rows, sid, TITLE_SEQ, title);
  }
  return writeRows(options, rows);
}

/** Indexes the next entries of sessions. Returns the sessions that have more. */
async function readTexts(
  options: SearchIndexOptions,
  sids: readonly number[],
  grams: GramArray,
): Promise<Set<number>> {
  const { query, names } = options.context;
  const lines = `select s.num, s.summary, e.seq, e.line from ${names.schema}.sessions s
    cross join lateral (select e.seq, e.line from ${names.schema}.entries e
      where e.sid = s.num and e.seq > s.indexed order by e.seq limit ${MAX_LINES}) e
    where s.num = any($1::bigint[]) order by s.num, e.seq limit ${MAX_LINES}`;
  const found = await query({ text: withinBytes(lines, "num, seq", MAX_BYTES), values: [sids] });
  const rows = beginRows(grams);
  const titles = new Map<number, string>();
  for (const row of found) {
    const [sid, seq] = [Number(row["num"]), Number(row["seq"])];
    if (rows.marks.at(-1)?.sid === sid) rows.marks.pop();
    rows.marks.push({ sid, after: 0, through: seq });
    const entry = toEntryOf(String(row["line"]), seq);
    if (entry && maySetTitle(entry)) titles.set(sid, titleOf(row));
    if (entry && isMessageEntry(entry)) addLine(rows, sid, seq, entry.content);
  }
  if (rows.marks.length === 0) return new Set();
  for (const [sid, title] of titles) addLine(rows, sid, TITLE_SEQ, title);
  await writeRows(options, rows);
  return mayHaveMore(found, MAX_LINES, MAX_BYTES) ? new Set(sids) : new Set();
}

function beginRows(grams: GramArray): Rows {
  grams.clear();
  return { lines: [], marks: [], grams };
}

function addLine({ lines, grams }: Rows, sid: number, seq: number, text: string): void {
  grams.add(text.toLowerCase());
  lines.push({ sid, seq, end: grams.count });
}

/** Returns false for most lines, so that a title is not indexed again with each of them. */
function maySetTitle(entry: Entry): boolean {
  return isMessageEntry(entry) ? entry.role === "user" : entry.type === "session_updated";
}

function titleOf(row: Row): string {
  return (JSON.parse(String(row["summary"])) as Summary).meta.title;
}

/**
 * Adds lines, then marks their sessions. Returns the sessions of which the index has all entries up
 * to the mark.
 *
 * The mark is a statement of the writer. One on another connection would lock rows of sessions in
 * another order than an append, and both would wait for the database to end the deadlock.
 */
async function writeRows({ context, writerQuery }: SearchIndexOptions, rows: Rows): Promise<Set<number>> {
  if (rows.lines.length > 0) await context.query(toInsert(context.names, rows));
  const marked = await writerQuery(toMark(context.names, rows.marks), MARK_MS);
  return new Set(marked.map((row) => Number(row["num"])));
}

/**
 * Returns the statement that adds lines. The groups of all lines are one array in the binary
 * format, which costs both sides a fraction of its text. It is the last value, because `pg` copies
 * its buffer for a value after it.
 */
function toInsert({ schema }: Names, { lines, grams }: Rows): Statement {
  const text = `insert into ${schema}.search (sid, seq, grams)
      select u.sid, u.seq, ($5::integer[])[u.first:u.last]
      from unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[]) u(sid, seq, first, last)
      on conflict (sid, seq) do update set grams = excluded.grams where search.grams <> excluded.grams`;
  const ends = lines.map(({ end }) => end);
  const columns = [
    lines.map(({ sid }) => sid),
    lines.map(({ seq }) => seq),
    [0, ...ends].slice(0, -1).map((end) => end + 1),
    ends,
  ];
  return { text, values: [...columns.map(toArray), grams.toBinary()], name: "index" };
}

/**
 * Returns the statement that marks sessions, unless the index lacks earlier entries. It does not
 * wait for the disk: the lines of a session that lost its mark are read again.
 */
function toMark({ schema }: Names, marks: readonly Mark[]): Statement {
  const text = `with marked as (update ${schema}.sessions s set indexed = u.through
      from unnest($1::bigint[], $2::bigint[], $3::bigint[]) u(sid, after, through)
      where s.num = u.sid and s.indexed < u.through and s.indexed >= u.after returning s.num)
    select num, set_config('synchronous_commit', 'off', true) from marked`;
  const columns = [
    marks.map(({ sid }) => sid),
    marks.map(({ after }) => after),
    marks.map(({ through }) => through),
  ];
  return { text, values: columns.map(toArray), name: "mark" };
}
