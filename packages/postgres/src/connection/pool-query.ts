import { StoreError } from "@mini-openclaw/session-store";
import type { Pool, PoolClient } from "pg";
import type { Query, Row, Statement } from "./connection.ts";
import { ConnectionLost, isConflict, isExhausted, isLost, isUnprepared, reasonOf } from "./pg-error.ts";
import { resultTypes } from "./result-types.ts";

const DEADLINE_MS = 5_000;
const FIRST_RETRY_MS = 25;
const LAST_RETRY_MS = 200;

const POOL_ENDED = "The app has ended the pool of the store. Close the store first, then its pool.";

export interface PoolQueryOptions {
  /** Distinguishes the names of prepared statements from those of others on the pool. */
  readonly prefix: string;
  /** Returns true if a connection of the pool has a session, which keeps prepared statements. */
  readonly hasSession: () => boolean;
}

/**
 * Creates a query on a pool. It repeats a statement whose connection failed, until the deadline.
 * So a statement without `isOnce` is a read, or a write that checks the row's state.
 */
export function createPoolQuery(pool: Pool, { prefix, hasSession }: PoolQueryOptions): Query {
  let isReset = false;
  const prepared = ({ name, ...statement }: Statement): Statement =>
    name === undefined || isReset || !hasSession() ? statement : { ...statement, name: `${prefix}${name}` };
  return async (statement, deadlineMs = DEADLINE_MS) => {
    const end = performance.now() + deadlineMs;
    let failure: unknown;
    for (let retryMs = FIRST_RETRY_MS; ; retryMs = Math.min(LAST_RETRY_MS, 2 * retryMs)) {
      if (pool.ending) throw new StoreError("STORE_CLOSED", POOL_ENDED);
      try {
        const client = await checkOut(pool, end - performance.now());
        return await runOnce(client, prepared(statement), end - performance.now());
      } catch (error) {
        if (!isReset && isUnprepared(error)) {
          // The app resets its connections, which forget their statements then.
          isReset = true;
          continue;
        }
        if (statement.isOnce && isLost(error)) throw toLost(error);
        const isPassing = isLost(error) || isExhausted(error) || isConflict(error);
        if (!isPassing) throw error;
        // A try that the deadline cut off has no reason of its own.
        const isLate = error instanceof ConnectionLost && error.cause === undefined;
        failure = isLate ? (failure ?? error) : error;
        if (performance.now() + retryMs >= end) throw toLost(failure);
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  };
}

/**
 * Checks a client out. It has a listener from the first moment, because one packet may both open
 * its connection and end it.
 */
export function connectClient(pool: Pool): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client) => {
      if (!client) return reject(error ?? new ConnectionLost("The pool returned no client."));
      client.on("error", ignoreError);
      return resolve(client);
    });
  });
}

/** Returns a client to its pool. A client with a failure is destroyed. */
export function releaseClient(client: PoolClient, failure?: Error | boolean): void {
  client.removeListener("error", ignoreError);
  client.release(failure);
}

/** The pool listens to idle clients only. An error of another one is its statement's. */
function ignoreError(): void {}

function checkOut(pool: Pool, deadlineMs: number): Promise<PoolClient> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(
      () => {
        isLate = true;
        reject(new ConnectionLost("The pool had no connection in time."));
      },
      Math.max(0, deadlineMs),
    );
    connectClient(pool)
      .finally(() => clearTimeout(timer))
      .then((client) => (isLate ? releaseClient(client) : resolve(client)), reject);
  });
}

async function runOnce(client: PoolClient, statement: Statement, deadlineMs: number): Promise<Row[]> {
  let failure: Error | undefined;
  const timer = setTimeout(
    () => {
      // Ending a client in the middle of a statement destroys its socket.
      void client.end().catch(() => {});
    },
    Math.max(0, deadlineMs),
  );
  try {
    const { rows } = await client.query<Row>({ ...statement, types: resultTypes });
    return rows;
  } catch (error) {
    if (isLost(error)) failure = toLost(error);
    throw failure ?? error;
  } finally {
    clearTimeout(timer);
    releaseClient(client, failure);
  }
}

function toLost(error: unknown): ConnectionLost {
  if (error instanceof ConnectionLost) return error;
  return new ConnectionLost(`The connection to the database failed: ${reasonOf(error)}`, { cause: error });
}
