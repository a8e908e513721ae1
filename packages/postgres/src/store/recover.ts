import { StoreError } from "@mini-openclaw/session-store";
import { sessionColumns, toSessionRow } from "../writer/session-row.ts";
import type { StoreContext } from "./context.ts";

// Enough to use the connections of a pool. The other nodes get their share.
const CONCURRENT = 8;

/**
 * Ends the runs of sessions without a living owner, and returns the ids of those sessions. Skips a
 * session that another node claims first.
 */
export async function recoverSessions(context: StoreContext): Promise<string[]> {
  const { query, names } = context;
  const text = `select ${sessionColumns(names.schema)} from ${names.schema}.sessions s
    where s.run_after is not null and s.deleted is null and (s.node is null
      or not exists (select from ${names.schema}.nodes n where n.id = s.node)) order by s.num`;
  const left = (await query({ text })).map(toSessionRow);
  const recovered: string[] = [];
  const next = async (): Promise<void> => {
    for (let row = left.shift(); row; row = left.shift()) {
      const { sessionId } = row.summary.meta;
      try {
        // Opening the writer ends the runs.
        const lastSeq = await context.writers.use(sessionId, (writer) => writer.lastSeq);
        if (lastSeq > row.lastSeq) recovered.push(sessionId);
      } catch (error) {
        if (!StoreError.is(error) || error.code === "STORE_CLOSED") throw error;
        if (!isExpected(error)) context.onFailure(error, `recover session ${sessionId}`);
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, next));
  return recovered;
}

function isExpected({ code }: StoreError): boolean {
  return code === "SESSION_LOCKED" || code === "SESSION_NOT_FOUND";
}
