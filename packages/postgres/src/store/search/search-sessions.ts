import {
  isMessageEntry,
  type MessageEntry,
  type SearchHit,
  type SearchSessionsOptions,
} from "@mini-openclaw/protocol";
import { createMatcher, cursorAfter, type Matcher } from "@mini-openclaw/session-store/kit";
import type { Row } from "../../connection/connection.ts";
import { toEntryOf } from "../../writer/read-lines.ts";
import { toMeta } from "../../writer/session-row.ts";
import type { StoreContext } from "../context.ts";
import { selectSessions } from "../sessions.ts";
import { gramsOf } from "./grams.ts";
import { TITLE_SEQ } from "./search-index.ts";

// A text with more candidates is common, so that walking the newest sessions finds it sooner.
const MAX_CANDIDATES = 2_000;
const PAGE_SESSIONS = 50;
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
  const sids = await findCandidates(search);
  const { signal, ...filter } = options;
  for (let cursor = filter.cursor; ; ) {
    signal?.throwIfAborted();
    const rows = await selectSessions(context, {
      ...filter,
      limit: PAGE_SESSIONS,
      ...(cursor !== undefined && { cursor }),
      ...(sids && { sids }),
    });
    const lines = await findLines(search, rows);
    for (const row of rows) {
      signal?.throwIfAborted();
      const session = toMeta(row);
      cursor = cursorAfter(session);
      const message = await findMessage(search, row, lines.get(Number(row["num"])) ?? []);
      if (message) yield { session, cursor, message };
      else if (search.matcher.inTitle(session)) yield { session, cursor };
    }
    if (rows.length < PAGE_SESSIONS) return;
  }
}

/** Returns the sessions that may have the text, or `undefined` if they are too many. */
async function findCandidates({ context, grams }: Search): Promise<number[] | undefined> {
  if (grams.length === 0) return undefined;
  const { query, names } = context;
  const text = `(select sid from ${names.schema}.search where grams @> $1::integer[] limit ${MAX_CANDIDATES})
    union all (select num from ${names.schema}.sessions where indexed < last_seq limit ${MAX_CANDIDATES})`;
  const rows = await query({ text, values: [grams] });
  if (rows.length >= MAX_CANDIDATES) return undefined;
  return [...new Set(rows.map((row) => Number(row["sid"])))];
}

/** Returns the numbers of the indexed messages that may have the text, the newest first. */
async function findLines({ context, grams }: Search, rows: readonly Row[]): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>();
  if (grams.length === 0 || rows.length === 0) return found;
  const { query, names } = context;
  const text = `select sid, seq from ${names.schema}.search
    where sid = any($1::bigint[]) and grams @> $2::integer[] and seq <> ${TITLE_SEQ} order by sid, seq desc`;
  const sids = rows.map((row) => Number(row["num"]));
  for (const row of await query({ text, values: [sids, grams] })) {
    const sid = Number(row["sid"]);
    found.set(sid, [...(found.get(sid) ?? []), Number(row["seq"])]);
  }
  return found;
}

/** Returns the newest message of a session with the text. */
async function findMessage(
  search: Search,
  row: Row,
  indexed: readonly number[],
): Promise<MessageEntry | undefined> {
  const sid = Number(row["num"]);
  const indexedSeq = search.grams.length === 0 ? 0 : Number(row["indexed"]);
  const newest = Number(row["last_seq"]) > indexedSeq ? await scan(search, sid, indexedSeq) : undefined;
  if (newest) return newest;
  for (let start = 0; start < indexed.length; start += PAGE_LINES) {
    const text = `select seq, line from ${search.context.names.schema}.entries
      where sid = $1 and seq = any($2::bigint[]) order by seq desc`;
    const page = await search.context.query({
      text,
      values: [sid, indexed.slice(start, start + PAGE_LINES)],
    });
    const message = firstMatch(search, page);
    if (message) return message;
  }
  return undefined;
}

/** Searches the lines of a session after a number, the newest first. */
async function scan(search: Search, sid: number, after: number): Promise<MessageEntry | undefined> {
  const text = `select seq, line from ${search.context.names.schema}.entries
    where sid = $1 and seq > $2 and seq < $3 order by seq desc limit ${PAGE_LINES}`;
  for (let end = Number.MAX_SAFE_INTEGER; ; ) {
    search.options.signal?.throwIfAborted();
    const page = await search.context.query({ text, values: [sid, after, end] });
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
