import { isMessageEntry, type LoadMessagesOptions, type MessageEntry } from "@mini-openclaw/protocol";
import { notFound } from "@mini-openclaw/session-store/kit";
import { toEntryOf } from "../writer/read-lines.ts";
import type { StoreContext } from "./context.ts";

// Some lines are no messages, such as the ends of runs.
const SPARE_LINES = 10;
const MAX_PAGE_LINES = 1_000;

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
    if (page.seqs.length < lines) return found.reverse();
    lines = Math.min(MAX_PAGE_LINES, 2 * lines);
  }
}

/** Reads lines in one row, because `pg` needs longer for a row than for a line in it. */
async function readBackward(
  { query, names }: StoreContext,
  sessionId: string,
  { end, lines }: { end: number; lines: number },
): Promise<{ seqs: number[]; lines: string[] }> {
  const text = `select e.seqs, e.lines from ${names.schema}.sessions s cross join lateral (
      select string_agg(l.seq::text, ',') as seqs, string_agg(l.line, E'\\n') as lines from (
        select e.seq, e.line from ${names.schema}.entries e
        where e.sid = s.num and e.seq < $2 order by e.seq desc limit $3) l) e
    where s.id = $1 and s.deleted is null`;
  const [row] = await query({ text, values: [sessionId, end, lines], name: "history" });
  if (!row) throw notFound(sessionId);
  if (row["seqs"] === null) return { seqs: [], lines: [] };
  return { seqs: String(row["seqs"]).split(",").map(Number), lines: String(row["lines"]).split("\n") };
}

/** Returns a number that the database has. */
function toSeq(value: number): number {
  if (Number.isNaN(value)) return 0;
  return Math.ceil(Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, value)));
}
