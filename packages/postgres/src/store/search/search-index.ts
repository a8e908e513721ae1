import { isMessageEntry } from "@mini-openclaw/protocol";
import { parseTranscriptLine, type Summary } from "@mini-openclaw/session-store/kit";
import type { Row } from "../../connection/connection.ts";
import { ConnectionLost } from "../../connection/pg-error.ts";
import type { StoreContext } from "../context.ts";
import { gramsOf } from "./grams.ts";

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

  #schedule(): void {
    if (this.#timer || this.#isClosed || this.#changed.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, DELAY_MS);
  }

  async #run(): Promise<void> {
    const sids = [...this.#changed].slice(0, MAX_SESSIONS);
    for (const sid of sids) this.#changed.delete(sid);
    try {
      for (const sid of await indexSessions(this.#context, sids)) this.#changed.add(sid);
    } catch (error) {
      for (const sid of sids) this.#changed.add(sid);
      if (!(error instanceof ConnectionLost)) this.#context.onFailure(error, "fill the search index");
    } finally {
      this.#timer = undefined;
      this.#schedule();
    }
  }
}

/** Indexes the next entries of sessions. Returns the sessions that have more. */
async function indexSessions({ query, names }: StoreContext, sids: readonly number[]): Promise<Set<number>> {
  const select = `select s.num, s.summary, e.seq, e.line from ${names.schema}.sessions s
    cross join lateral (select e.seq, e.line from ${names.schema}.entries e
      where e.sid = s.num and e.seq > s.indexed order by e.seq limit ${MAX_LINES}) e
    where s.num = any($1::bigint[]) order by s.num, e.seq limit ${MAX_LINES}`;
  const rows = await query({ text: select, values: [sids] });
  const indexed = new Map<number, number>();
  const columns: { sids: number[]; seqs: number[]; grams: string[] } = { sids: [], seqs: [], grams: [] };
  const add = (sid: number, seq: number, content: string): void => {
    columns.sids.push(sid);
    columns.seqs.push(seq);
    columns.grams.push(`{${gramsOf(content.toLowerCase()).join(",")}}`);
  };
  for (const row of rows) {
    const [sid, seq] = [Number(row["num"]), Number(row["seq"])];
    if (!indexed.has(sid)) add(sid, TITLE_SEQ, titleOf(row));
    indexed.set(sid, seq);
    const content = contentOf(String(row["line"]));
    if (content !== undefined) add(sid, seq, content);
  }
  if (indexed.size === 0) return new Set();
  const insert = `with added as (insert into ${names.schema}.search (sid, seq, grams)
      select u.sid, u.seq, u.grams::integer[] from unnest($1::bigint[], $2::bigint[], $3::text[]) u(sid, seq, grams)
      on conflict (sid, seq) do update set grams = excluded.grams)
    update ${names.schema}.sessions s set indexed = u.seq
    from unnest($4::bigint[], $5::bigint[]) u(sid, seq) where s.num = u.sid and s.indexed < u.seq`;
  const marks = [...indexed].sort(([left], [right]) => left - right);
  const values = [columns.sids, columns.seqs, columns.grams];
  await query({
    text: insert,
    values: [...values, marks.map(([sid]) => sid), marks.map(([, seq]) => seq)],
  });
  return rows.length === MAX_LINES ? new Set(sids) : new Set();
}

function titleOf(row: Row): string {
  return (JSON.parse(String(row["summary"])) as Summary).meta.title;
}

/** Returns the text of a message. A line that is no message has none. */
function contentOf(line: string): string | undefined {
  const parsed = parseTranscriptLine(Buffer.from(line));
  if (parsed.kind === "legacy") return parsed.message.content;
  return parsed.kind === "entry" && isMessageEntry(parsed.entry) ? parsed.entry.content : undefined;
}
