import type { Pool } from "pg";
import type { Row, Statement } from "../connection/connection.ts";
import { connectClient, releaseClient } from "../connection/pool-query.ts";
import { resultTypes } from "../connection/result-types.ts";

/** Runs one statement of a transaction. */
export type Run = (statement: Statement) => Promise<Row[]>;

/** Runs statements in one transaction. All of them have an effect, or none. */
export async function inTransaction<T>(pool: Pool, act: (run: Run) => Promise<T>): Promise<T> {
  const client = await connectClient(pool);
  let isDone = false;
  try {
    await client.query("begin");
    const result = await act(
      async (statement) => (await client.query<Row>({ ...statement, types: resultTypes })).rows,
    );
    await client.query("commit");
    isDone = true;
    return result;
  } finally {
    // The end of the connection ends its transaction.
    releaseClient(client, !isDone);
  }
}
