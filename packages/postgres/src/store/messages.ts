import { isMessageEntry, type LoadMessagesOptions, type MessageEntry } from "@mini-openclaw/protocol";
import { notFound } from "@mini-openclaw/session-store/kit";
import { toEntryOf } from "../writer/read-lines.ts";
import type { StoreContext } from "./context.ts";

// Some lines are no messages, such as the ends of runs.
const SPARE_LINES = 10;
const MAX_PAGE_LINES = 1_000;

// 16 MiB. The first line of a page may be larger alone.
const MAX_PAGE_BYTES = 16_777_216;

/** Returns the last messages before a number, oldest first. */
export async function loadMessages(
  context: StoreContext,
  sessionId: string,
  { limit = 50, before = Number.MAX_SAFE_INTEGER, role }: LoadMessagesOptions,
): Promise<MessageEntry[]> {
  const found: MessageEntry[] = [];
  let end = toSeq(before);
  let lines = Math.min(MAX_PAGE_LINES, limit + SPARE_LINES);
  for (;;) {
    const page = await readBackward(context, sessionId, { end, lines });
    for (const [index, seq] of page.seqs.entries()) {
      end = seq;
      const entry = toEntryOf(page.lines[index] as string, seq);
      if (!entry || !isMessageEntry(entry) || (role !== undefined && entry.role !== role)) continue;
      if (found.push(entry) === limit) return found.reverse();
    }
    if (page.isLast) return found.reverse();
    lines = Math.min(MAX_PAGE_LINES, 2 * lines);
  }
}

interface Page {
  /** The newest first. */
  readonly seqs: readonly number[];
  readonly lines: readonly string[];
  /** True if no line is left behind the page. */
  readonly isLast: boolean;
}

/**
 * Reads lines in one row, because `pg` needs longer for a row than for a line in it. A string of V8
 * has less than 512 MiB, and a value of the database less than 1 GiB.
 */
async function readBackward(
  { query, names }: StoreContext,
  sessionId: string,
  { end, lines }: { end: number; lines: number },
): Promise<Page> {
  const isInPage = `filter (where l.newer < ${MAX_PAGE_BYTES})`;
  const text = `select e.seqs, e.lines, e.found from ${names.schema}.sessions s cross join lateral (
      select string_agg(l.seq::text, ',') ${isInPage} as seqs, string_agg(l.line, E'\\n') ${isInPage} as lines,
        count(*) as found from (
        select e.seq, e.line,
          sum(octet_length(e.line)) over (order by e.seq desc) - octet_length(e.line) as newer
        from ${names.schema}.entries e where e.sid = s.num and e.seq < $2 order by e.seq desc limit $3) l) e
    where s.id = $1 and s.deleted is null`;
  const [row] = await query({ text, values: [sessionId, end, lines], name: "history" });
  if (!row) throw notFound(sessionId);
  const found = Number(row["found"]);
  if (found === 0) return { seqs: [], lines: [], isLast: true };
  const seqs = (row["seqs"] as string).split(",").map(Number);
  return {
    seqs,
    lines: (row["lines"] as string).split("\n"),
    isLast: seqs.length === found && found < lines,
  };
}

/** Returns a number that the database has. */
function toSeq(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.ceil(Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, value)));
}
