import { type Entry, isMessageEntry } from "@mini-openclaw/protocol";
import type { Summary } from "@mini-openclaw/session-store/kit";
import type { Row, Statement } from "../../connection/connection.ts";
import { ConnectionLost } from "../../connection/pg-error.ts";
import type { Names } from "../../schema/names.ts";
import { toEntryOf } from "../../writer/read-lines.ts";
import type { StoreContext } from "../context.ts";
import { GramArray } from "./grams.ts";

const DELAY_MS = 500;
const MAX_SESSIONS = 100;
const MAX_LINES = 1_000;

/** The number under which the index has the title of a session. */
export const TITLE_SEQ = 0;

/**
 * Fills the search index behind the appends. A session whose newest entries are not in the index
 * yet is searched line by line.
 */
export class SearchIndex {
  readonly #context: StoreContext;
  readonly #changed = new Set<number>();
  readonly #grams = new GramArray();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** Reports that a session has new entries. */
  changed(sid: number): void {
    this.#changed.add(sid);
    this.#schedule();
  }

  /** Indexes sessions of nodes that died before they did. */
  async catchUp(): Promise<void> {
    const { query, names } = this.#context;
    const text = `select num from ${names.schema}.sessions where indexed < last_seq
      and (node is null or not exists (select from ${names.schema}.nodes n where n.id = node))`;
    for (const row of await query({ text })) this.#changed.add(Number(row["num"]));
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(delayMs = DELAY_MS): void {
    if (this.#timer || this.#isClosed || this.#changed.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, delayMs);
  }

  async #run(): Promise<void> {
    const sids = [...this.#changed].slice(0, MAX_SESSIONS);
    for (const sid of sids) this.#changed.delete(sid);
    let hasMore = false;
    try {
      const unfinished = await indexSessions(this.#context, sids, this.#grams);
      for (const sid of unfinished) this.#changed.add(sid);
      hasMore = unfinished.size > 0;
    } catch (error) {
      for (const sid of sids) this.#changed.add(sid);
      if (!(error instanceof ConnectionLost)) this.#context.onFailure(error, "fill the search index");
    } finally {
      this.#timer = undefined;
      this.#schedule(hasMore ? 0 : DELAY_MS);
    }
  }
}

/** A message or a title, and the end of its groups in the array of all groups. */
interface Line {
  readonly sid: number;
  readonly seq: number;
  readonly end: number;
}

/** Indexes the next entries of sessions. Returns the sessions that have more. */
async function indexSessions(
  { query, names }: StoreContext,
  sids: readonly number[],
  grams: GramArray,
): Promise<Set<number>> {
  const select = `select s.num, s.summary, e.seq, e.line from ${names.schema}.sessions s
    cross join lateral (select e.seq, e.line from ${names.schema}.entries e
      where e.sid = s.num and e.seq > s.indexed order by e.seq limit ${MAX_LINES}) e
    where s.num = any($1::bigint[]) order by s.num, e.seq limit ${MAX_LINES}`;
  const rows = await query({ text: select, values: [sids] });
  const indexed = new Map<number, number>();
  const lines: Line[] = [];
  grams.clear();
  const addLine = (sid: number, seq: number, text: string) => {
    grams.add(text.toLowerCase());
    lines.push({ sid, seq, end: grams.count });
  };
  const titles = new Map<number, string>();
  for (const row of rows) {
    const [sid, seq] = [Number(row["num"]), Number(row["seq"])];
    indexed.set(sid, seq);
    const entry = toEntryOf(String(row["line"]), seq);
    if (entry && maySetTitle(entry)) titles.set(sid, titleOf(row));
    if (entry && isMessageEntry(entry)) addLine(sid, seq, entry.content);
  }
  if (indexed.size === 0) return new Set();
  for (const [sid, title] of titles) addLine(sid, TITLE_SEQ, title);
  await query(toInsert(names, { lines, grams: grams.toBinary() }, indexed));
  return rows.length === MAX_LINES ? new Set(sids) : new Set();
}

/** Returns false for most lines, so that a title is not indexed again with each of them. */
function maySetTitle(entry: Entry): boolean {
  return isMessageEntry(entry) ? entry.role === "user" : entry.type === "session_updated";
}

function titleOf(row: Row): string {
  return (JSON.parse(String(row["summary"])) as Summary).meta.title;
}

/**
 * Returns the statement that adds lines, and marks their sessions. The groups of all lines are one
 * array in the binary format, which costs both sides a fraction of its text.
 */
function toInsert(
  { schema }: Names,
  { lines, grams }: { lines: readonly Line[]; grams: Buffer },
  indexed: ReadonlyMap<number, number>,
): Statement {
  const text = `with added as (insert into ${schema}.search (sid, seq, grams)
      select u.sid, u.seq, ($3::integer[])[u.first:u.last]
      from unnest($1::bigint[], $2::bigint[], $4::integer[], $5::integer[]) u(sid, seq, first, last)
      on conflict (sid, seq) do update set grams = excluded.grams where search.grams <> excluded.grams)
    update ${schema}.sessions s set indexed = u.seq
    from unnest($6::bigint[], $7::bigint[]) u(sid, seq) where s.num = u.sid and s.indexed < u.seq`;
  const ends = lines.map(({ end }) => end);
  const firsts = [0, ...ends].slice(0, -1).map((end) => end + 1);
  const marks = [...indexed].sort(([left], [right]) => left - right);
  const keys = [lines.map(({ sid }) => sid), lines.map(({ seq }) => seq)];
  const values = [...keys, grams, firsts, ends, marks.map(([sid]) => sid), marks.map(([, seq]) => seq)];
  return { text, values };
}
