import { mustBe } from "@mini-openclaw/protocol/shared";
import { StoreError } from "@mini-openclaw/session-store";
import type { Query } from "../connection/connection.ts";
import { isMissing } from "../connection/pg-error.ts";
import type { Names } from "./names.ts";

const MIN_VERSION = 14;

/**
 * Checks the facts on which the statements rely.
 *
 * @throws StoreError `INVALID_OPTION` with the remedy
 */
export async function checkServer(query: Query): Promise<void> {
  const [row] = await query({
    text: `select current_setting('server_version_num')::int as version,
      current_setting('server_encoding') as encoding,
      current_setting('default_transaction_isolation') as isolation,
      current_setting('transaction_read_only') as read_only`,
  });
  const version = Math.floor(Number(row?.["version"]) / 10_000);
  if (version < MIN_VERSION)
    throw refuse("version of PostgreSQL", `at least ${MIN_VERSION}`, version, "Update it.");
  if (row?.["encoding"] !== "UTF8") {
    throw refuse("encoding", "UTF8", row?.["encoding"], "Create a database with `encoding 'UTF8'`.");
  }
  if (row["read_only"] !== "off") {
    const remedy = "Connect to the primary, as a role that may write.";
    throw refuse("transaction_read_only", "off", row["read_only"], remedy);
  }
  if (row["isolation"] !== "read committed") {
    // The newest session of a key is read after a lock, which an older snapshot would not show.
    const remedy = "Give the store a pool whose role has `read committed`. Other pools may differ.";
    throw refuse("default_transaction_isolation", "read committed", row["isolation"], remedy);
  }
}

/**
 * Checks that two connections reach the same schema of the same database.
 *
 * @throws StoreError `INVALID_OPTION` with the remedy
 */
export async function checkPools(query: Query, direct: Query, { schema }: Names): Promise<void> {
  // No two schemas were created in the same microsecond.
  const text = `select extract(epoch from applied)::text as applied from ${schema}.migrations where version = 1`;
  const find = async (ask: Query) => (await ask({ text }))[0]?.["applied"];
  const finding = find(query).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const [expected, found] = await Promise.all([find(direct), finding]);
  if (found === expected) return;
  const problem = "`directPool` must reach the same database as `pool`, got another one.";
  throw new StoreError("INVALID_OPTION", `${problem} Correct the options of one of them.`);
}

function refuse(name: string, expected: string, value: unknown, remedy: string): StoreError {
  return new StoreError("INVALID_OPTION", `The database's ${mustBe(name, expected, value)} ${remedy}`);
}
