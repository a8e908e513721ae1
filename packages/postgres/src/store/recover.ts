import type { RecordedEvent } from "@mini-openclaw/protocol";
import { StoreError } from "@mini-openclaw/session-store";
import type { Row } from "../connection/connection.ts";
import { adoptSession } from "../writer/open-writer.ts";
import { readEvents, readNextLines, toRecorded } from "../writer/read-lines.ts";
import { type SessionRow, sessionColumns, toSessionRow } from "../writer/session-row.ts";
import type { StoreContext } from "./context.ts";

// So few that the other nodes get their share.
const BATCH = 50;
// More than the events of most runs.
const MAX_LINES = 200;

/** A claimed session, with its first events after `row.runAfter`. */
interface Claimed {
  readonly row: SessionRow;
  readonly lines: readonly Row[];
  /** True if there may be more lines behind them. */
  readonly mayGoOn: boolean;
}

/**
 * Ends the runs of sessions without a living owner, and returns the ids of those sessions. Skips a
 * session that another node claims first.
 *
 * Their users wait meanwhile. So each statement is one for many sessions.
 */
export async function recoverSessions(context: StoreContext): Promise<string[]> {
  const recovered: string[] = [];
  const tried: string[] = [];
  for (;;) {
    const node = await context.node.ready();
    const sids = await claimBatch(context, node, tried);
    await Promise.all(
      (await readBatch(context, sids)).map(async (claimed) => {
        const { sessionId } = claimed.row.summary.meta;
        tried.push(sessionId);
        if (await endRuns(context, node, claimed)) recovered.push(sessionId);
      }),
    );
    if (sids.length < BATCH) return recovered;
  }
}

/**
 * Claims some of the sessions that a dead node left open, except those that were tried. Returns
 * their numbers.
 */
async function claimBatch(
  { urgentQuery: query, names, writers }: StoreContext,
  node: number,
  tried: readonly string[],
): Promise<number[]> {
  const { schema } = names;
  const left = "s.run_after is not null and s.deleted is null";
  const dead = await query({
    text: `select distinct s.node from ${schema}.sessions s where ${left} and s.node is not null
      and not exists (select from ${schema}.nodes n where n.id = s.node)`,
  });
  // A statement of its own. Its snapshot of the nodes may be older than a new owner, and ids never
  // come back. A session of this node without a writer is one whose claim had no known outcome.
  const text = `with me as (select id from ${schema}.nodes where id = $1 for key share),
    f as (select s.num from ${schema}.sessions s
      where ${left} and (s.node is null or s.node = any($2::bigint[])
        or (s.node = $1 and s.id <> all($3::text[]))) order by s.num for update skip locked limit ${BATCH})
    update ${schema}.sessions s set node = me.id from f, me where s.num = f.num
    returning s.num`;
  const values = [node, dead.map((row) => row["node"]), [...writers.sessionIds, ...tried]];
  return (await query({ text, values })).map((row) => Number(row["num"]));
}

/** Reads claimed sessions. A later statement than the claim has the last write of a dead owner. */
async function readBatch(
  { urgentQuery: query, names: { schema } }: StoreContext,
  sids: readonly number[],
): Promise<Claimed[]> {
  const text = `select ${sessionColumns(schema)} from ${schema}.sessions s
    where s.num = any($1::bigint[]) and s.deleted is null`;
  const rows = (await query({ text, values: [sids] })).map(toSessionRow);
  const open = rows.flatMap(({ sid, runAfter }) =>
    runAfter === undefined ? [] : [{ sid, after: runAfter }],
  );
  const next = await readNextLines(query, schema, open, { most: MAX_LINES });
  const claimed = rows.map((row) => ({ row, lines: [] as Row[], mayGoOn: next.mayGoOn(row.sid) }));
  const bySid = new Map(claimed.map((one) => [one.row.sid, one]));
  for (const line of next.rows) bySid.get(Number(line["sid"]))?.lines.push(line);
  return claimed;
}

/** Ends the runs of a claimed session. Returns false if none was open. */
async function endRuns(context: StoreContext, node: number, claimed: Claimed): Promise<boolean> {
  const { row } = claimed;
  const { sessionId } = row.summary.meta;
  const open = () => adoptSession(context.opening, node, row, eventsOf(context, claimed));
  try {
    // Opening the writer ends the runs.
    const lastSeq = await context.writers.use(sessionId, (writer) => writer.lastSeq, open);
    // Clients resume now, on all nodes. They need not ask this one about a session of nobody.
    await context.writers.closeUnused(sessionId);
    return lastSeq > row.lastSeq;
  } catch (error) {
    if (!StoreError.is(error) || error.code === "STORE_CLOSED") throw error;
    if (!isExpected(error)) context.onFailure(error, `recover session ${sessionId}`);
    return false;
  }
}

/** Yields the events of the first lines of a session, then all others. */
async function* eventsOf(
  { query, names }: StoreContext,
  { row: { sid, summary, runAfter = 0 }, lines, mayGoOn }: Claimed,
): AsyncGenerator<RecordedEvent> {
  const { sessionId } = summary.meta;
  for (const line of lines) {
    const recorded = toRecorded(sessionId, line);
    if (recorded) yield recorded;
  }
  if (!mayGoOn) return;
  yield* readEvents(query, names.schema, { sid, sessionId }, Number(lines.at(-1)?.["seq"] ?? runAfter));
}

function isExpected({ code }: StoreError): boolean {
  return code === "SESSION_LOCKED" || code === "SESSION_NOT_FOUND";
}
