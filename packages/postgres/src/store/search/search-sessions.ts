import {
  isMessageEntry,
  type MessageEntry,
  type SearchHit,
  type SearchSessionsOptions,
} from "@mini-openclaw/protocol";
import { createMatcher, cursorAfter, type Matcher } from "@mini-openclaw/session-store/kit";
import type { Row, Statement } from "../../connection/connection.ts";
import { mayHaveMore, withinBytes } from "../../connection/page-of-lines.ts";
import { toEntryOf } from "../../writer/read-lines.ts";
import { toMeta } from "../../writer/session-row.ts";
import type { StoreContext } from "../context.ts";
import { candidatesOf, type Wanted } from "./candidates.ts";
import { gramsOf } from "./grams.ts";
import { TITLE_SEQ } from "./search-index.ts";

const PAGE_LINES = 200;

interface Search extends Wanted {
  readonly matcher: Matcher;
}

/** Finds sessions with a text in their title or in a message, the newest update first. */
export async function* searchSessions(
  context: StoreContext,
  text: string,
  options: SearchSessionsOptions,
): AsyncGenerator<SearchHit> {
  const search = { context, matcher: createMatcher(text), grams: gramsOf(text.toLowerCase()), options };
  for await (const rows of candidatesOf(search)) {
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

/** Returns the newest message of a session with the text. */
async function findMessage(search: Search, row: Row): Promise<MessageEntry | undefined> {
  const sid = Number(row["num"]);
  const indexedSeq = search.grams.length === 0 ? 0 : Number(row["indexed"]);
  const newest = Number(row["last_seq"]) > indexedSeq ? await scan(search, sid, indexedSeq) : undefined;
  // The title has the lowest number. No line is before it.
  if (newest || indexedSeq === 0 || Number(row["line_seq"] ?? TITLE_SEQ) === TITLE_SEQ) return newest;
  const first = firstMatch(search, [{ seq: row["line_seq"], line: row["line"] }]);
  return first || Number(row["lines"]) === 1 ? first : findIndexed(search, sid, Number(row["line_seq"]));
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
  pageBefore: (end: number) => Required<Pick<Statement, "text" | "values">>,
): Promise<MessageEntry | undefined> {
  for (let end = before; ; ) {
    search.options.signal?.throwIfAborted();
    const { text, values } = pageBefore(end);
    const page = await search.context.query({ text: withinBytes(text, "seq desc"), values });
    const message = firstMatch(search, page);
    if (message || !mayHaveMore(page, PAGE_LINES)) return message;
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
