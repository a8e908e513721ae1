import { StoreError } from "@mini-openclaw/session-store";
import { type SessionRow, sessionColumns, toSessionRow } from "../writer/session-row.ts";
import type { StoreContext } from "./context.ts";

// So few that the other nodes get their share.
const BATCH = 50;
// Enough to use the connections of a pool.
const CONCURRENT = 8;

/**
 * Ends the runs of sessions without a living owner, and returns the ids of those sessions. Skips a
 * session that another node claims first.
 */
export async function recoverSessions(context: StoreContext): Promise<string[]> {
  const recovered: string[] = [];
  const tried: string[] = [];
  for (;;) {
    const claimed = await claimBatch(context, tried);
    const left = [...claimed];
    for (const { summary } of claimed) tried.push(summary.meta.sessionId);
    const next = async (): Promise<void> => {
      for (let row = left.shift(); row; row = left.shift()) {
        const { sessionId } = row.summary.meta;
        if (await endRuns(context, row)) recovered.push(sessionId);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT }, next));
    if (claimed.length < BATCH) return recovered;
  }
}

/** Claims some of the sessions that a dead node left open, except those that were tried. */
async function claimBatch(
  { query, names, node, writers }: StoreContext,
  tried: readonly string[],
): Promise<SessionRow[]> {
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
    returning ${sessionColumns(schema)}`;
  const values = [await node.ready(), dead.map((row) => row["node"]), [...writers.sessionIds, ...tried]];
  return (await query({ text, values })).map(toSessionRow);
}

/** Ends the runs of a claimed session. Returns false if none was open. */
async function endRuns(context: StoreContext, { summary, lastSeq }: SessionRow): Promise<boolean> {
  const { sessionId } = summary.meta;
  try {
    // Opening the writer ends the runs.
    return (await context.writers.use(sessionId, (writer) => writer.lastSeq)) > lastSeq;
  } catch (error) {
    if (!StoreError.is(error) || error.code === "STORE_CLOSED") throw error;
    if (!isExpected(error)) context.onFailure(error, `recover session ${sessionId}`);
    return false;
  }
}

function isExpected({ code }: StoreError): boolean {
  return code === "SESSION_LOCKED" || code === "SESSION_NOT_FOUND";
}
